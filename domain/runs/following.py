"""Reading a run: load its state from the log, or follow its events as they come."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from enum import Enum
from typing import Final, Literal

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
"""A stream of a run's events in batches; an empty batch is a keep-alive."""

Tell = Callable[[Event], bool]
"""Delivers an event to a reader without waiting; False: it was not delivered."""

_READ_LIMIT: Final = 2_000
_BURST_SECONDS: Final = 0.001  # pieces closer together are cheaper in one batch


async def load_run(log: RunLog, run_id: str, attempt: int) -> Run:
    """Load a run's stored events and fold them; ``attempt`` is set on the result.

    Raises:
        NotFound: it has no events: it was deleted.

    """
    events: list[Event] = []
    while more := await log.read(run_id, _end(events), _READ_LIMIT):
        events.extend(more)
    if not events:
        raise NotFound("There is no such run.")
    return replace(fold(run_id, events), attempt=attempt)


class _Wait(Enum):
    """There were no events, and there may be some now."""

    AGAIN = "again"


class Follower:
    """Follows a run from a cursor on: in memory if this process drives it, else in the log.

    The caller has checked that the run is the user's (`RunService.follow`, `ConversationFeed`).
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
        self._deadline = 0.0  # of the next keep-alive
        self._last_piece_at = 0.0
        self._shared: LiveRun | None = None
        self._pause_sent = False
        self._is_cut = False  # events were yielded, but not the end

    async def batches(self, at_once: Tell | None = None) -> Batches:
        """Yield the events in batches as they come, to the run's end.

        Events of a run driven in this process come at once; others soon after they are stored.
        After ``beat_seconds`` of silence an empty batch is the keep-alive. A run that waits for a
        human gives a `Paused`, which ends the stream unless ``stay``. With ``whole`` the reader is
        not woken for pieces: the events of a run driven in this process come when that ends.
        Pieces that ``at_once`` delivered while the reader waited are not yielded: the publishing
        task delivers them itself, which saves a task switch.

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
                self._pause_sent = isinstance(last, Paused)
                self._is_cut = True
                self._after = _end(events)
        finally:
            self._live.followers -= 1

    async def _next(self) -> Sequence[Event] | None:
        """Return the next events, an empty batch as a keep-alive, or None at the end."""
        self._deadline = time.monotonic() + self._beat_seconds
        while True:
            shared = self._shared = self._live.get(self._run_id) or self._shared
            events = shared.since(self._after) if shared is not None else None
            if shared is None or events is None or shared.is_closed:
                batch = await self._from_log(shared, events)
            else:
                batch = await self._from_memory(shared, events)
            if batch is not _Wait.AGAIN:
                return batch

    async def _from_memory(
        self, shared: LiveRun, events: Sequence[Event]
    ) -> Sequence[Event] | Literal[_Wait.AGAIN]:
        """Return the events of a run that this process drives, else wait for them."""
        if events and not self._whole:
            return events
        if time.monotonic() > self._deadline:
            return ()
        take = leave if self._at_once is None else self._take
        await (shared.end() if self._whole else shared.news(take))
        return _Wait.AGAIN

    async def _from_log(
        self, shared: LiveRun | None, events: Sequence[Event] | None
    ) -> Sequence[Event] | Literal[_Wait.AGAIN] | None:
        """Return the stored events, or None at the end; else wait for news of the run."""
        if events := events or await self._read():
            return events
        if self._live.get(self._run_id) not in {None, shared}:  # it is driven here from now on
            return _Wait.AGAIN
        rest = await self._rest()
        if rest is None or rest or self._live.is_draining:
            return rest or None
        if time.monotonic() > self._deadline:
            return ()
        await self._live.news(self._run_id, self._live.poll_seconds)
        return _Wait.AGAIN

    def _take(self, events: Sequence[Event]) -> bool:
        """Deliver a piece directly, unless it came in a burst; return False to wake the reader."""
        now = time.monotonic()
        is_burst, self._last_piece_at = now - self._last_piece_at < _BURST_SECONDS, now
        event = events[0]
        if is_burst or len(events) > 1 or not isinstance(event.body, Chunk | Thinking):
            return False
        try:
            is_delivered = self._at_once is not None and self._at_once(event)
        except Exception:  # noqa: BLE001  it must surface in the reader's task, not in the run's
            return False
        if is_delivered:
            self._deadline = now + self._beat_seconds
            self._after = Cursor(event.attempt, event.number)
            self._pause_sent = False
        return is_delivered

    async def _rest(self) -> Sequence[Event] | None:
        """Return what remains to be yielded of a run that nobody drives here; None at its end."""
        status = (await self._runs.of_user(self._user_id, self._run_id)).status
        if status.is_final:  # it may have ended after the last read
            return await self._read() or self._unread_end(status)
        if status is RunStatus.WAITING_CONSENT and not self._pause_sent:
            return await self._read() or [await self._paused()]
        return ()

    def _unread_end(self, status: RunStatus) -> Sequence[Event] | None:
        """Return an `Ended` for a run that has ended, but whose last events cannot be read."""
        if not self._is_cut or self._after is None:
            return None
        stop = StopReason.END if status is RunStatus.COMPLETED else status.value
        return [Event(self._after.number + 1, self._after.attempt, Ended(status, stop, 0, 0))]

    async def _read(self) -> Sequence[Event]:
        return await self._log.read(self._run_id, self._after, _READ_LIMIT)

    async def _paused(self) -> Event:
        """Return the `Paused` of a waiting run, with the cursor of the last event."""
        run = await load_run(self._log, self._run_id, 1)
        place = self._after or Cursor(1, run.number)
        return Event(place.number, place.attempt, run.paused())


def _end(events: Sequence[Event]) -> Cursor | None:
    return Cursor(events[-1].attempt, events[-1].number) if events else None
