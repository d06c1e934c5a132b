"""The ports to what was used, and to the budgets that bound it."""

from collections.abc import Sequence
from typing import Protocol

from domain.shared.paging import Page
from domain.usage.budgets import Amount, Budget, BudgetStanding
from domain.usage.report import UsageQuery, UsageReport


class UsageLedger(Protocol):
    """The ledger of what runs used: written with their events, never apart from them."""

    async def report(self, query: UsageQuery) -> UsageReport:
        """Return the lines of a report: the latest day first, else the dearest group first."""
        ...


class Budgets(Protocol):
    """The repository of budgets, of what is spent of them, and of what is held.

    What a step took is added in the transaction that stores its events, and what was held for it
    goes in the same one. A hold counts as long as its attempt drives the run.
    """

    async def all(self) -> Sequence[Budget]:
        """Return all budgets."""
        ...

    async def page(self, limit: int, cursor: str | None) -> Page[BudgetStanding]:
        """Return budgets and how they stand, the newest first; one for each subject is at zero.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        ...

    async def get(self, budget_id: str) -> BudgetStanding:
        """Return a budget and how it stands, as in `page`.

        Raises:
            NotFound: there is no such budget.

        """
        ...

    async def put(self, budget: Budget, *, most: int) -> str | None:
        """Store a budget in place of the one of its scope, subject and period; return its id.

        That is the id of the one before, whose spending goes on. None: there are ``most`` already.
        """
        ...

    async def remove(self, budget_id: str) -> None:
        """Delete a budget, and what nothing counts any more.

        Raises:
            NotFound: there is no such budget.

        """
        ...

    async def reserve(
        self, run_id: str, attempt: int, bounds: Sequence[tuple[Budget, str]], amount: Amount
    ) -> BudgetStanding | None:
        """Hold an amount of these budgets, each with its subject, for a run: of all or of none.

        It takes the place of what was held for the run before. Return how the first budget stands
        that has no room; None: it is held. Of concurrent callers on any worker, no two are given
        the same room.
        """
        ...
