"""The worker: drives the runs whose leases this process holds, each in a task of its own."""

import asyncio
import logging
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, Final

from domain.decide import Finish
from domain.errors import LeaseLost, PuertoError
from domain.events import Event
from domain.ids import new_id
from domain.journal import Journal
from domain.live import LiveRuns
from domain.ports.clock import Clock
from domain.ports.runs import Leases, RunLog
from domain.reading import load_run
from domain.runner import Runner, Task
from domain.runs import Problem, Run, RunStatus

LEASE: Final = timedelta(seconds=30)
HEARTBEAT_SECONDS: Final = 5.0

_CLAIM_LIMIT: Final = 50
_CANCELLED: Final = Finish(RunStatus.CANCELLED)
_STOPPED: Final = Finish(
    RunStatus.FAILED,
    Problem("UNAVAILABLE", "The server stopped before the answer was whole. Ask again."),
)
_DIED: Final = Finish(
    RunStatus.FAILED,
    Problem("UNAVAILABLE", "The server that worked on this answer went away. Ask again."),
)

_log = logging.getLogger(__name__)


class _Driven:
    """One run in the hands of this worker: the `Reins` by which the outside holds it back."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.halt: Finish | None = None
        self.task: asyncio.Task[None] | None = None
        self._action: asyncio.Task[None] | None = None

    def hold(self, halt: Finish) -> None:
        """End the run that way, interrupting what it does now."""
        self.halt = self.halt or halt
        if self._action is not None:
            self._action.cancel()

    async def act(self, action: Coroutine[Any, Any, None]) -> None:
        """Await the action, or its interruption by `hold`."""
        self._action = asyncio.create_task(action)
        await asyncio.wait({self._action})
        if not self._action.cancelled():
            self._action.result()
        self._action = None


class Worker:
    """Holds leases, drives runs, keeps its heartbeat, and ends what it drives when it stops."""

    def __init__(
        self, runner: Runner, log: RunLog, leases: Leases, live: LiveRuns, clock: Clock
    ) -> None:
        self.id = new_id()
        self.is_stopping = False
        self._runner = runner
        self._log = log
        self._leases = leases
        self._live = live
        self._clock = clock
        self._driven: dict[str, _Driven] = {}
        self._heart: asyncio.Task[None] | None = None

    def lease_end(self) -> datetime:
        """Return until when a lease taken now holds."""
        return self._clock.now() + LEASE

    async def start(self) -> None:
        """Close the runs of workers that died, and begin the heartbeat."""
        await self._sweep()
        self._heart = asyncio.create_task(self._beat())

    def take(self, run: Run, first: Event) -> Journal:
        """Begin to share a run that was just started here; `drive` sets it going."""
        live = self._live.open(run.id, run.attempt, first.number)
        live.publish((first,))
        journal = Journal(run, self._log, live)
        self._driven[run.id] = _Driven(journal)
        return journal

    def drive(self, task: Task) -> None:
        """Drive a run that was taken, in the background."""
        driven = self._driven[task.journal.run.id]
        driven.task = asyncio.create_task(self._drive(task, driven))

    def cancel(self, run_id: str) -> None:
        """Interrupt a run whose cancel is stored, if it is driven here."""
        if driven := self._driven.get(run_id):
            driven.hold(_CANCELLED)

    async def stop(self, grace: float) -> None:
        """Let the runs end within ``grace`` seconds, then end them as failed, saying why."""
        self.is_stopping = True
        await self._settle(grace)
        for driven in self._driven.values():
            driven.hold(_STOPPED)
        await self._settle(grace)
        if self._heart is not None:
            self._heart.cancel()
            await asyncio.gather(self._heart, return_exceptions=True)

    async def _settle(self, seconds: float) -> None:
        tasks = [driven.task for driven in self._driven.values() if driven.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    async def _drive(self, task: Task, driven: _Driven) -> None:
        run_id = driven.journal.run.id
        try:
            await self._runner.drive(task, driven)
        except LeaseLost:
            _log.warning("run %s goes on elsewhere", run_id)
        except PuertoError as error:
            _log.warning("run %s stands still until its lease runs out: %s", run_id, error)
        except Exception:  # noqa: BLE001  one run's fault must not reach the others
            _log.exception("run %s stands still until its lease runs out", run_id)
        finally:
            await driven.journal.close()
            self._live.close(run_id)
            self._driven.pop(run_id, None)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                for run_id in await self._leases.renew(self.id, self.lease_end()):
                    self.cancel(run_id)
                await self._sweep()
            except PuertoError as error:
                _log.warning("heartbeat: %s", error)

    async def _sweep(self) -> None:
        """Close the runs of workers that died as failed, with what they had."""
        now, until = self._clock.now(), self.lease_end()
        for run_id, attempt in await self._leases.claim(self.id, now, until, _CLAIM_LIMIT):
            _log.warning("run %s was abandoned; it ends as failed", run_id)
            run = await load_run(self._log, run_id, attempt)
            live = self._live.open(run_id, attempt, run.number + 1)
            try:
                await self._runner.wind_up(Journal(run, self._log, live), _DIED)
            except LeaseLost:
                _log.warning("run %s goes on elsewhere", run_id)
            finally:
                self._live.close(run_id)
