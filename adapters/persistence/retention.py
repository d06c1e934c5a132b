"""The repository of what has an age limit: a line for each kind says what is deleted."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from typing_extensions import override

from adapters.persistence.engine.database import SKIP_LOCKED, Database
from adapters.persistence.engine.rounds import claim_round
from domain.retention.retention import ExpiringRows

Delete = Callable[[Database, datetime], Awaitable[int]]
"""Deletes one batch of rows older than a time, and returns how many."""

_ROUND: Final = "retention"
_BATCH: Final = 500
_FILES: Final = 20  # artifacts in one batch: each has up to 10 MB

_OLDEST: Final = """
    DELETE FROM {table} WHERE id IN (
        SELECT id FROM {table} WHERE {column} < $1{condition} ORDER BY {column} LIMIT $2{lock}
    ) RETURNING id
"""
_OF_NO_ACTIVE_RUN: Final = (
    " AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = run_id AND finished_at IS NULL)"
)
# A run without an outcome was ended by an older version: its events are all that tells of it.
_EXPIRE_RUNS: Final = """
    UPDATE runs SET events_state = 'expiring' WHERE id IN (
        SELECT id FROM runs
        WHERE events_state IS NULL AND finished_at < $1 AND outcome IS NOT NULL
        ORDER BY finished_at LIMIT $2{lock}
    ) RETURNING id
"""
_DELETE_EVENTS: Final = """
    DELETE FROM run_events WHERE id IN (
        SELECT run_events.id FROM runs JOIN run_events ON run_id = runs.id
        WHERE events_state = 'expiring' LIMIT $1{lock}
    ) RETURNING id
"""
_RUNS_EXPIRED: Final = """
    UPDATE runs SET events_state = 'expired' WHERE id IN (
        SELECT id FROM runs WHERE events_state = 'expiring'
        AND NOT EXISTS (SELECT 1 FROM run_events WHERE run_id = runs.id){lock}
    ) RETURNING id
"""
_BUCKETS: Final = """
    DELETE FROM buckets WHERE key IN (
        SELECT key FROM buckets WHERE full_at < $1 LIMIT $2{lock}
    ) RETURNING key
"""
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


async def delete_events(database: Database, before: datetime) -> int:
    """Delete a batch of the events of runs that ended before.

    Runs are marked first, so that nobody is shown a part of their events; a process that dies in
    between leaves marked runs, with which the next batch begins.
    """
    lock = SKIP_LOCKED[database.engine]
    of_events = lock.replace("UPDATE", "UPDATE OF run_events")
    while True:
        events = await database.fetch_unsynced(_DELETE_EVENTS.format(lock=of_events), _BATCH)
        if events:
            return len(events)
        await database.fetch_unsynced(_RUNS_EXPIRED.format(lock=lock))
        if not await database.fetch_unsynced(_EXPIRE_RUNS.format(lock=lock), before, _BATCH):
            return 0


async def delete_buckets(database: Database, before: datetime) -> int:
    """Delete a batch of the buckets of rate limits that were full by then: they mean nothing."""
    sql = _BUCKETS.format(lock=SKIP_LOCKED[database.engine])
    moment = (before - _EPOCH) // _MICROSECOND
    return len(await database.fetch_unsynced(sql, moment, _BATCH))


def older(table: str, column: str, condition: str = "", limit: int = _BATCH) -> Delete:
    """Return what deletes a table's oldest rows by the time in this column, which has an index."""

    async def delete(database: Database, before: datetime) -> int:
        lock = SKIP_LOCKED[database.engine]
        sql = _OLDEST.format(table=table, column=column, condition=condition, lock=lock)
        return len(await database.fetch_unsynced(sql, before, limit))

    return delete


KINDS: Final[Mapping[str, Delete]] = {
    "events": delete_events,
    "artifacts": older("artifacts", "created_at", _OF_NO_ACTIVE_RUN, _FILES),
    "audit": older("audit", "at", _OF_NO_ACTIVE_RUN),
    "logs": older("logs", "at"),
    "buckets": delete_buckets,
    "deliveries": older("deliveries", "settled_at"),
    "answers": older("answers", "created_at"),
    "sessions": older("sessions", "expires_at"),
}
"""What has an age limit, and how it is deleted."""


class TortoiseExpiringRows(ExpiringRows):
    """The repository of what has an age limit. A power failure may undo a deletion."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def claim(self, now: datetime, until: datetime) -> bool:
        return await claim_round(self._database, _ROUND, now, until)

    @override
    async def delete(self, kind: str, before: datetime) -> int:
        return await KINDS[kind](self._database, before)
