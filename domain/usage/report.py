"""Reports of the usage ledger: what was used, grouped by who, what or when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.usage.spending import Spending


class UsageGroup(StrEnum):
    """What the lines of a report are grouped by."""

    USER = "user"
    MODEL = "model"
    TOOL = "tool"
    DAY = "day"
    AGENT = "agent"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """Which lines to return: of the days from ``first`` to ``last``, both included, in UTC.

    ``user_id`` None means everybody. ``skip`` is the number of lines before the page.
    """

    group: UsageGroup
    first: date
    last: date
    user_id: str | None
    limit: int
    skip: int = 0


@dataclass(frozen=True, slots=True)
class UsageLine:
    """What was used in one group.

    ``name`` is the day, the tool, the agent, the id of the key or user, or the provider; it is
    empty where there is none: no agent, no key, or a user who was removed. ``label`` is the user's
    name or the model.
    """

    name: str
    label: str
    used: Spending


@dataclass(frozen=True, slots=True)
class UsageReport:
    """A page of lines, one more than asked for if there are further ones, and the total of all."""

    lines: Sequence[UsageLine]
    total: Spending
