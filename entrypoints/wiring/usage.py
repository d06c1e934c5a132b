"""Usage: reports of what was used, and the budgets that bound it."""

from dataclasses import dataclass

from domain.shared.clock import Clock
from domain.usage.administration import BudgetService
from domain.usage.service import UsageService
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.runs import RunParts


@dataclass(frozen=True, slots=True)
class UsageParts:
    """What tells what was used, and what bounds it."""

    reports: UsageService
    budgets: BudgetService


def wire_usage(persistence: Persistence, runs: RunParts, clock: Clock) -> UsageParts:
    """Put together what tells what was used; a changed budget holds for runs here at once."""
    store = persistence.store
    return UsageParts(
        reports=UsageService(store.usage, clock),
        budgets=BudgetService(store.budgets, runs.budgets, clock),
    )
