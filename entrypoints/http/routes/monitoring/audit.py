"""Route of the audit log: decisions about tool calls, with the rule and the user."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import document_response, tag, validate_querystring

from domain.accounts.users import Role
from domain.policy.audit import Decided
from domain.shared.paging import DEFAULT_LIMIT
from entrypoints.encoding import time_text
from entrypoints.http.fields import DecisionCursor, Id, Limit, NextCursor, Timestamp
from entrypoints.http.security.guard import caller, for_role
from entrypoints.wiring.services import services

blueprint = Blueprint("audit", __name__, url_prefix="/api")


class AuditQuery(BaseModel):
    """Page of the audit log."""

    limit: Limit = DEFAULT_LIMIT
    cursor: DecisionCursor | None = None


class DecidedView(BaseModel):
    """One decision about one call, by the policy, a human or a plugin."""

    id: Id
    at: Timestamp
    user_id: Id
    user: str
    run_id: Id
    call_id: str
    tool: str
    effect: Literal["read", "write", "destructive"]
    arguments: Any = Field(description="Any JSON value.")
    digest: str = Field(description="SHA-256 of tool, version and arguments.")
    decision: str = Field(
        description="`allow`, `ask`, `deny` of the policy, the status that a human's answer gave "
        "the request, or `veto` (forbidden) or `veto_ask` (a human is asked) of a plugin, "
        "or `tool_ask`: the tool itself asks its user."
    )
    rule: str = Field(description="Why, in words.")


class AuditList(BaseModel):
    """Some decisions, the newest first."""

    decisions: list[DecidedView]
    next_cursor: NextCursor


def decided_view(decided: Decided) -> dict[str, Any]:
    """Encode a decision."""
    return {
        "id": decided.id,
        "at": time_text(decided.at),
        "user_id": decided.user_id,
        "user": decided.username,
        "run_id": decided.run_id,
        "call_id": decided.call_id,
        "tool": decided.tool,
        "effect": decided.effect,
        "arguments": decided.params,
        "digest": decided.digest,
        "decision": decided.decision,
        "rule": decided.rule,
    }


@blueprint.get("/audit")
@for_role(Role.OPERATOR)
@tag(["policy"])
@validate_querystring(AuditQuery)
@document_response(AuditList)
async def find(query_args: AuditQuery) -> dict[str, Any]:
    """List every decision about a call, of everybody's, the newest first."""
    page = await services().policy_service.decisions(caller(), query_args.limit, query_args.cursor)
    return {
        "decisions": [decided_view(item) for item in page.items],
        "next_cursor": page.next_cursor,
    }
