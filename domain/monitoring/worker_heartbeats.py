"""Heartbeats of the workers, and the service's own figures: current load and totals."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.monitoring.counting import Counts
from domain.monitoring.ports import WorkerHeartbeat, WorkerHeartbeats
from domain.runs.ports import Backlog, Leases
from domain.shared.background import BackgroundTask
from domain.shared.clock import Clock
from domain.shared.errors import PuertoError
from domain.shared.ids import new_id
from domain.shared.log_context import failures_logged, log_failure
from domain.telemetry.measurements import Measurements, Sample

BEAT_SECONDS: Final = 10.0

_MISSED: Final = 3  # heartbeats after which a worker counts as dead

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """A worker's current state; ``failing`` maps failing providers to reasons."""

    runs: int
    streams: int
    failing: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    """The figures of all living workers together, and the totals since installation."""

    workers: int
    uptime_seconds: float
    runs: int
    streams: int
    failing: Mapping[str, Sequence[str]]
    totals: Mapping[str, int]
    samples: Mapping[Sample, float]
    backlog: Backlog


class WorkerMonitor:
    """Stores this worker's heartbeat every ten seconds, and reads those of all workers.

    Counts and samples since the last heartbeat are lost when the process is killed.
    """

    def __init__(
        self,
        heartbeats: WorkerHeartbeats,
        leases: Leases,
        counts: Counts,
        measurements: Measurements,
        clock: Clock,
        worker_status: Callable[[], WorkerStatus],
    ) -> None:
        self._heartbeats = heartbeats
        self._leases = leases
        self._counts = counts
        self._measurements = measurements
        self._clock = clock
        self._worker_status = worker_status
        self._id = new_id()
        self._started_at = clock.now()
        self._background = BackgroundTask()

    async def start(self) -> None:
        """Start the background loop of heartbeats.

        Raises:
            Unavailable: the database does not answer.

        """
        self._measurements.recall(await self._heartbeats.samples())
        self._started_at = self._clock.now()
        self._background.start(self._keep_beating())

    async def stop(self) -> None:
        """Store the last counts, and delete the heartbeat. Stopping twice is no error."""
        if not await self._background.stop():
            return
        try:
            await self.beat()
            await self._heartbeats.end(self._id)
        except PuertoError as error:
            log_failure(_log, "the last figures cannot be kept", error)

    async def beat(self) -> None:
        """Store one heartbeat with the counts since the last.

        Raises:
            Unavailable: the database does not answer.

        """
        worker_status, counts = self._worker_status(), self._counts.take()
        samples = self._measurements.take()
        now = self._clock.now()
        heartbeat = WorkerHeartbeat(
            self._id,
            self._started_at,
            now,
            worker_status.runs,
            worker_status.streams,
            worker_status.failing,
        )
        try:
            await self._heartbeats.beat(heartbeat, counts, samples)
        except PuertoError:
            self._counts.give_back(counts)
            self._measurements.give_back(samples)
            raise

    async def read(self) -> ServiceFigures:
        """Return the figures; those of other workers are up to ten seconds old.

        Raises:
            Unavailable: the database does not answer.

        """
        await self.beat()
        now = self._clock.now()
        living = await self._heartbeats.living(now - timedelta(seconds=_MISSED * BEAT_SECONDS))
        failing: dict[str, list[str]] = {}
        for heartbeat in living:
            for provider, reason in heartbeat.failing.items():
                failing.setdefault(provider, []).append(reason)
        # None are left where a worker whose clock is far ahead took them for dead.
        uptimes = ((now - each.started_at).total_seconds() for each in living)
        return ServiceFigures(
            workers=len(living),
            uptime_seconds=max(uptimes, default=0.0),
            runs=sum(each.runs for each in living),
            streams=sum(each.streams for each in living),
            failing=failing,
            totals=await self._heartbeats.totals(),
            samples=await self._heartbeats.samples(),
            backlog=await self._leases.backlog(now),
        )

    async def _keep_beating(self) -> None:
        while True:
            with failures_logged(_log, "figures cannot be kept"):
                await self.beat()
            await asyncio.sleep(BEAT_SECONDS)
