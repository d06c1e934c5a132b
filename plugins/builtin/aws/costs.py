"""Costs of the account, from AWS Cost Explorer."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from domain.tools.context import PluginContext
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool
from plugins.builtin.aws.client import client, plain_words

_HOME: Final = "us-east-1"  # the one place where Cost Explorer is, for all regions
_METRIC: Final = "UnblendedCost"
_GROUPS: Final = {"service": "SERVICE", "region": "REGION", "account": "LINKED_ACCOUNT"}


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one service, region or account."""

    name: str
    amount: float


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs from ``first_day`` up to, but without, ``end_day``; the most expensive first."""

    first_day: str
    end_day: str
    currency: str
    total: float
    costs: Sequence[Cost]


@tool(effect="read", open_world=True, category="aws", timeout=60)
def get_aws_costs(
    days: Annotated[int, Field(ge=1, le=365)] = 30,
    by: Literal["service", "region", "account"] = "service",
    *,
    context: ToolContext,
) -> Costs:
    """Tell what the AWS account has cost in the last days, before today.

    AWS itself charges one US cent for each call of this tool.

    Args:
        days: How many days back.
        by: What to split the costs by.
        context: gives the settings.

    """
    end = context.clock.now().date()
    first = end - timedelta(days=days)
    query = {
        "TimePeriod": {"Start": first.isoformat(), "End": end.isoformat()},
        "Granularity": "DAILY",
        "Metrics": [_METRIC],
        "GroupBy": [{"Type": "DIMENSION", "Key": _GROUPS[by]}],
    }
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    currency = "USD"
    for group in _groups(context, query):
        cost = group["Metrics"][_METRIC]
        amounts[group["Keys"][0]] += Decimal(cost["Amount"])
        currency = cost["Unit"]
    split = sorted(amounts.items(), key=lambda item: -item[1])
    return Costs(
        first.isoformat(),
        end.isoformat(),
        currency,
        _rounded(sum(amounts.values(), Decimal())),
        [Cost(name, _rounded(amount)) for name, amount in split],
    )


def _groups(context: PluginContext, query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    page: dict[str, Any] = {}
    with plain_words(_HOME):
        while True:
            answer = client(context, "ce", _HOME).get_cost_and_usage(**query, **page)
            for period in answer["ResultsByTime"]:
                yield from period["Groups"]
            if not (token := answer.get("NextPageToken")):
                return
            page = {"NextPageToken": token}


def _rounded(amount: Decimal) -> float:
    return float(round(amount, 2))
