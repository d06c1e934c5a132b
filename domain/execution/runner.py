"""The runner: carries out the actions that `decide` returns, and records the events."""

from collections.abc import Coroutine
from typing import Any, Protocol

from domain.conversations.calls import Problem
from domain.execution.endings import INTERNAL, ending_of
from domain.execution.steps.human_step import HumanStep
from domain.execution.steps.model_step import ModelStep
from domain.execution.steps.observed_work import HANDED_OVER, run_ending, run_work
from domain.execution.steps.tool_step import ToolStep
from domain.execution.task import Task
from domain.notifications.ports import Notices
from domain.runs.decide import (
    AskHuman,
    AskModel,
    CallTools,
    Finish,
    SettleCalls,
    Wait,
    decide,
)
from domain.runs.journal import Journal
from domain.runs.reports.log_lines import log_end
from domain.runs.reports.run_notices import run_ended
from domain.runs.states import RunStatus
from domain.shared.clock import Clock
from domain.shared.error_codes import ErrorCode
from domain.shared.errors import PuertoError
from domain.telemetry.fan_out import UNWATCHED
from domain.telemetry.ports import Telemetry, WorkEnding


class RunControl(Protocol):
    """The control over a run from outside: it can halt the run and interrupt its action."""

    @property
    def halt(self) -> Finish | None:
        """How the run is to end now; None: it goes on."""
        ...

    async def act(self, action: Coroutine[Any, Any, None]) -> None:
        """Run the action to its end, or to its interruption."""
        ...


class Runner:
    """Drives runs from their current state to the end, or to where a human must answer."""

    def __init__(
        self,
        *,
        models: ModelStep,
        tools: ToolStep,
        humans: HumanStep,
        notices: Notices,
        clock: Clock,
        telemetry: Telemetry = UNWATCHED,
    ) -> None:
        self._models = models
        self._tools = tools
        self._humans = humans
        self._notices = notices
        self._clock = clock
        self._telemetry = telemetry

    async def drive(self, task: Task, control: RunControl) -> None:
        """Decide and act until the run is final, or parked for a human.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        observed = self._telemetry.begin(run_work(task))
        ending = HANDED_OVER  # also where the lease is lost, or the database
        try:
            await self._drive(task, control)
            ending = run_ending(task.journal.run)
        except PuertoError:
            raise
        except Exception:
            ending = WorkEnding(RunStatus.FAILED.value, error=ErrorCode.INTERNAL)
            raise
        finally:
            observed.end(ending)

    async def _drive(self, task: Task, control: RunControl) -> None:
        journal, user = task.journal, task.user
        shown = self._models.shown(task)
        while not journal.run.status.is_final:
            match decide(journal.run, task.policy, user.username, control.halt):
                case AskModel():
                    await control.act(self._models.take(task, shown))
                case CallTools(calls):
                    await control.act(self._tools.take(task, calls))
                case SettleCalls(calls):
                    await self._tools.settle(task, calls)
                case AskHuman(questions):
                    await control.act(self._humans.ask(task, questions))
                case Wait():
                    if await self._humans.wait(journal):
                        return
                case Finish(status, problem):
                    await self._finish(journal, status, problem)

    async def fail(self, task: Task) -> None:
        """End a run as failed because of an internal error.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        await task.journal.fail(INTERNAL)
        await self._finish(task.journal, RunStatus.FAILED, None)

    async def _finish(self, journal: Journal, status: RunStatus, problem: Problem | None) -> None:
        run = journal.run
        bodies, ending = ending_of(run, status, problem, self._clock.now())
        await journal.record(*self._models.withheld(run), *bodies, ending=ending)
        log_end(run, status, problem)
        if (notice := run_ended(journal.run, status, self._clock.now())) is not None:
            self._notices.publish(notice)
