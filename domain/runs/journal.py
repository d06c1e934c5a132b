"""The journal: numbers, stores and publishes the events of a run on the worker that drives it.

Pieces of text are published at once and stored twice a second; all other events are stored before
they are published (write-ahead). All pending events go into one write.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from domain.consents.consent import Consent
from domain.notifications.notices import Notice
from domain.runs.events import Body, Erred, Event
from domain.runs.folding import advance
from domain.runs.following import load_run
from domain.runs.live import LiveRun
from domain.runs.ports import Ending, RunLog
from domain.runs.reports.run_notices import NOTEWORTHY, notices_of
from domain.runs.run import Run
from domain.shared.clock import Clock

FLUSH_SECONDS: Final = 0.5  # a crash loses pieces of that time: `Retried` withdraws them
FULL: Final = 500  # pending pieces before the model's stream is paused (back-pressure)


class Journal:
    """Numbers, stores and publishes the events of one run, in order."""

    def __init__(self, run: Run, log: RunLog, live: LiveRun, clock: Clock) -> None:
        self._run = run
        self._log = log
        self._live = live
        self._clock = clock
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
        """The run's state after all events so far, stored or not."""
        if self._unfolded:
            events, self._unfolded = self._unfolded, []
            self._run = advance(self._run, events)
        return self._run

    @property
    def is_full(self) -> bool:
        """Tell whether so many events are pending that their source should wait."""
        return len(self._unstored) >= FULL

    def say(self, piece: Body) -> None:
        """Publish a piece at once; it is stored soon, or with the next record."""
        event = self._enter(piece)
        if self._unseen:
            self._unseen.append(event)
        else:
            self._live.publish((event,))
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(FLUSH_SECONDS, self._start_write)

    def note(self, body: Body) -> None:
        """Add an event that is stored, and then published, with the record that follows.

        For events on which nothing depends until then: a crash in between loses them.
        """
        self._unseen.append(self._enter(body))

    async def record(
        self, *bodies: Body, ending: Ending | None = None, consents: Sequence[Consent] = ()
    ) -> None:
        """Store these and all pending events, with an ending or consents, then publish them.

        Cancelling the caller does not interrupt the write.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer; the events stay pending.

        """
        self._unseen.extend([self._enter(body) for body in bodies])
        self._ending = ending or self._ending
        self._consents.extend(consents)
        await asyncio.shield(self._start_write())

    async def flush(self) -> None:
        """Store all pending events."""
        await asyncio.shield(self._start_write())

    async def fail(self, problem: Erred) -> None:
        """Store that the run failed, in place of the pending events that were not published.

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
        """Wait for the writes in progress."""
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
            task.exception()  # mark as retrieved: the next write includes a failed one's events

    async def _write(self, target: int) -> None:
        async with self._lock:
            if self._stored >= target:
                return  # an earlier write included them
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
                    notices=self._notices(batch),
                )
            except Exception:
                self._unstored = [*batch, *self._unstored]
                self._consents = [*consents, *self._consents]
                raise
            self._stored += len(batch)
            self._publish()

    def _notices(self, batch: Sequence[Body]) -> Sequence[Notice]:
        """Return the notices of the events that are stored next."""
        if not any(isinstance(body, NOTEWORTHY) for body in batch):
            return ()
        numbered = enumerate(batch, self._stored + 1)
        events = [Event(number, self._run.attempt, body) for number, body in numbered]
        return list(notices_of(self.run, events, self._clock.now()))

    def _publish(self) -> None:
        ready: Sequence[Event] = [e for e in self._unseen if e.number <= self._stored]
        if ready:
            self._unseen = self._unseen[len(ready) :]
            self._live.publish(ready)
