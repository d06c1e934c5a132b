"""The gate before each step: it holds what the step may take, or says which budget has no room."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from domain.conversations.calls import Problem
from domain.models.messages import ModelRequest
from domain.models.prices import Prices, in_usd
from domain.runs.run import Run
from domain.shared.background import BackgroundTask
from domain.shared.clock import Clock
from domain.shared.error_codes import Refusal
from domain.shared.log_context import failures_logged
from domain.usage.budgets import Amount, Budget, BudgetStanding, applying
from domain.usage.estimate import estimated
from domain.usage.ports import Budgets

KNOWN_FOR: Final = timedelta(seconds=5)  # a change on another worker holds here at the latest
_LOOK_SECONDS: Final = 2.5

_log = logging.getLogger(__name__)


class BudgetGate:
    """Admits steps of runs, or not.

    One for the process: it knows the budgets, so where none applies the database is not asked.
    """

    def __init__(self, budgets: Budgets, prices: Prices, clock: Clock) -> None:
        self._budgets = budgets
        self._prices = prices
        self._clock = clock
        self._known: Sequence[Budget] = ()
        self._known_at: datetime | None = None
        self._background = BackgroundTask()

    async def start(self) -> None:
        """Start looking for changes of the budgets, so that steps need not wait for that."""
        self._background.start(self._keep_looking())

    async def stop(self) -> None:
        """Stop looking. Stopping twice is no error."""
        await self._background.stop()

    def forget(self) -> None:
        """Look at the budgets before the next step: one was changed here."""
        self._known_at = None

    async def admit(self, run: Run, request: Callable[[], ModelRequest]) -> Problem | None:
        """Hold what the run's next step may take; return the problem if a budget has no room.

        The hold ends with the step, with the run, or when another worker takes the run over.

        Raises:
            Unavailable: the database does not answer.

        """
        bounds = applying(await self._current(), run)
        if not bounds:
            return None
        amount = estimated(request(), run.choices, self._prices)
        full = await self._budgets.reserve(run.id, run.attempt, bounds, amount)
        return None if full is None else self._problem(full, amount)

    async def _current(self) -> Sequence[Budget]:
        at, now = self._known_at, self._clock.now()
        if at is None or not at <= now < at + KNOWN_FOR:
            await self._look()
        return self._known

    async def _look(self) -> None:
        now = self._clock.now()
        self._known = await self._budgets.all()
        self._known_at = now

    async def _keep_looking(self) -> None:
        while True:
            with failures_logged(_log, "changed budgets are not seen"):
                await self._look()
            await asyncio.sleep(_LOOK_SECONDS)

    def _problem(self, full: BudgetStanding, amount: Amount) -> Problem:
        budget, resets_at = full.budget, full.resets_at
        used = full.spent + full.held
        seconds = ceil((resets_at - self._clock.now()).total_seconds())
        details = {
            "budget_id": budget.id,
            "scope": budget.scope.value,
            "period": budget.period.value,
            "max_tokens": budget.limit.tokens,
            "max_cost_usd": None if budget.limit.nano is None else in_usd(budget.limit.nano),
            "used_tokens": used.tokens,
            "used_cost_usd": in_usd(used.nano),
            "resets_at": f"{resets_at:%Y-%m-%dT%H:%M:%SZ}",
            "retry_after": max(1, seconds),
        }
        return Problem(Refusal.BUDGET_EXCEEDED, full.describe(amount), details)
