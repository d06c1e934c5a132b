"""The buckets of rate limits: one number for each, when it will be full again.

The clock is the database's, so that workers need not agree. A lost bucket is a full one: on
PostgreSQL the table is not logged, and on SQLite a write waits for no disk.
"""

from typing import Final

from typing_extensions import override

from adapters.persistence.engine.database import Database
from domain.limits.policy import LimitPolicy, LimitVerdict
from domain.limits.ports import Buckets

# Microseconds since 1970. SQLite has milliseconds, the same throughout a statement.
_NOW: Final = {
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER) * 1000",
}
# When a bucket is full that nobody takes from: it may be so already. One that would be full later
# than an empty one was filled before the clock was set back.
_FULL_AT: Final = """
    CASE WHEN b.full_at BETWEEN {now} AND {now} + CAST($3 AS BIGINT) THEN b.full_at ELSE {now} END
"""
_TAKE: Final = f"""
    INSERT INTO buckets AS b (key, full_at) VALUES ($1, {{now}} + CAST($2 AS BIGINT))
    ON CONFLICT (key) DO UPDATE SET full_at = {_FULL_AT} + CAST($2 AS BIGINT)
    WHERE {_FULL_AT} + CAST($2 AS BIGINT) <= {{now}} + CAST($3 AS BIGINT)
    RETURNING full_at - {{now}} AS until_full
"""  # noqa: S608  made of constants
_LEVEL: Final = "SELECT full_at - {now} AS until_full FROM buckets WHERE key = $1"


class TortoiseBuckets(Buckets):
    """The repository of buckets. ``now`` is SQL for the time, the engine's own if it is None."""

    def __init__(self, database: Database, now: str | None = None) -> None:
        now = now or _NOW[database.engine]
        self._database = database
        self._take = _TAKE.format(now=now)
        self._level = _LEVEL.format(now=now)

    @override
    async def take(self, key: str, policy: LimitPolicy) -> LimitVerdict:
        values = key, policy.interval, policy.capacity
        rows = await self._database.fetch_unsynced(self._take, *values)
        is_allowed = bool(rows)
        if not rows:  # a refusal writes nothing, and so returns nothing
            rows = await self._database.fetch(self._level, key)
        return LimitVerdict(policy, is_allowed, rows[0]["until_full"] if rows else 0)
