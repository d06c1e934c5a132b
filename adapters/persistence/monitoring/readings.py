"""The repository of plugins' reports and alerts, and of the collector's rounds."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import moment, storable
from adapters.persistence.engine.database import Database
from adapters.persistence.engine.formats import ALERT, FIGURES
from adapters.persistence.engine.inserting import insert
from adapters.persistence.engine.rounds import claim_round
from adapters.persistence.webhooks.outbox import TortoiseOutbox
from domain.monitoring.alerts import Alert, Severity
from domain.monitoring.ports import Monitoring
from domain.monitoring.readings import (
    MonitoringReport,
    Readings,
    Source,
    Standing,
    alert_notice,
    revise,
)

_ROUND: Final = "monitoring"
# The row stays locked to the end of the transaction, so one report at a time is compared with the
# stored alerts. A report without figures keeps the last ones.
_TAKE: Final = """
    INSERT INTO sources (plugin, at, figures, problem) VALUES ($1, $2, coalesce($3, '{}'), $4)
    ON CONFLICT (plugin) DO UPDATE
    SET at = excluded.at, figures = coalesce($3, sources.figures), problem = excluded.problem
    WHERE sources.at <= excluded.at
    RETURNING plugin
"""
_OF_PLUGIN: Final = "SELECT * FROM alerts WHERE plugin = $1"
_DROP: Final = "DELETE FROM alerts WHERE plugin = $1 AND key = $2 RETURNING id"
_COLUMNS: Final = ("plugin", "key", "severity", "title", "details", "since")
_BATCH: Final = 100  # rows in one statement
_PLUGINS: Final = "SELECT plugin FROM sources"
_FORGET: Final = (
    "DELETE FROM alerts WHERE plugin = $1 RETURNING id",
    "DELETE FROM sources WHERE plugin = $1 RETURNING plugin",
)
_SOURCES: Final = "SELECT * FROM sources ORDER BY plugin"
_COUNTS: Final = "SELECT plugin, severity, count(*) AS number FROM alerts GROUP BY plugin, severity"
_WORST: Final = f"""
    SELECT * FROM alerts WHERE severity <> '{Severity.OK}'
    ORDER BY severity <> '{Severity.CRITICAL}', since DESC, id LIMIT $1
"""  # noqa: S608  made of constants


class TortoiseMonitoring(Monitoring):
    """The repository of the plugins' last reports."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outbox = TortoiseOutbox(database)

    @override
    async def claim(self, now: datetime, until: datetime) -> bool:
        return await claim_round(self._database, _ROUND, now, until)

    @override
    async def keep(self, report: MonitoringReport) -> Sequence[Standing]:
        figures = None if report.figures is None else FIGURES.write(report.figures)
        source = (report.plugin, report.at, figures, storable(report.problem))

        async def work() -> Sequence[Standing]:
            if not await self._database.fetch(_TAKE, *source):
                return ()
            rows = await self._database.fetch(_OF_PLUGIN, report.plugin)
            before = {row["key"]: _to_standing(row) for row in rows}
            revision = revise(before, report)
            changed = [one.alert.key for one in revision.to_store if one.alert.key in before]
            for key in (*revision.to_delete, *changed):
                await self._database.fetch(_DROP, report.plugin, key)
            for first in range(0, len(revision.to_store), _BATCH):
                batch = [_values(one) for one in revision.to_store[first : first + _BATCH]]
                await insert(self._database, "alerts", _COLUMNS, batch)
            await self._outbox.write([alert_notice(one) for one in revision.news])
            return revision.news

        return await self._database.unit_of_work.run(work)

    @override
    async def forget_others(self, plugins: Collection[str]) -> None:
        for row in await self._database.fetch(_PLUGINS):
            if row["plugin"] not in plugins:
                for statement in _FORGET:
                    await self._database.fetch(statement, row["plugin"])

    @override
    async def read(self, limit: int) -> Readings:
        sources = await self._database.fetch(_SOURCES)
        counts = await self._database.fetch(_COUNTS)
        worst = await self._database.fetch(_WORST, limit)
        return Readings(
            [_to_source(row) for row in sources],
            {(row["plugin"], Severity(row["severity"])): row["number"] for row in counts},
            [_to_standing(row) for row in worst],
        )


def _values(standing: Standing) -> tuple[Any, ...]:
    alert = standing.alert
    return (
        standing.plugin,
        alert.key,
        alert.severity,
        storable(alert.title),
        ALERT.write(alert.details),
        standing.since,
    )


def _to_standing(row: Mapping[str, Any]) -> Standing:
    severity = Severity(row["severity"])
    alert = Alert(row["key"], severity, row["title"], ALERT.read(row["details"]))
    return Standing(row["plugin"], alert, moment(row["since"]))


def _to_source(row: Mapping[str, Any]) -> Source:
    figures = FIGURES.read(row["figures"])
    return Source(row["plugin"], moment(row["at"]), figures, row["problem"])
