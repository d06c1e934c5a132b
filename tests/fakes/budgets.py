"""Budgets in memory: what is reserved is remembered, and whether there is room is said by tests."""

from collections.abc import Sequence

from typing_extensions import override

from domain.shared.errors import NotFound
from domain.shared.paging import Page
from domain.usage.budgets import Amount, Budget, BudgetStanding
from domain.usage.ports import Budgets


class FakeBudgets(Budgets):
    """Keeps budgets; ``full`` says that the next reservation finds no room, and why."""

    def __init__(self) -> None:
        self.budgets: list[Budget] = []
        self.full: BudgetStanding | None = None
        self.reserved: list[tuple[str, int, Sequence[tuple[Budget, str]], Amount]] = []
        self.looks = 0

    @override
    async def all(self) -> Sequence[Budget]:
        self.looks += 1
        return list(self.budgets)

    @override
    async def page(self, limit: int, cursor: str | None) -> Page[BudgetStanding]:
        raise NotImplementedError

    @override
    async def get(self, budget_id: str) -> BudgetStanding:
        raise NotFound("There is no such budget.")

    @override
    async def put(self, budget: Budget, *, most: int) -> str | None:
        if len(self.budgets) >= most:
            return None
        self.budgets.append(budget)
        return budget.id

    @override
    async def remove(self, budget_id: str) -> None:
        self.budgets = [each for each in self.budgets if each.id != budget_id]

    @override
    async def reserve(
        self, run_id: str, attempt: int, bounds: Sequence[tuple[Budget, str]], amount: Amount
    ) -> BudgetStanding | None:
        self.reserved.append((run_id, attempt, bounds, amount))
        return self.full
