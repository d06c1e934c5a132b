"""The use cases of budgets, for operators."""

import logging

from domain.accounts.users import Role, User
from domain.shared.clock import Clock
from domain.shared.errors import Conflict
from domain.shared.ids import new_id
from domain.shared.paging import Page
from domain.usage.budgets import (
    MOST_BUDGETS,
    Budget,
    BudgetLimit,
    BudgetPeriod,
    BudgetScope,
    BudgetStanding,
)
from domain.usage.gate import BudgetGate
from domain.usage.ports import Budgets

_log = logging.getLogger("puerto.changes")


class BudgetService:
    """Lists, sets and removes budgets. A change holds for the next step, elsewhere within 5 s."""

    def __init__(self, budgets: Budgets, gate: BudgetGate, clock: Clock) -> None:
        self._budgets = budgets
        self._gate = gate
        self._clock = clock

    async def page(self, user: User, limit: int, cursor: str | None) -> Page[BudgetStanding]:
        """Return budgets and how they stand, the newest first.

        Raises:
            Forbidden: the user is no operator.
            InvalidRequest: the cursor did not come from here.

        """
        user.require(Role.OPERATOR)
        return await self._budgets.page(limit, cursor)

    async def get(self, user: User, budget_id: str) -> BudgetStanding:
        """Return one budget and how it stands.

        Raises:
            Forbidden: the user is no operator.
            NotFound: there is no such budget.

        """
        user.require(Role.OPERATOR)
        return await self._budgets.get(budget_id)

    async def put(
        self,
        user: User,
        scope: BudgetScope,
        subject: str,
        period: BudgetPeriod,
        limit: BudgetLimit,
    ) -> BudgetStanding:
        """Set the budget of a scope, subject and period; what was spent of it stays spent.

        Raises:
            Forbidden: the user is no operator.
            Conflict: there are as many budgets as there may be.

        """
        user.require(Role.OPERATOR)
        budget = Budget(new_id(), scope, subject, period, limit, self._clock.now())
        budget_id = await self._budgets.put(budget, most=MOST_BUDGETS)
        if budget_id is None:
            raise Conflict(f"There are {MOST_BUDGETS:,} budgets already: remove one first.")
        self._gate.forget()
        whose = subject or f"each {scope}"
        _log.info("%s set the budget of %s for the %s", user.username, whose, period)
        return await self._budgets.get(budget_id)

    async def remove(self, user: User, budget_id: str) -> None:
        """Remove a budget.

        Raises:
            Forbidden: the user is no operator.
            NotFound: there is no such budget.

        """
        user.require(Role.OPERATOR)
        await self._budgets.remove(budget_id)
        self._gate.forget()
        _log.info("%s removed the budget %s", user.username, budget_id)
