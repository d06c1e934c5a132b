"""The ports of monitoring: who is asked, and where the answers are kept."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from domain.monitoring import Alerts, Figures, Readings, Report, Standing
from domain.plugins import Registered


class Sources(Protocol):
    """What plugins registered to be asked once in a while, as it is now."""

    def figures(self) -> Sequence[Registered[Figures]]:
        """Return what counts things."""
        ...

    def alerts(self) -> Sequence[Registered[Alerts]]:
        """Return what watches things."""
        ...


class Monitoring(Protocol):
    """The last answers, shared by all workers. Times are UTC."""

    async def claim(self, now: datetime, until: datetime) -> bool:
        """Take the round that is due, so that nobody begins another before ``until``.

        False when none is due: another worker has taken it.
        """
        ...

    async def keep(self, report: Report) -> Sequence[Standing]:
        """Keep what a plugin said, and return the alerts whose severity that changed.

        Of several workers one is told of a change. A report older than the one that is kept
        changes nothing.
        """
        ...

    async def forget_others(self, plugins: Collection[str]) -> None:
        """Drop what plugins said that are not among these: they are not asked any more."""
        ...

    async def read(self, limit: int) -> Readings:
        """Return what was collected last, with at most ``limit`` alerts that are not ok."""
        ...
