"""The ports to what plugins and workers report."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.monitoring.readings import Alerts, Figures, Readings, Report, Standing
from domain.plugins.plugin import Registered


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


@dataclass(frozen=True, slots=True)
class Pulse:
    """What one worker does at a moment: runs it drives, streams it feeds, providers that fail.

    ``failing`` gives the reason for each of those. Times are UTC.
    """

    worker_id: str
    started_at: datetime
    at: datetime
    runs: int = 0
    streams: int = 0
    failing: Mapping[str, str] = field(default_factory=dict)


class Pulses(Protocol):
    """The last pulse of each worker, and what all of them have counted since the beginning."""

    async def beat(self, pulse: Pulse, counts: Mapping[str, int]) -> None:
        """Keep a worker's pulse, and add its counts to the totals: both or nothing."""
        ...

    async def end(self, worker_id: str) -> None:
        """Forget a worker that stops."""
        ...

    async def living(self, since: datetime) -> Sequence[Pulse]:
        """Return the pulses that came since then, the longest-running worker first.

        Older ones are forgotten: their workers died.
        """
        ...

    async def totals(self) -> Mapping[str, int]:
        """Return what was counted, by name."""
        ...
