"""The ports of monitoring: plugins' metrics and alerts, and the heartbeats of workers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.monitoring.readings import Alerts, Figures, MonitoringReport, Readings, Standing
from domain.plugins.plugin import Registered
from domain.telemetry.measurements import Sample


class Sources(Protocol):
    """The functions that plugins registered for monitoring."""

    def figures(self) -> Sequence[Registered[Figures]]:
        """Return the functions that report metrics."""
        ...

    def alerts(self) -> Sequence[Registered[Alerts]]:
        """Return the functions that report alerts."""
        ...


class Monitoring(Protocol):
    """The repository of the last reports, shared by all workers. Times are UTC."""

    async def claim(self, now: datetime, until: datetime) -> bool:
        """Claim the round that is due, so that no worker begins another before ``until``.

        False when none is due: another worker has claimed it.
        """
        ...

    async def keep(self, report: MonitoringReport) -> Sequence[Standing]:
        """Store a plugin's report, and return the alerts whose severity it changed.

        Their notices are written to the outbox in the same transaction. A change is returned to one
        worker only. A report older than the stored one changes
        nothing.
        """
        ...

    async def forget_others(self, plugins: Collection[str]) -> None:
        """Delete the reports of all other plugins: they are not polled any more."""
        ...

    async def read(self, limit: int) -> Readings:
        """Return the last reports, with at most ``limit`` alerts that are not ok."""
        ...


@dataclass(frozen=True, slots=True)
class WorkerHeartbeat:
    """A heartbeat: the runs a worker drives, the streams it feeds, the providers that fail there.

    ``failing`` maps those providers to reasons. Times are UTC.
    """

    worker_id: str
    started_at: datetime
    at: datetime
    runs: int = 0
    streams: int = 0
    failing: Mapping[str, str] = field(default_factory=dict)


class WorkerHeartbeats(Protocol):
    """The repository of each worker's last heartbeat, and of the totals of all their counters."""

    async def beat(
        self,
        heartbeat: WorkerHeartbeat,
        counts: Mapping[str, int],
        samples: Mapping[Sample, float],
    ) -> None:
        """Store a worker's heartbeat, and add its counts and samples, in one transaction."""
        ...

    async def end(self, worker_id: str) -> None:
        """Delete the heartbeat of a worker that stops."""
        ...

    async def living(self, since: datetime) -> Sequence[WorkerHeartbeat]:
        """Return the heartbeats since then, the longest-running worker first.

        Older ones are deleted: their workers died.
        """
        ...

    async def totals(self) -> Mapping[str, int]:
        """Return the totals by counter's name."""
        ...

    async def samples(self) -> Mapping[Sample, float]:
        """Return the sums of all workers' samples."""
        ...
