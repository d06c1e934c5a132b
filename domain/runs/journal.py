"""The journal of one run in the hands of the worker that drives it.

Pieces of text are seen at once and stored twice a second; everything else is stored before
anyone sees it. Whatever waits to be stored goes in one write.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from domain.consents.consent import Consent
from domain.runs.events import Body, Erred, Event
from domain.runs.folding import advance
from domain.runs.following import load_run
from domain.runs.live import LiveRun
from domain.runs.ports import Ending, RunLog
from domain.runs.run import Run

FLUSH_SECONDS: Final = 0.5  # pieces may be withdrawn, so those of a dead worker's last moments may
FULL: Final = 500  # pieces that may wait to be stored before the model has to wait for them


class Journal:
    """Numbers, stores and publishes the events of one run, in order."""

    def __init__(self, run: Run, log: RunLog, live: LiveRun) -> None:
        self._run = run
        self._log = log
        self._live = live
        self._number = self._stored = run.number
        self._unfolded: list[Event] = []
        self._unstored: list[Body] = []
        self._unseen: list[Event] = []
        self._ending: Ending | None = None
        self._consents: list[Consent] = []
        self._lock = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._writes: set[asyncio.Task[None]] = set()

    @property
    def run(self) -> Run:
        """Where the run stands, with everything said and recorded so far."""
        if self._unfolded:
            events, self._unfolded = self._unfolded, []
            self._run = advance(self._run, events)
        return self._run

    @property
    def is_full(self) -> bool:
        """Tell whether so much waits to be stored that its source should wait too."""
        return len(self._unstored) >= FULL

    def say(self, piece: Body) -> None:
        """Show a piece at once; it is stored soon, or with the next record."""
        event = self._enter(piece)
        if self._unseen:
            self._unseen.append(event)
        else:
            self._live.publish((event,))
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(FLUSH_SECONDS, self._start_write)

    def note(self, body: Body) -> None:
        """Let this be stored, and then shown, with the record that follows at once.

        For what nothing rests on before then: when the worker dies in between, it never was.
        """
        self._unseen.append(self._enter(body))

    async def record(
        self, *bodies: Body, ending: Ending | None = None, consents: Sequence[Consent] = ()
    ) -> None:
        """Store these events and all that waits, with an ending or consents, then show them.

        A caller who is cancelled does not interrupt the write.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer; nothing is lost but the caller's time.

        """
        self._unseen.extend([self._enter(body) for body in bodies])
        self._ending = ending or self._ending
        self._consents.extend(consents)
        await asyncio.shield(self._start_write())

    async def flush(self) -> None:
        """Store all that waits."""
        await asyncio.shield(self._start_write())

    async def fail(self, problem: Erred) -> None:
        """Store that the run failed, in the place of all that waits and that nobody has seen.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        async with self._lock:
            self._run = await load_run(self._log, self._run.id, self._run.attempt)
            seen = len(self._unstored) - len(self._unseen)  # pieces, which come before the rest
            self._unstored, self._unseen = self._unstored[:seen], []
            self._consents, self._ending = [], None
            self._number, self._unfolded = (
                self._stored + seen,
                [
                    Event(number, self._run.attempt, piece)
                    for number, piece in enumerate(self._unstored, self._stored + 1)
                ],
            )
        await self.record(problem)

    async def close(self) -> None:
        """Wait for the writes that are under way."""
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*self._writes, return_exceptions=True)

    def _enter(self, body: Body) -> Event:
        self._number += 1
        event = Event(self._number, self._run.attempt, body)
        self._unfolded.append(event)
        self._unstored.append(body)
        return event

    def _start_write(self) -> asyncio.Task[None]:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        task = asyncio.create_task(self._write(self._number))
        self._writes.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._writes.discard(task)
        if not task.cancelled():
            task.exception()  # seen here: a failed write leaves its events to the next one

    async def _write(self, target: int) -> None:
        async with self._lock:
            if self._stored >= target:
                return  # an earlier write took these along
            batch, self._unstored = self._unstored, []
            consents, self._consents = self._consents, []
            try:
                await self._log.append(
                    self._run.id,
                    self._run.attempt,
                    self._stored + 1,
                    batch,
                    ending=self._ending,
                    consents=consents,
                )
            except Exception:
                self._unstored = [*batch, *self._unstored]
                self._consents = [*consents, *self._consents]
                raise
            self._stored += len(batch)
            self._publish()

    def _publish(self) -> None:
        ready: Sequence[Event] = [e for e in self._unseen if e.number <= self._stored]
        if ready:
            self._unseen = self._unseen[len(ready) :]
            self._live.publish(ready)
