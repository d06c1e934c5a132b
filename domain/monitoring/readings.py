"""What plugins see out there: the figures they count, and the alerts that stand."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.monitoring.alerts import Alert, Severity

Figures = Callable[[], Awaitable[Mapping[str, float]]]
Alerts = Callable[[], Awaitable[Sequence[Alert]]]


@dataclass(frozen=True, slots=True)
class Report:
    """What one plugin said in one round.

    None for ``figures`` or ``alerts`` means that it could not say; ``problem`` then tells why.
    """

    plugin: str
    at: datetime
    figures: Mapping[str, float] | None
    alerts: Sequence[Alert] | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert as one plugin reports it, and since when it is as severe as it is."""

    plugin: str
    alert: Alert
    since: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """A plugin that is asked: when it last was, its last figures, and what went wrong then."""

    plugin: str
    at: datetime
    figures: Mapping[str, float]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Readings:
    """What was collected last, by plugin; ``counts`` are how many alerts there are of each kind.

    ``alerts`` are those that are not ok, the worst first and no more than were asked for.
    """

    sources: Sequence[Source]
    counts: Mapping[tuple[str, Severity], int]
    alerts: Sequence[Standing]

    def figures(self) -> Mapping[str, float]:
        """Return the figures by name, those of several plugins added up."""
        total: dict[str, float] = {}
        for source in self.sources:
            for name, value in source.figures.items():
                total[name] = total.get(name, 0) + value
        return total

    def count(self, severity: Severity) -> int:
        """Return how many alerts are so severe."""
        return sum(number for (_, each), number in self.counts.items() if each is severity)


@dataclass(slots=True)
class Revision:
    """What a report changes: alerts to keep, keys of those that are gone, and what is news."""

    kept: list[Standing] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    news: list[Standing] = field(default_factory=list)


def revise(before: Mapping[str, Standing], report: Report) -> Revision:
    """Return what a report changes of the plugin's alerts, which are known by key.

    News is a severity that changed; what was never bad is none. An alert that is not reported
    any more is over.
    """
    revision = Revision()
    if report.alerts is None:
        return revision
    present = {alert.key: alert for alert in report.alerts}
    for key, alert in present.items():
        _take(revision, before.get(key), alert, report)
    for key, standing in before.items():
        if key not in present:
            revision.gone.append(key)
            if standing.alert.severity is not Severity.OK:
                over = Alert(key, Severity.OK, standing.alert.title)
                revision.news.append(Standing(report.plugin, over, report.at))
    return revision


def _take(revision: Revision, old: Standing | None, alert: Alert, report: Report) -> None:
    severity = old.alert.severity if old is not None else Severity.OK
    changed = alert.severity is not severity
    since = old.since if old is not None and not changed else report.at
    standing = Standing(report.plugin, alert, since)
    if standing != old:
        revision.kept.append(standing)
    if changed:
        revision.news.append(standing)
