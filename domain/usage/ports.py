"""The ports to what was used."""

from typing import Protocol

from domain.usage.report import UsageQuery, UsageReport


class UsageLedger(Protocol):
    """The ledger of what runs used: written with their events, never apart from them."""

    async def report(self, query: UsageQuery) -> UsageReport:
        """Return the lines of a report: the latest day first, else the dearest group first."""
        ...
