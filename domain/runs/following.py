"""Reading a run: whole, to go on with it, or as it happens, to follow it."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from typing import Final

from domain.models.messages import StopReason
from domain.runs.cursors import Cursor
from domain.runs.events import Chunk, Ended, Event, Paused, Thinking
from domain.runs.folding import fold
from domain.runs.live import LiveRun, LiveRuns, leave
from domain.runs.ports import RunLog, Runs
from domain.runs.run import Run
from domain.runs.states import RunStatus
from domain.shared.errors import NotFound

BEAT_SECONDS: Final = 15.0

Batches = AsyncGenerator[Sequence[Event], None]
"""The events of a run as they come; a batch without any says that the line is alive."""

Tell = Callable[[Event], bool]
"""Tells a reader of an event without waiting; False: it cannot, and the event was not told."""

_READ_LIMIT: Final = 2_000
_BURST_SECONDS: Final = 0.001  # closer together, one wake-up for many pieces costs less than each


async def load_run(log: RunLog, run_id: str, attempt: int) -> Run:
    """Return the run that the stored events add up to, in the hands of this attempt.

    Raises:
        NotFound: it has none: it was deleted.

    """
    events: list[Event] = []
    while more := await log.read(run_id, _end(events), _READ_LIMIT):
        events.extend(more)
    if not events:
        raise NotFound("There is no such run.")
    return replace(fold(run_id, events), attempt=attempt)


class Follower:
    """Reads one of a user's runs from a cursor on: from memory where it is driven, or from the log.

    Whoever makes one has found the run to be the user's (`Chat.follow`, `ConversationFeed`).
    """

    def __init__(
        self,
        user_id: str,
        run_id: str,
        after: Cursor | None,
        *,
        runs: Runs,
        log: RunLog,
        live: LiveRuns,
        stay: bool = False,
        whole: bool = False,
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        self._user_id = user_id
        self._run_id = run_id
        self._after = after
        self._runs = runs
        self._log = log
        self._live = live
        self._stay = stay
        self._whole = whole
        self._at_once: Tell | None = None
        self._beat_seconds = beat_seconds
        self._deadline = self._taken = 0.0  # when to say that the line is alive; the last piece
        self._shared: LiveRun | None = None
        self._told = False  # that the run waits for a human
        self._is_cut = False  # something was yielded, and not the end

    async def batches(self, at_once: Tell | None = None) -> Batches:
        """Yield the events as they come, in batches, to the run's end.

        Events of a run driven in this process come at once; others soon after they are stored.
        After every ``beat_seconds`` of silence an empty batch says that the line is alive. A run
        that waits for a human gives a `Paused`, and then nothing more, unless asked to stay.
        Who wants the ``whole`` is not woken for pieces: events of a run driven in this process
        come when it drives it no more. Pieces that ``at_once`` told while the reader waited are
        not yielded: each is told by the task that says it, which saves waking another.

        Raises:
            NotFound: the run was deleted meanwhile.

        """
        self._at_once = at_once
        self._live.followers += 1
        try:
            while (events := await self._next()) is not None:
                yield events
                if not events:
                    continue
                last = events[-1].body
                if isinstance(last, Ended) or (isinstance(last, Paused) and not self._stay):
                    return
                self._told = isinstance(last, Paused)
                self._is_cut = True
                self._after = _end(events)
        finally:
            self._live.followers -= 1

    async def _next(self) -> Sequence[Event] | None:
        self._deadline = time.monotonic() + self._beat_seconds
        take = leave if self._at_once is None else self._take
        while True:
            shared = self._shared = self._live.get(self._run_id) or self._shared
            events = shared.since(self._after) if shared is not None else None
            if shared is not None and events is not None and not shared.is_closed:
                if events and not self._whole:
                    return events
                if time.monotonic() > self._deadline:
                    return ()
                await (shared.end() if self._whole else shared.news(take))
                continue
            if events := events or await self._read():
                return events
            if self._live.get(self._run_id) not in {None, shared}:
                continue
            rest = await self._rest()
            if rest is None or rest or self._live.is_draining:
                return rest or None
            if time.monotonic() > self._deadline:
                return ()
            await self._live.news(self._run_id, self._live.poll_seconds)

    def _take(self, events: Sequence[Event]) -> bool:
        """Tell a piece at once, unless it came in a burst; all else is worth waking for."""
        now = time.monotonic()
        is_burst, self._taken = now - self._taken < _BURST_SECONDS, now
        event = events[0]
        if is_burst or len(events) > 1 or not isinstance(event.body, Chunk | Thinking):
            return False
        try:
            is_told = self._at_once is not None and self._at_once(event)
        except Exception:  # noqa: BLE001  the reader's own task meets it again, not the run's
            return False
        if is_told:
            self._deadline = now + self._beat_seconds
            self._after = Cursor(event.attempt, event.number)
            self._told = False
        return is_told

    async def _rest(self) -> Sequence[Event] | None:
        """Return what is to be told of a run that stands still: None when that was all."""
        status = (await self._runs.of_user(self._user_id, self._run_id)).status
        if status.is_final:  # since we read, perhaps: what came between is still to be told
            return await self._read() or self._unread_end(status)
        if status is RunStatus.WAITING_CONSENT and not self._told:
            return await self._read() or [await self._paused()]
        return ()

    def _unread_end(self, status: RunStatus) -> Sequence[Event] | None:
        """Return an end for a run that has ended, where what is stored of that cannot be read."""
        if not self._is_cut or self._after is None:
            return None
        stop = StopReason.END if status is RunStatus.COMPLETED else status.value
        return [Event(self._after.number + 1, self._after.attempt, Ended(status, stop, 0, 0))]

    async def _read(self) -> Sequence[Event]:
        return await self._log.read(self._run_id, self._after, _READ_LIMIT)

    async def _paused(self) -> Event:
        """Return what tells that the run waits; its cursor is that of the last event."""
        run = await load_run(self._log, self._run_id, 1)
        place = self._after or Cursor(1, run.number)
        return Event(place.number, place.attempt, run.paused())


def _end(events: Sequence[Event]) -> Cursor | None:
    return Cursor(events[-1].attempt, events[-1].number) if events else None
