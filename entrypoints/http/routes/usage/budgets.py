"""Routes of budgets: list, set and remove what a day or a month may take."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator
from quart import Blueprint
from quart_schema import document_response, tag, validate_querystring, validate_request

from domain.accounts.users import Role
from domain.models.prices import in_usd, nano_usd
from domain.shared.paging import DEFAULT_LIMIT
from domain.usage.budgets import BudgetLimit, BudgetPeriod, BudgetScope, BudgetStanding
from entrypoints.encoding import time_text
from entrypoints.http.fields import (
    BudgetCursor,
    Id,
    Limit,
    NextCursor,
    RequestBody,
    Timestamp,
    Whole,
    example,
)
from entrypoints.http.openapi.document import answers_nothing, can_fail
from entrypoints.http.security.guard import caller, for_role
from entrypoints.wiring.services import services

blueprint = Blueprint("budgets", __name__, url_prefix="/api/budgets")

Scope = Literal["user", "key", "conversation", "agent"]
Period = Literal["day", "month"]
_SUBJECT = (
    "The id of the user, API key or conversation, or the agent's name. null: each of them by "
    "itself that has no budget of its own."
)

_EACH = "null without a subject: each has its own."


class BudgetsQuery(BaseModel):
    """Page of the list of budgets."""

    limit: Limit = DEFAULT_LIMIT
    cursor: BudgetCursor | None = None


class BudgetView(BaseModel):
    """A budget, and how it stands; of one for each subject, only what it allows each of them."""

    id: Id
    scope: Scope
    subject: str | None = Field(description=_SUBJECT)
    period: Period = Field(description="A calendar day or month in UTC.")
    max_tokens: int | None = Field(description="null: any number.")
    max_cost_usd: float | None = Field(description="null: any amount.")
    spent_tokens: int | None = Field(description=_EACH)
    spent_cost_usd: float | None = Field(description=_EACH)
    held_tokens: int | None = Field(description=f"For steps that go on now. {_EACH}")
    held_cost_usd: float | None = Field(description=_EACH)
    resets_at: Timestamp
    created_at: Timestamp


class BudgetList(BaseModel):
    """Some budgets, the newest first."""

    budgets: list[BudgetView]
    next_cursor: NextCursor


class BudgetRequest(RequestBody):
    """A budget, in place of the one of its scope, subject and period. It has a limit, or both."""

    model_config = example({"scope": "user", "period": "month", "max_cost_usd": 20})

    scope: Scope
    subject: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description=_SUBJECT
    )
    period: Period
    max_tokens: Annotated[Whole, Field(ge=1, le=10**15)] | None = None
    max_cost_usd: Annotated[float, Field(gt=0, le=10**6)] | None = None

    @model_validator(mode="after")
    def _has_a_limit(self) -> Self:
        if self.max_tokens is None and self.max_cost_usd is None:
            raise ValueError("give max_tokens, max_cost_usd, or both")
        return self


def budget_view(standing: BudgetStanding) -> dict[str, Any]:
    """Encode a budget and how it stands."""
    budget, limit = standing.budget, standing.budget.limit
    is_of_one = bool(budget.subject)
    return {
        "id": budget.id,
        "scope": budget.scope,
        "subject": budget.subject or None,
        "period": budget.period,
        "max_tokens": limit.tokens,
        "max_cost_usd": None if limit.nano is None else in_usd(limit.nano),
        "spent_tokens": standing.spent.tokens if is_of_one else None,
        "spent_cost_usd": in_usd(standing.spent.nano) if is_of_one else None,
        "held_tokens": standing.held.tokens if is_of_one else None,
        "held_cost_usd": in_usd(standing.held.nano) if is_of_one else None,
        "resets_at": time_text(standing.resets_at),
        "created_at": time_text(budget.created_at),
    }


@blueprint.get("")
@for_role(Role.OPERATOR)
@tag(["usage"])
@validate_querystring(BudgetsQuery)
@document_response(BudgetList)
async def find(query_args: BudgetsQuery) -> dict[str, Any]:
    """List the budgets and how they stand, the newest first."""
    page = await services().usage.budgets.page(caller(), query_args.limit, query_args.cursor)
    return {
        "budgets": [budget_view(each) for each in page.items],
        "next_cursor": page.next_cursor,
    }


@blueprint.put("")
@for_role(Role.OPERATOR)
@tag(["usage"])
@validate_request(BudgetRequest)
@document_response(BudgetView)
@can_fail(409)
async def put(data: BudgetRequest) -> dict[str, Any]:
    """Set a budget: here at once, on every worker within 5 seconds.

    Sent again with other limits, it changes the budget of that scope, subject and period; what was
    spent of it stays spent. A step of the model is only begun if the budgets that bound its run
    have room for what it may take; otherwise the run ends with `BUDGET_EXCEEDED`.
    """
    cost = data.max_cost_usd
    standing = await services().usage.budgets.put(
        caller(),
        BudgetScope(data.scope),
        data.subject or "",
        BudgetPeriod(data.period),
        BudgetLimit(data.max_tokens, None if cost is None else max(1, nano_usd(cost))),
    )
    return budget_view(standing)


@blueprint.get("/<budget_id>")
@for_role(Role.OPERATOR)
@tag(["usage"])
@document_response(BudgetView)
async def get(budget_id: str) -> dict[str, Any]:
    """Look at a budget, and how it stands."""
    return budget_view(await services().usage.budgets.get(caller(), budget_id))


@blueprint.delete("/<budget_id>")
@for_role(Role.OPERATOR)
@tag(["usage"])
@answers_nothing
async def remove(budget_id: str) -> None:
    """Remove a budget: here at once, on every worker within 5 seconds."""
    await services().usage.budgets.remove(caller(), budget_id)
