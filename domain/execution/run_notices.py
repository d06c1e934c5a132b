"""The notices of runs: ids and names, without any content."""

from datetime import datetime
from typing import Any

from domain.consents.consent import Consent
from domain.notifications.notices import Notice, NoticeType
from domain.runs.call_events import ToolErred, ToolFinished
from domain.runs.events import RunStarted
from domain.runs.run import Call, Run
from domain.runs.states import RunStatus
from domain.tools.tool import ToolSpec


def conversation_created(started: RunStarted, at: datetime) -> Notice:
    """Return the notice of a new conversation, which begins with this run."""
    data = {"conversation_id": started.conversation_id, "user_id": started.user_id}
    return Notice(NoticeType.CONVERSATION_CREATED, at, data)


def consent_required(run: Run, consent: Consent) -> Notice:
    """Return the notice of a consent request."""
    data = _of(run) | {
        "request_id": consent.id,
        "call_id": consent.call_id,
        "kind": consent.kind.value,
        "tool": consent.tool,
        "effect": consent.effect.value,
    }
    return Notice(NoticeType.CONSENT_REQUIRED, consent.created_at, data)


def tool_executed(
    run: Run, call: Call, spec: ToolSpec, body: ToolFinished | ToolErred, at: datetime
) -> Notice:
    """Return the notice of a call that has ended, with or without a result."""
    outcome = "finished" if isinstance(body, ToolFinished) else body.outcome.value
    data = _of(run) | {
        "call_id": call.id,
        "tool": call.tool,
        "plugin": spec.plugin,
        "effect": call.effect.value,
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


def _of(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "conversation_id": run.started.conversation_id or None,
        "user_id": run.started.user_id,
        "agent": run.agent.name if run.agent is not None else None,
    }
