"""Budgets: how many tokens, or how much money, a day or a month may take."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.models.prices import in_usd
from domain.runs.run import Run

MOST_BUDGETS: Final = 1_000


class BudgetScope(StrEnum):
    """Whose spending a budget bounds."""

    USER = "user"
    KEY = "key"
    CONVERSATION = "conversation"
    AGENT = "agent"


class BudgetPeriod(StrEnum):
    """How long a budget lasts until it starts anew: calendar days and months in UTC."""

    DAY = "day"
    MONTH = "month"

    def after(self, start: date) -> datetime:
        """Return when the period that began on that day is over."""
        days = 1 if self is BudgetPeriod.DAY else 32
        following = start + timedelta(days)
        if self is BudgetPeriod.MONTH:
            following = following.replace(day=1)
        return datetime(following.year, following.month, following.day, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens, and their cost in billionths of a US dollar."""

    tokens: int = 0
    nano: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        """Add the amounts."""
        return Amount(self.tokens + other.tokens, self.nano + other.nano)


@dataclass(frozen=True, slots=True)
class BudgetLimit:
    """What may be spent; None: any amount."""

    tokens: int | None
    nano: int | None

    def holds(self, amount: Amount) -> bool:
        """Tell whether the amount is within the limit."""
        return not (
            (self.tokens is not None and amount.tokens > self.tokens)
            or (self.nano is not None and amount.nano > self.nano)
        )


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget. An empty ``subject`` means each user, key, conversation or agent by itself.

    Else it is the id of the user, key or conversation, or the agent's name. A budget with a subject
    holds in place of the one of its scope and period without.
    """

    id: str
    scope: BudgetScope
    subject: str
    period: BudgetPeriod
    limit: BudgetLimit
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BudgetStanding:
    """How a budget stands for one subject: spent, and held for steps that go on.

    ``start`` is the first day of its period, by the database's clock.
    """

    budget: Budget
    subject: str
    spent: Amount
    held: Amount
    start: date

    @property
    def resets_at(self) -> datetime:
        """When the budget starts anew."""
        return self.budget.period.after(self.start)

    def has_room_for(self, amount: Amount) -> bool:
        """Tell whether the amount fits beside what is spent and held."""
        return self.budget.limit.holds(self.spent + self.held + amount)

    def describe(self, amount: Amount) -> str:
        """Return why a step that may take this amount does not fit, and when it will."""
        of_agent = self.budget.scope is BudgetScope.AGENT
        whose = f"the agent {self.subject}" if of_agent else f"this {self.budget.scope}"
        used, limit = self.spent + self.held, self.budget.limit
        told = []
        if limit.tokens is not None:
            told.append(
                f"{used.tokens:,} of {limit.tokens:,} tokens are spent or held, and the next step "
                f"may take {amount.tokens:,}"
            )
        if limit.nano is not None:
            told.append(
                f"{in_usd(used.nano):.4f} of {in_usd(limit.nano):.4f} US dollars are spent or "
                f"held, and the next step may cost {in_usd(amount.nano):.4f}"
            )
        return (
            f"The budget of {whose} for the {self.budget.period} is used up: {'; '.join(told)}. "
            f"It starts anew at {self.resets_at:%Y-%m-%d %H:%M} UTC."
        )


def applying(budgets: Iterable[Budget], run: Run) -> Sequence[tuple[Budget, str]]:
    """Return the budgets that bound a run, each with its subject there, in a fixed order."""
    subjects = _subjects(run)
    found: dict[tuple[BudgetScope, BudgetPeriod], tuple[Budget, str]] = {}
    for budget in budgets:
        subject, place = subjects[budget.scope], (budget.scope, budget.period)
        is_own = bool(budget.subject)
        if subject and (budget.subject == subject or (not is_own and place not in found)):
            found[place] = (budget, subject)
    return [found[place] for place in sorted(found)]


def _subjects(run: Run) -> Mapping[BudgetScope, str]:
    started = run.started
    return {
        BudgetScope.USER: started.user_id,
        BudgetScope.KEY: started.key_id,
        BudgetScope.CONVERSATION: started.conversation_id,
        BudgetScope.AGENT: started.agent_name,
    }
