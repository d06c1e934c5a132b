"""Route of the usage report: who used which models and tools, and what it cost."""

import re
from datetime import date
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, Field
from quart import Blueprint
from quart_schema import document_response, tag, validate_querystring

from domain.models.prices import in_usd
from domain.shared.paging import DEFAULT_LIMIT
from domain.usage.report import UsageGroup, UsageLine
from domain.usage.spending import Spending
from entrypoints.http.fields import Id, Limit, NextCursor, UsageCursor
from entrypoints.http.security.guard import caller
from entrypoints.wiring.services import services

blueprint = Blueprint("usage", __name__, url_prefix="/api")

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _as_day(text: str) -> date:
    """Return the day of a text as JSON Schema's format `date` has it: pydantic takes more."""
    if not _DAY.fullmatch(text):
        raise ValueError("write a day as 2026-11-20")
    return date.fromisoformat(text)


Day = Annotated[date, BeforeValidator(_as_day)]


class UsageParameters(BaseModel):
    """The group, the days and the page of a report."""

    group_by: UsageGroup = Field(UsageGroup.DAY, description="What a line of the report is about.")
    first: Day | None = Field(
        None, alias="from", description="The first day, in UTC. Not given: 29 days before `to`."
    )
    last: Day | None = Field(
        None, alias="to", description="The last day, in UTC. Not given: today."
    )
    limit: Limit = DEFAULT_LIMIT
    cursor: UsageCursor | None = None


class Used(BaseModel):
    """What was used, and what it cost."""

    answers: int = Field(description="Answers of models, those to tools among them.")
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cached_tokens: int = Field(description="Those of the input tokens that a provider had.")
    cost_usd: float = Field(description="Of the answers whose price is known.")
    unpriced_answers: int = Field(description="Answers whose price is not known.")
    tool_calls: int = Field(description="Calls of tools that began.")
    failed_calls: int = Field(description="Those of them that gave no result.")


class UsedBy(Used):
    """A line of the report: what it is about, of which only its group's fields are set."""

    day: str | None = None
    user_id: Id | None = Field(None, description="null: a user who was removed.")
    username: str | None = None
    key_id: Id | None = Field(None, description="null: without an API key.")
    agent: str | None = Field(None, description="null: the general one.")
    provider: str | None = None
    model: str | None = None
    tool: str | None = None


class UsageAnswer(BaseModel):
    """What was used from one day to another: a page of lines, and the total of all of them."""

    group_by: UsageGroup
    first: str = Field(serialization_alias="from", description="The first day.")
    last: str = Field(serialization_alias="to", description="The last day.")
    usage: list[UsedBy] = Field(description="The latest day first, else the dearest first.")
    total: Used
    next_cursor: NextCursor


# The fields that a line's name and label are shown in.
_FIELDS: Final = {
    UsageGroup.USER: ("user_id", "username"),
    UsageGroup.MODEL: ("provider", "model"),
    UsageGroup.TOOL: ("tool", ""),
    UsageGroup.DAY: ("day", ""),
    UsageGroup.AGENT: ("agent", ""),
    UsageGroup.KEY: ("key_id", ""),
}


def used(spent: Spending) -> dict[str, Any]:
    """Encode what was used."""
    return {
        "answers": spent.answers,
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "total_tokens": spent.total_tokens,
        "cached_tokens": spent.cached_tokens,
        "cost_usd": in_usd(spent.cost_nano),
        "unpriced_answers": spent.unpriced,
        "tool_calls": spent.calls,
        "failed_calls": spent.failed,
    }


def used_by(group: UsageGroup, line: UsageLine) -> dict[str, Any]:
    """Encode a line of a report."""
    name, label = _FIELDS[group]
    about = {name: line.name or None} | ({label: line.label or None} if label else {})
    return about | used(line.used)


@blueprint.get("/usage")
@tag(["usage"])
@validate_querystring(UsageParameters)
@document_response(UsageAnswer)
async def report(query_args: UsageParameters) -> dict[str, Any]:
    """Say what was used: your own, and everybody's if you are an operator.

    It is counted with the events of the runs, so it is what they say, added up. A day is one in
    UTC, and an answer counts on the day that it was whole.
    """
    query = query_args
    found = await services().usage.reports.report(
        caller(), query.group_by, query.limit, query.cursor, first=query.first, last=query.last
    )
    return {
        "group_by": query.group_by,
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "usage": [used_by(query.group_by, line) for line in found.page.items],
        "total": used(found.total),
        "next_cursor": found.page.next_cursor,
    }
