"""What plugins report and workers do, in memory; and notices that are kept."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from typing_extensions import override

from domain.monitoring.alerts import Severity
from domain.monitoring.logs import LogEntries, LogEntry, LogQuery
from domain.monitoring.ports import Monitoring, WorkerHeartbeat, WorkerHeartbeats
from domain.monitoring.readings import MonitoringReport, Readings, Source, Standing, revise
from domain.notifications.notices import Notice
from domain.notifications.ports import Notices
from domain.telemetry.measurements import Sample


class FakeNotices(Notices):
    def __init__(self) -> None:
        self.published: list[Notice] = []

    @override
    def publish(self, notice: Notice) -> None:
        self.published.append(notice)


class FakeMonitoring(Monitoring):
    def __init__(self) -> None:
        self._due: datetime | None = None
        self._sources: dict[str, Source] = {}
        self._alerts: dict[str, dict[str, Standing]] = {}

    @override
    async def claim(self, now: datetime, until: datetime) -> bool:
        if self._due is not None and self._due > now:
            return False
        self._due = until
        return True

    @override
    async def keep(self, report: MonitoringReport) -> Sequence[Standing]:
        old = self._sources.get(report.plugin)
        if old is not None and old.at > report.at:
            return ()
        figures = report.figures
        if figures is None:
            figures = old.figures if old is not None else {}
        self._sources[report.plugin] = Source(report.plugin, report.at, figures, report.problem)
        alerts = self._alerts.setdefault(report.plugin, {})
        revision = revise(alerts, report)
        for key in revision.to_delete:
            del alerts[key]
        alerts |= {one.alert.key: one for one in revision.to_store}
        return revision.news

    @override
    async def forget_others(self, plugins: Collection[str]) -> None:
        for plugin in set(self._sources) - set(plugins):
            del self._sources[plugin]
            self._alerts.pop(plugin, None)

    @override
    async def read(self, limit: int) -> Readings:
        standing = [one for alerts in self._alerts.values() for one in alerts.values()]
        counts: dict[tuple[str, Severity], int] = {}
        for one in standing:
            place = one.plugin, one.alert.severity
            counts[place] = counts.get(place, 0) + 1
        bad = [one for one in standing if one.alert.severity is not Severity.OK]
        bad.sort(key=lambda one: one.since, reverse=True)
        bad.sort(key=lambda one: one.alert.severity is not Severity.CRITICAL)
        sources = [self._sources[plugin] for plugin in sorted(self._sources)]
        return Readings(sources, counts, bad[:limit])


class FakePulses(WorkerHeartbeats):
    def __init__(self) -> None:
        self._heartbeats: dict[str, WorkerHeartbeat] = {}
        self._totals: dict[str, int] = {}
        self._samples: dict[Sample, float] = {}

    @override
    async def beat(
        self,
        heartbeat: WorkerHeartbeat,
        counts: Mapping[str, int],
        samples: Mapping[Sample, float],
    ) -> None:
        self._heartbeats[heartbeat.worker_id] = heartbeat
        for name, number in counts.items():
            self._totals[name] = self._totals.get(name, 0) + number
        for sample, value in samples.items():
            self._samples[sample] = self._samples.get(sample, 0) + value

    @override
    async def end(self, worker_id: str) -> None:
        self._heartbeats.pop(worker_id, None)

    @override
    async def living(self, since: datetime) -> Sequence[WorkerHeartbeat]:
        self._heartbeats = {
            key: heartbeat for key, heartbeat in self._heartbeats.items() if heartbeat.at >= since
        }
        return sorted(self._heartbeats.values(), key=lambda each: (each.started_at, each.worker_id))

    @override
    async def totals(self) -> Mapping[str, int]:
        return dict(self._totals)

    @override
    async def samples(self) -> Mapping[Sample, float]:
        return dict(self._samples)


class FakeLogEntries(LogEntries):
    def __init__(self) -> None:
        self.kept: list[LogEntry] = []

    @override
    async def add(self, entries: Sequence[LogEntry], most: int) -> None:
        self.kept = [*self.kept, *entries][-most:]

    @override
    async def newest(self, query: LogQuery) -> Sequence[LogEntry]:
        wanted = {"request_id": query.request_id, "run_id": query.run_id}
        found = [
            entry
            for entry in reversed(self.kept)
            if query.level in {None, entry.level}
            and all(value in {None, entry.metadata.get(name)} for name, value in wanted.items())
        ]
        return sorted(found, key=lambda entry: entry.at, reverse=True)[: query.limit]
