"""The end of a run: its last events, its outcome, and the answer for the conversation."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from domain.conversations.calls import Problem
from domain.conversations.conversation import Message, MessageRole
from domain.models.messages import Usage
from domain.runs.cursors import Cursor
from domain.runs.events import Answered, Body, Ended, Erred, RunStarted
from domain.runs.outcomes import RunOutcome, outcome_of
from domain.runs.ports import Ending, RunLog
from domain.runs.reports.run_notices import failed_unread
from domain.runs.run import Run
from domain.runs.states import RunStatus
from domain.shared.error_codes import ErrorCode

INTERNAL: Final = Erred(
    ErrorCode.INTERNAL, "The run failed for a reason of the service's own. It is logged.", {}
)
_UNREAD: Final = RunOutcome(
    stop=RunStatus.FAILED.value,
    provider="",
    model="",
    usage=Usage(),
    cost_usd=None,
    effects=(),
    problem=Problem(INTERNAL.code, INTERNAL.message),
)
_READ_LIMIT: Final = 2_000  # events at once


def ending_of(
    run: Run, status: RunStatus, problem: Problem | None, now: datetime
) -> tuple[Sequence[Body], Ending]:
    """Return the last events of a run, and the ending to store with them.

    ``problem`` is its cause, where the run's events do not hold it yet.
    """
    outcome = outcome_of(replace(run, status=status, problem=problem or run.problem))
    bodies: list[Body] = []
    if problem is not None:
        bodies.append(Erred(problem.code, problem.message, problem.details))
    if status is RunStatus.COMPLETED and not run.started.is_direct:
        bodies.append(Answered(run.started.message_id, run.text))
    bodies.append(_ended(status, outcome))
    return bodies, Ending(status, _answer(run, now), now, outcome)


async def fail_run(log: RunLog, run_id: str, attempt: int, now: datetime) -> None:
    """Store that a run failed which cannot be folded, or whose regular end cannot be stored.

    The end is appended to the stored events without folding them.

    Raises:
        LeaseLost: another worker drives the run now, or it has ended.
        Unavailable: the database does not answer.

    """
    last, started = Cursor(0, 0), None
    while events := await log.read(run_id, last, _READ_LIMIT):
        last = Cursor(events[-1].attempt, events[-1].number)
        if isinstance(first := events[0].body, RunStarted):
            started = first
    bodies: list[Body] = [INTERNAL, _ended(RunStatus.FAILED, _UNREAD)]
    ending = Ending(RunStatus.FAILED, None, now, _UNREAD)
    notices = [failed_unread(run_id, started, INTERNAL.code, now)]
    await log.append(run_id, attempt, last.number + 1, bodies, ending=ending, notices=notices)


def _answer(run: Run, now: datetime) -> Message | None:
    """Return the message to store in the conversation; None for a direct run."""
    if run.started.is_direct:
        return None
    return Message(
        id=run.started.message_id,
        conversation_id=run.started.conversation_id,
        role=MessageRole.ASSISTANT,
        content=run.text,
        created_at=now,
        run_id=run.id,
        tool_calls=run.tool_calls(),
        results=run.results(),
    )


def _ended(status: RunStatus, outcome: RunOutcome) -> Ended:
    used = outcome.usage
    return Ended(
        status=status,
        stop=outcome.stop or "",
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        effects=outcome.effects,
        cached_tokens=used.cached_tokens,
        cost_usd=outcome.cost_usd,
        warnings=outcome.warnings,
    )
