"""The repository of log entries."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import moment, storable
from adapters.persistence.engine.database import SKIP_LOCKED, Database
from adapters.persistence.engine.formats import LOG_METADATA
from domain.monitoring.logs import REQUEST_ID, RUN_ID, LogEntries, LogEntry, LogQuery

_ADD: Final = """
    INSERT INTO logs (at, level, message, request_id, run_id, metadata)
    VALUES ($1, $2, $3, $4, $5, $6)
"""
# By id, whose gaps make it some fewer: to count rows would mean to read them all.
_TRIM: Final = """
    DELETE FROM logs WHERE id IN (
        SELECT id FROM logs WHERE id <= (SELECT max(id) FROM logs) - $1 ORDER BY id LIMIT $2{lock}
    ) RETURNING id
"""
_NEWEST: Final = "SELECT at, level, message, metadata FROM logs"
_ORDER: Final = " ORDER BY at DESC, id DESC LIMIT $1"


class TortoiseLogEntries(LogEntries):
    """The repository of log entries. A power failure may undo the last of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._trim = _TRIM.format(lock=SKIP_LOCKED[database.engine])

    @override
    async def add(self, entries: Sequence[LogEntry], most: int) -> None:
        async def work() -> None:
            await self._database.repeat(_ADD, [_values(entry) for entry in entries])
            await self._database.fetch(self._trim, most, 2 * len(entries))

        await self._database.unit_of_work.run(work, synced=False)

    @override
    async def newest(self, query: LogQuery) -> Sequence[LogEntry]:
        wanted = {"level": query.level, "request_id": query.request_id, "run_id": query.run_id}
        asked = {column: value for column, value in wanted.items() if value is not None}
        conditions = [f"{column} = ${place}" for place, column in enumerate(asked, 2)]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        sql = _NEWEST + where + _ORDER
        rows = await self._database.fetch(sql, query.limit, *asked.values())
        return [_to_entry(row) for row in rows]


def _values(entry: LogEntry) -> tuple[Any, ...]:
    return (
        entry.at,
        entry.level,
        storable(entry.message),
        entry.metadata.get(REQUEST_ID),
        entry.metadata.get(RUN_ID),
        LOG_METADATA.write(entry.metadata),
    )


def _to_entry(row: Mapping[str, Any]) -> LogEntry:
    metadata = LOG_METADATA.readable(row["metadata"], dict[str, Any]())
    return LogEntry(moment(row["at"]), row["level"], row["message"], metadata)
