"""The use case of usage: users see their own, operators everybody's."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.accounts.users import Role, User
from domain.shared.clock import Clock
from domain.shared.errors import FieldProblem, InvalidRequest
from domain.shared.list_cursors import read_number, write_number
from domain.shared.paging import Page
from domain.usage.ports import UsageLedger
from domain.usage.report import UsageGroup, UsageLine, UsageQuery
from domain.usage.spending import Spending

MOST_DAYS: Final = 400
_USUAL_DAYS: Final = 30
_KIND: Final = "usage"


@dataclass(frozen=True, slots=True)
class UsagePage:
    """A page of a report, the days that it is about, and the total of all its pages."""

    page: Page[UsageLine]
    first: date
    last: date
    total: Spending


class UsageService:
    """Reports what was used."""

    def __init__(self, ledger: UsageLedger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def report(
        self,
        user: User,
        group: UsageGroup,
        limit: int,
        cursor: str | None = None,
        *,
        first: date | None = None,
        last: date | None = None,
    ) -> UsagePage:
        """Return what was used from one day to another, both included: 30 days, up to today.

        A user without the role of an operator sees their own.

        Raises:
            InvalidRequest: the days are too many or in the wrong order, or the cursor did not come
                from here.

        """
        last = last or self._clock.now().date()
        first = first or date.fromordinal(max(1, last.toordinal() - _USUAL_DAYS + 1))
        _require_period(first, last)
        skip = 0 if cursor is None else read_number(_KIND, cursor)
        whose = None if user.role.covers(Role.OPERATOR) else user.id
        found = await self._ledger.report(UsageQuery(group, first, last, whose, limit, skip))
        is_last = len(found.lines) <= limit
        following = None if is_last else write_number(_KIND, skip + limit)
        return UsagePage(Page(found.lines[:limit], following), first, last, found.total)


def _require_period(first: date, last: date) -> None:
    if first > last:
        raise _bad("This day comes after the last one, `to`.")
    if (last - first).days >= MOST_DAYS:
        raise _bad(f"A report is about {MOST_DAYS} days at most: choose a later day, or `to`.")


def _bad(message: str) -> InvalidRequest:
    return InvalidRequest(message, [FieldProblem("from", message)])
