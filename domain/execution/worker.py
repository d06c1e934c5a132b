"""The worker: drives the runs whose leases this process holds, each in an asyncio task."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from domain.accounts.users import User
from domain.configuration.ports import Configurations
from domain.consents.ports import Consents
from domain.consents.service import expire_due
from domain.execution.active_run import ActiveRun
from domain.execution.endings import fail_run
from domain.execution.prompt import history_of
from domain.execution.runner import Runner
from domain.execution.takeover import record_takeover
from domain.execution.task import Task
from domain.runs.decide import Finish
from domain.runs.events import Event, Released
from domain.runs.following import load_run
from domain.runs.journal import Journal
from domain.runs.ports import Leases
from domain.runs.run import Run
from domain.runs.states import RunStatus
from domain.runs.store import RunStore
from domain.shared.background import BackgroundTask
from domain.shared.clock import Clock
from domain.shared.errors import LeaseLost, NotFound, PuertoError, StoreUnavailable
from domain.shared.ids import new_id
from domain.shared.log_context import REQUEST, bind, bound, failures_logged, log_failure

LEASE_SECONDS: Final = 15.0
HISTORY_LIMIT: Final = 40

_BEATS: Final = 5  # heartbeats within the duration of a lease
_CLAIM_LIMIT: Final = 50
_CANCELLED: Final = Finish(RunStatus.CANCELLED)

_log = logging.getLogger(__name__)


class Worker:
    """Holds leases and renews them by heartbeat, drives runs, and claims abandoned ones.

    When it stops it hands its runs back to other workers.
    """

    def __init__(
        self,
        runner: Runner,
        store: RunStore,
        leases: Leases,
        consents: Consents,
        configurations: Configurations,
        clock: Clock,
        *,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self.id = new_id()
        self.is_stopping = False
        self._has_stopped = False
        self._runner = runner
        self._runs = store.runs
        self._log = store.log
        self._live = store.live
        self._leases = leases
        self._consents = consents
        self._configurations = configurations
        self._clock = clock
        self._lease = timedelta(seconds=lease_seconds)
        self._user_id: str | None = None  # whose runs are claimed; None: everybody's
        self._driven: dict[str, ActiveRun] = {}
        self._heartbeat = BackgroundTask()
        self._news = asyncio.Event()

    @property
    def driving(self) -> int:
        """How many runs this worker drives."""
        return len(self._driven)

    def drives(self, user_id: str, run_id: str) -> bool:
        """Tell whether this worker drives the run, and it is the user's."""
        driven = self._driven.get(run_id)
        return driven is not None and driven.journal.run.started.user_id == user_id

    def lease_end(self) -> datetime:
        """Return when a lease taken now expires."""
        return self._clock.now() + self._lease

    async def start(self, user_id: str | None = None) -> None:
        """Claim abandoned runs, and start the heartbeat.

        With ``user_id`` only that user's runs are ever claimed.
        """
        self._user_id = user_id
        await self._sweep()
        self._heartbeat.start(self._beat())

    def look(self) -> None:
        """Look for runs to claim now, before the next heartbeat."""
        self._news.set()

    def take(self, run: Run, events: Sequence[Event]) -> Journal:
        """Publish a run that was just stored here and return its journal; `drive` starts it."""
        live = self._live.open(run.id, run.attempt, events[0].number)
        live.publish(events)
        return self._hold(run, Journal(run, self._log, live, self._clock))

    def drive(self, task: Task) -> None:
        """Start the task that drives a run, after `take`."""
        driven = self._driven[task.journal.run.id]
        driven.task = asyncio.create_task(self._drive(task, driven))

    def cancel(self, run_id: str) -> None:
        """Interrupt a run whose cancel is stored; one that is not driven here is looked for."""
        if driven := self._driven.get(run_id):
            driven.hold(_CANCELLED)
        else:
            self.look()

    async def stop(self, grace: float) -> None:
        """Drain: let the runs end within ``grace`` seconds, then hand them back.

        A run that starts meanwhile is driven like the others, or handed back at once.
        """
        self.is_stopping = True
        now = asyncio.get_running_loop().time
        deadline = now() + grace
        while (tasks := self._tasks()) and now() < deadline:
            await asyncio.wait(tasks, timeout=deadline - now())
        self._has_stopped = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._heartbeat.stop()

    def _tasks(self) -> list[asyncio.Task[None]]:
        """Return the tasks that drive a run."""
        tasks = (driven.task for driven in self._driven.values())
        return [task for task in tasks if task is not None and not task.done()]

    def _hold(self, run: Run, journal: Journal) -> Journal:
        lost, self._driven[run.id] = self._driven.get(run.id), ActiveRun(journal)
        if lost is not None and lost.task is not None:  # its lease expired unnoticed
            lost.task.cancel()
        return journal

    async def _drive(self, task: Task, driven: ActiveRun) -> None:
        run_id = driven.journal.run.id
        self._bind(driven.journal.run, task.user)
        try:
            if self._has_stopped:
                await self._hand_back(driven.journal)
            else:
                await self._runner.drive(task, driven)
        except asyncio.CancelledError:
            _log.info("the run is handed over: the next worker that looks goes on with it")
            await self._hand_back(driven.journal)
            raise
        except LeaseLost:
            _log.warning("the lease is lost: another worker drives the run, or it was ended")
        except PuertoError as error:
            level = logging.INFO if isinstance(error, StoreUnavailable) else logging.WARNING
            _log.log(level, "the run is handed back, and goes on when that is over: %s", error)
            await self._hand_back(driven.journal)
        except BaseException:  # noqa: BLE001  one run's error must not affect the others
            _log.exception("the run fails")
            await self._fail(task, driven)
        finally:
            await driven.journal.close()
            if self._driven.get(run_id) is driven:  # else this worker has claimed it again
                self._let_go(run_id)

    def _bind(self, run: Run, user: User) -> None:
        """Bind the run, its user and its request to this task's log lines."""
        request = {REQUEST: run.started.request_id} if run.started.request_id else {}
        bind(**request, run=run.id, user=user.username, user_id=user.id, worker=self.id)

    async def _fail(self, task: Task, driven: ActiveRun) -> None:
        """End a run as failed after an unexpected error: a retry would repeat it for ever."""
        run = driven.journal.run
        try:
            await self._runner.fail(task)
        except PuertoError as error:
            log_failure(_log, "the run is handed back", error)
            await self._hand_back(driven.journal)
        except Exception:  # noqa: BLE001  the regular end cannot be stored either
            _log.exception("the run is ended without an answer")
            await self._give_up(run.id, run.attempt)

    async def _give_up(self, run_id: str, attempt: int) -> None:
        try:
            await fail_run(self._log, run_id, attempt, self._clock.now())
        except Exception as error:  # noqa: BLE001  the next worker tries again
            _log.error("the run cannot be ended: %s", error)

    def _let_go(self, run_id: str) -> None:
        """Stop publishing a run, and let its lease expire if it is still held."""
        self._driven.pop(run_id, None)
        self._live.close(run_id)

    async def _hand_back(self, journal: Journal) -> None:
        """Store the pending events and release the lease, so that any worker can claim it."""
        with suppress(PuertoError):
            if journal.run.status.is_final:
                await journal.flush()
            else:
                await journal.record(Released())
            await self._leases.release(journal.run.id, journal.run.attempt)

    async def _beat(self) -> None:
        pause = self._lease.total_seconds() / _BEATS
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()
            self._news.clear()
            with failures_logged(_log, "heartbeat"):
                driven = list(self._driven)
                for run_id in await self._leases.renew(self.id, driven, self.lease_end()):
                    self.cancel(run_id)
                await self._sweep()

    async def _sweep(self) -> None:
        """Expire overdue consents, and claim the runs whose leases have expired."""
        if self.is_stopping:
            return
        now = self._clock.now()
        await expire_due(self._consents, now, _CLAIM_LIMIT)
        claimed = await self._leases.claim(
            self.id, now, self.lease_end(), _CLAIM_LIMIT, self._user_id
        )
        for run_id, attempt in claimed:
            with bound(run=run_id, worker=self.id):
                await self._take_over(run_id, attempt)

    async def _take_over(self, run_id: str, attempt: int) -> None:
        try:
            await self._go_on(run_id, attempt)
        except NotFound:
            _log.warning("the run has nobody left to run for")
        except PuertoError as error:
            log_failure(_log, "the run cannot be taken over", error)
        except Exception:  # noqa: BLE001  one run's error must not affect the others
            _log.exception("the run cannot be taken over, and fails")
            await self._give_up(run_id, attempt)
        else:
            return
        self._let_go(run_id)

    async def _go_on(self, run_id: str, attempt: int) -> None:
        """Load a claimed run, fold its events, and drive it from there."""
        run = await load_run(self._log, run_id, attempt)
        context = await self._runs.context(run_id, HISTORY_LIMIT)
        record = await self._runs.get(run_id)
        configuration = await self._configurations.load()
        self._bind(run, context.user)
        _log.info("the run is taken up here, attempt %d", attempt)
        live = self._live.open(run_id, attempt, run.number + 1, run.stands[0])
        journal = self._hold(run, Journal(run, self._log, live, self._clock))
        if record.cancel_requested:
            self._driven[run_id].hold(_CANCELLED)
        policy = configuration.policy(run.autonomy)
        is_takeover = await record_takeover(journal, policy)
        turns = history_of(run.started, context.messages)
        self.drive(Task(journal, context.user, policy, turns, is_takeover=is_takeover))
