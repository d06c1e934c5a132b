"""Monitoring: what plugins report, this worker's own figures, and the kept log."""

from dataclasses import dataclass

from domain.monitoring.collector import Collector
from domain.monitoring.log_keeper import LogKeeper, LogService
from domain.monitoring.worker_heartbeats import WorkerMonitor, WorkerStatus
from domain.shared.clock import Clock
from entrypoints.settings.settings import Settings
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.adapters.telemetry import TelemetryParts
from entrypoints.wiring.models import ModelParts
from entrypoints.wiring.plugins import PluginParts
from entrypoints.wiring.runs import RunParts


@dataclass(frozen=True, slots=True)
class MonitoringParts:
    """What asks plugins for figures, tells of this worker's, and keeps the log."""

    collector: Collector
    worker_monitor: WorkerMonitor
    log_keeper: LogKeeper
    logs: LogService


def wire_monitoring(
    settings: Settings,
    persistence: Persistence,
    models: ModelParts,
    plugins: PluginParts,
    runs: RunParts,
    telemetry: TelemetryParts,
    clock: Clock,
) -> MonitoringParts:
    """Put together what is watched; nothing is asked yet."""
    store, live = persistence.store, persistence.runs.live

    def worker_status() -> WorkerStatus:
        return WorkerStatus(runs.worker.driving, live.followers, models.circuit_breaker.failing())

    collector = Collector(
        sources=plugins.host,
        monitoring=store.monitoring,
        notices=plugins.notices,
        clock=clock,
        seconds=settings.collect_seconds,
        tell=plugins.incidents.note,
    )
    log_keeper = LogKeeper(store.log_entries, persistence.counts, clock, most=settings.log_entries)
    return MonitoringParts(
        collector=collector,
        worker_monitor=WorkerMonitor(
            store.heartbeats,
            store.leases,
            persistence.counts,
            telemetry.measurements,
            clock,
            worker_status,
        ),
        log_keeper=log_keeper,
        logs=LogService(log_keeper),
    )
