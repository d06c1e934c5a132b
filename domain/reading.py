"""Reading a run: whole, to go on with it, or as it happens, to follow it."""

import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Final

from domain.cursors import Cursor
from domain.events import Ended, Event, Paused
from domain.live import LiveRun, LiveRuns
from domain.ports.runs import RunLog, Runs
from domain.runs import Run, RunStatus, fold

BEAT_SECONDS: Final = 15.0

_READ_LIMIT: Final = 2_000


async def load_run(log: RunLog, run_id: str, attempt: int) -> Run:
    """Return the run that the stored events add up to, in the hands of this attempt."""
    events: list[Event] = []
    while more := await log.read(run_id, _end(events), _READ_LIMIT):
        events.extend(more)
    return replace(fold(run_id, events), attempt=attempt)


class Follower:
    """Reads one run from a cursor on: from memory where it is driven here, else from the log."""

    def __init__(
        self,
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
        self._run_id = run_id
        self._after = after
        self._runs = runs
        self._log = log
        self._live = live
        self._stay = stay
        self._whole = whole
        self._beat_seconds = beat_seconds
        self._shared: LiveRun | None = None
        self._told = False  # that the run waits for a human

    async def batches(self) -> AsyncGenerator[Sequence[Event], None]:
        """Yield the events as they come, in batches, to the run's end.

        Events of a run driven in this process come at once; others soon after they are stored.
        After every ``beat_seconds`` of silence an empty batch says that the line is alive. A run
        that waits for a human gives a `Paused`, and then nothing more, unless asked to stay.
        Who wants the ``whole`` is not woken for pieces: events of a run driven in this process
        come when it drives it no more.

        Raises:
            NotFound: the run was deleted meanwhile.

        """
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
                self._after = _end(events)
        finally:
            self._live.followers -= 1

    async def _next(self) -> Sequence[Event] | None:
        deadline = time.monotonic() + self._beat_seconds
        while True:
            shared = self._shared = self._live.get(self._run_id) or self._shared
            events = shared.since(self._after) if shared is not None else None
            if shared is not None and events is not None and not shared.is_closed:
                if events and not self._whole:
                    return events
                if time.monotonic() > deadline:
                    return ()
                await (shared.end() if self._whole else shared.news())
                continue
            if events := events or await self._read():
                return events
            if self._live.get(self._run_id) not in {None, shared}:
                continue
            rest = await self._rest()
            if rest is None or rest or self._live.is_draining:
                return rest or None
            if time.monotonic() > deadline:
                return ()
            await self._live.news(self._run_id, self._live.poll_seconds)

    async def _rest(self) -> Sequence[Event] | None:
        """Return what is to be told of a run that stands still: None when that was all."""
        status = (await self._runs.get(self._run_id)).status
        if status.is_final:  # since we read, perhaps: what came between is still to be told
            return await self._read() or None
        if status is RunStatus.WAITING_CONSENT and not self._told:
            return await self._read() or [await self._paused()]
        return ()

    async def _read(self) -> Sequence[Event]:
        return await self._log.read(self._run_id, self._after, _READ_LIMIT)

    async def _paused(self) -> Event:
        """Return what tells that the run waits; its cursor is that of the last event."""
        run = await load_run(self._log, self._run_id, 1)
        place = self._after or Cursor(1, run.number)
        return Event(place.number, place.attempt, run.paused())


def _end(events: Sequence[Event]) -> Cursor | None:
    return Cursor(events[-1].attempt, events[-1].number) if events else None
