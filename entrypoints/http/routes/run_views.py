"""Encoding of runs in responses."""

from typing import Any

from pydantic import BaseModel, Field

from domain.runs.outcomes import RunOutcome
from domain.runs.ports import RunRecord
from domain.runs.states import RunStatus
from entrypoints.encoding import time_text, usage
from entrypoints.http.fields import Id, Timestamp
from entrypoints.http.openapi.events import Problem, TokenUsage


class RunView(BaseModel):
    """A run: its status, and its outcome so far."""

    id: Id
    conversation_id: Id | None = Field(description="null: it is in no conversation.")
    message_id: Id | None = Field(description="The id of its answer in the conversation.")
    status: RunStatus
    stop: str | None = Field(
        description="`failed` or `cancelled` where it ended so, else why the model stopped: "
        "`end`, `length`, `refusal` ... null while it goes on."
    )
    error: Problem | None = Field(description="Why it failed.")
    usage: TokenUsage
    provider: str | None = Field(description="Who gave the last answer, or is asked for it.")
    model: str | None = Field(description="With which model.")
    effects: list[str] = Field(
        description="The ids of the calls that changed, or may have changed, the world."
    )
    warnings: list[str] = Field(description="The sampling parameters that had no effect.")
    created_at: Timestamp
    finished_at: Timestamp | None


def run_view(record: RunRecord, outcome: RunOutcome) -> dict[str, Any]:
    """Encode a run."""
    return {
        "id": record.id,
        "conversation_id": record.conversation_id or None,
        "message_id": record.message_id or None,
        "status": record.status,
        "effects": list(outcome.effects),
        "warnings": list(outcome.warnings),
        "created_at": time_text(record.created_at),
        "finished_at": time_text(record.finished_at) if record.finished_at else None,
    } | outcome_view(outcome)


def outcome_view(outcome: RunOutcome) -> dict[str, Any]:
    """Encode the outcome of a run, for runs and for messages."""
    used = outcome.usage
    return {
        "stop": outcome.stop,
        "error": None if outcome.problem is None else outcome.problem.to_json(),
        "usage": usage(used.input_tokens, used.output_tokens, used.cached_tokens, outcome.cost_usd),
        "provider": outcome.provider or None,
        "model": outcome.model or None,
    }
