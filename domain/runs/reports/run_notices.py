"""The notices of runs: ids and names, without any content."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from domain.notifications.notices import Notice, NoticeType
from domain.runs.call_events import ConsentRequested, ToolErred, ToolFinished
from domain.runs.cursors import write_cursor
from domain.runs.events import Ended, Event, RunStarted
from domain.runs.run import Run
from domain.runs.states import RunStatus

NOTEWORTHY = (ToolFinished, ToolErred, ConsentRequested, Ended)
"""The events of which webhooks are told."""


def notices_of(run: Run, events: Iterable[Event], at: datetime) -> Iterator[Notice]:
    """Yield the notices of events of a run, in order; ``run`` is its state after them.

    Each names the cursor of its event, after which the run's stream goes on.
    """
    for event in events:
        notice = _notice_of(run, event, at)
        if notice is not None:
            cursor = write_cursor(run.id, event.attempt, event.number)
            yield replace(notice, data={**notice.data, "cursor": cursor})


def _notice_of(run: Run, event: Event, at: datetime) -> Notice | None:
    match event.body:
        case ToolFinished() | ToolErred() as ended if run.calls[ended.call_id].starts:
            return tool_executed(run, ended, at)
        case ConsentRequested() as request:
            return consent_required(run, request, at)
        case Ended(status=status):
            return run_ended(run, status, at)
    return None


def conversation_created(started: RunStarted, at: datetime) -> Notice:
    """Return the notice of a new conversation, which begins with this run."""
    data = {"conversation_id": started.conversation_id, "user_id": started.user_id}
    return Notice(NoticeType.CONVERSATION_CREATED, at, data)


def begun_with_conversation(run_id: str, started: RunStarted, at: datetime) -> Notice:
    """Return that notice for webhooks, as the first of the run."""
    notice = conversation_created(started, at)
    named = {"run_id": run_id, "cursor": write_cursor(run_id, 1, 1)}
    return replace(notice, data={**notice.data, **named})


def consent_required(run: Run, request: ConsentRequested, at: datetime) -> Notice:
    """Return the notice of a consent request."""
    data = _of(run) | {
        "request_id": request.request_id,
        "call_id": request.call_id,
        "kind": request.kind.value,
        "tool": request.tool,
        "effect": request.effect.value,
    }
    return Notice(NoticeType.CONSENT_REQUIRED, at, data)


def tool_executed(run: Run, body: ToolFinished | ToolErred, at: datetime) -> Notice:
    """Return the notice of a call that has ended, with or without a result."""
    outcome = "finished" if isinstance(body, ToolFinished) else body.outcome.value
    data = _of(run) | {
        "call_id": body.call_id,
        "tool": body.tool,
        "effect": run.calls[body.call_id].effect.value,
        "outcome": outcome,
    }
    if isinstance(body, ToolFinished):
        data["duration_ms"] = body.duration_ms
    else:
        data["code"] = body.code
    return Notice(NoticeType.TOOL_EXECUTED, at, data)


def run_ended(run: Run, status: RunStatus, at: datetime) -> Notice | None:
    """Return the notice of a run's end; None for a cancelled one."""
    match status:
        case RunStatus.COMPLETED:
            return Notice(NoticeType.RUN_COMPLETED, at, _of(run))
        case RunStatus.FAILED:
            code = run.problem.code if run.problem is not None else ""
            return Notice(NoticeType.RUN_FAILED, at, _of(run) | {"code": code})
    return None


def failed_unread(run_id: str, started: RunStarted | None, code: str, at: datetime) -> Notice:
    """Return the notice of the failure of a run that cannot be folded."""
    data = {
        "run_id": run_id,
        "conversation_id": (started and started.conversation_id) or None,
        "user_id": None if started is None else started.user_id,
        "agent": None,
        "code": code,
    }
    return Notice(NoticeType.RUN_FAILED, at, data)


def _of(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "conversation_id": run.started.conversation_id or None,
        "user_id": run.started.user_id,
        "agent": run.agent.name if run.agent is not None else None,
    }
