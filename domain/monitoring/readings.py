"""Readings of plugins: the metrics they report, and the alerts that are active."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.monitoring.alerts import Alert, Severity
from domain.notifications.notices import Notice, NoticeType

Figures = Callable[[], Awaitable[Mapping[str, float]]]
Alerts = Callable[[], Awaitable[Sequence[Alert]]]


@dataclass(frozen=True, slots=True)
class MonitoringReport:
    """A plugin's report in one round of the collector.

    None for ``figures`` or ``alerts`` means that polling failed; ``problem`` is the reason.
    """

    plugin: str
    at: datetime
    figures: Mapping[str, float] | None
    alerts: Sequence[Alert] | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """An active alert of one plugin, and since when it has its severity."""

    plugin: str
    alert: Alert
    since: datetime


def alert_notice(standing: Standing) -> Notice:
    """Return the notice of an alert whose severity has changed."""
    alert = standing.alert
    data = {"plugin": standing.plugin, "key": alert.key, "title": alert.title}
    return Notice(NoticeType(f"alert.{alert.severity}"), standing.since, data)


@dataclass(frozen=True, slots=True)
class Source:
    """A plugin that is polled: the time of its last report, its figures, and its problem."""

    plugin: str
    at: datetime
    figures: Mapping[str, float]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Readings:
    """The last reports, by plugin; ``counts`` are numbers of alerts by plugin and severity.

    ``alerts`` are those that are not ok, the worst first, up to the limit of the query.
    """

    sources: Sequence[Source]
    counts: Mapping[tuple[str, Severity], int]
    alerts: Sequence[Standing]

    def figures(self) -> Mapping[str, float]:
        """Return the figures by name, summed over the plugins."""
        total: dict[str, float] = {}
        for source in self.sources:
            for name, value in source.figures.items():
                total[name] = total.get(name, 0) + value
        return total

    def count(self, severity: Severity) -> int:
        """Return how many alerts have this severity."""
        return sum(number for (_, each), number in self.counts.items() if each is severity)


@dataclass(slots=True)
class Revision:
    """The changes of a report: alerts to store, keys to delete, and changes to publish."""

    to_store: list[Standing] = field(default_factory=list)
    to_delete: list[str] = field(default_factory=list)
    news: list[Standing] = field(default_factory=list)


def revise(before: Mapping[str, Standing], report: MonitoringReport) -> Revision:
    """Compare a report with the plugin's stored alerts, by key; return the changes.

    Only a changed severity is news, not a new alert that is ok. An alert that is no longer
    reported is over.
    """
    revision = Revision()
    if report.alerts is None:
        return revision
    present = {alert.key: alert for alert in report.alerts}
    for key, alert in present.items():
        _take(revision, before.get(key), alert, report)
    for key, standing in before.items():
        if key not in present:
            revision.to_delete.append(key)
            if standing.alert.severity is not Severity.OK:
                over = Alert(key, Severity.OK, standing.alert.title)
                revision.news.append(Standing(report.plugin, over, report.at))
    return revision


def _take(revision: Revision, old: Standing | None, alert: Alert, report: MonitoringReport) -> None:
    severity = old.alert.severity if old is not None else Severity.OK
    changed = alert.severity is not severity
    since = old.since if old is not None and not changed else report.at
    standing = Standing(report.plugin, alert, since)
    if standing != old:
        revision.to_store.append(standing)
    if changed:
        revision.news.append(standing)
