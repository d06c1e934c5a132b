"""What the observers of runs are told of runs and calls: ids, names and states, no content."""

from typing import Final

from domain.execution.task import Task
from domain.runs.call_events import ToolErred, ToolFinished
from domain.runs.events import Body
from domain.runs.run import Run
from domain.runs.states import CallState, RunStatus
from domain.telemetry.ports import RunWork, WorkEnding
from domain.tools.questions import ToolQuestion

HANDED_OVER: Final = WorkEnding("handed_over")
INTERRUPTED: Final = WorkEnding("cancelled")


def run_work(task: Task) -> RunWork:
    """Return what is known of a run that is taken up."""
    run = task.journal.run
    agent = run.agent
    return RunWork(
        run_id=run.id,
        conversation_id=run.started.conversation_id,
        agent="" if agent is None else agent.name,
        waited=task.waited,
        is_takeover=task.is_takeover,
        traceparent=run.started.traceparent,
    )


def run_ending(run: Run) -> WorkEnding:
    """Return how a run ended; one that is driven no more, and has not, waits for a human."""
    status = run.status if run.status.is_final else RunStatus.WAITING_CONSENT
    return WorkEnding(status.value, error="" if run.problem is None else run.problem.code)


def call_ending(body: Body | ToolQuestion) -> WorkEnding:
    """Return how an attempt of a call ended."""
    match body:
        case ToolFinished():
            return WorkEnding(CallState.FINISHED.value)
        case ToolErred(outcome=outcome, code=code):
            return WorkEnding(outcome.value, error=code)
    return WorkEnding(CallState.SUSPENDED.value)
