"""The database: its engine by URL, its connection, and statements."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal, cast

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext

from adapters.persistence.engine import postgresql, sqlite
from adapters.persistence.engine.clients import EngineClient
from adapters.persistence.engine.health import DatabaseHealth
from adapters.persistence.engine.postgresql import PoolLimits
from adapters.persistence.engine.unit_of_work import TortoiseUnitOfWork
from domain.shared.errors import InvalidRequest, PuertoError, Unavailable

Engine = Literal["sqlite", "postgresql"]
Row = dict[str, Any]

APP: Final = "puerto"
CONNECTION: Final = "default"

ROW_LOCK: Final[Mapping[Engine, str]] = {"postgresql": " FOR UPDATE", "sqlite": ""}
"""The end of a query that locks its rows; SQLite has one writing transaction at a time anyway."""

SKIP_LOCKED: Final[Mapping[Engine, str]] = {
    "postgresql": " FOR UPDATE SKIP LOCKED",
    "sqlite": "",
}
"""The end of a query for rows to claim or delete that leaves out those which others have locked."""

_PATIENCE: Final = 2.0  # timeout of `ping` in seconds
_UNSAFE: Final = """
    SELECT name FROM pg_settings
    WHERE name IN ('synchronous_commit', 'fsync', 'full_page_writes') AND setting = 'off'
    ORDER BY name
"""
_NOT_DURABLE: Final = (
    "PostgreSQL runs with {} = off: a crash of its machine can lose messages that were accepted, "
    "and the record of calls that were made"
)


def engine_of(url: str) -> Engine:
    """Return the engine of a database URL.

    Raises:
        InvalidRequest: it is another engine, or a database in memory.

    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest and not rest.startswith(":memory:"):
        return "sqlite"
    if scheme in {"postgres", "postgresql"} and rest:
        return "postgresql"
    raise InvalidRequest(
        "DATABASE_URL must be sqlite:///path/to/file or postgresql://user@host/database."
    )


def orm_config(connection: dict[str, Any]) -> dict[str, Any]:
    """Return the ORM's configuration with this connection."""
    return {
        "connections": {CONNECTION: connection},
        "apps": {
            APP: {
                "models": ["adapters.persistence.models"],
                "migrations": "adapters.persistence.migrations",
                "default_connection": CONNECTION,
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


async def open_client(context: TortoiseContext, connection: dict[str, Any]) -> EngineClient:
    """Initialize the ORM for the engine, and connect; ``context`` must be the current one.

    Raises:
        Unavailable: the database is not there.

    """
    await context.init(config=orm_config(connection))
    client = cast("EngineClient", context.db())
    try:
        await client.create_connection(with_db=True)
    except BaseException:
        await client.close()
        raise
    return client


class Database:
    """The database of the process. `migrate` must have created its tables.

    Several may be open in one process if they have the same engine: the ORM configures its models
    for one. Any task may use it. ``direct_url`` is the same database without the pooler, where
    ``url`` is that of a pooler in transaction mode. The ORM sets the environment variables
    ``USE_TZ`` and ``TIMEZONE`` when it starts.
    """

    def __init__(
        self, url: str, limits: PoolLimits | None = None, *, direct_url: str | None = None
    ) -> None:
        self.url: Final = url
        self.direct_url: Final = direct_url or url
        self.engine: Final = engine_of(url)
        limits = limits or PoolLimits()
        if self.engine == "sqlite":
            self._config = sqlite.connection_config(url, timeout=limits.acquire)
        else:
            pooled = direct_url is not None
            self._config = postgresql.connection_config(url, limits, pooled=pooled)
        self._context = TortoiseContext()
        self._client: EngineClient | None = None
        self.health: Final = DatabaseHealth()
        self.unit_of_work: Final = TortoiseUnitOfWork(self._opened)

    async def start(self) -> None:
        """Connect.

        Raises:
            Unavailable: the database is not there.

        """
        with self._context:
            client = await open_client(self._context, self._config)
        client.report_to(self.health)
        self._client = client

    async def close(self) -> None:
        """Wait for the running units of work, then disconnect. Closing twice is no error."""
        await self.unit_of_work.close()
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def ping(self) -> bool:
        """Tell, within 2 seconds, whether the database answers."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self.fetch("SELECT 1")
        except (PuertoError, TimeoutError):
            return False
        return True

    async def warnings(self) -> Sequence[str]:
        """Return a line for each of PostgreSQL's settings that breaks a promise of durability."""
        if self.engine == "sqlite":
            return ()
        return [_NOT_DURABLE.format(row["name"]) for row in await self.fetch(_UNSAFE)]

    @property
    def connection(self) -> BaseDBAsyncClient:
        """The connection for statements: the task's open transaction, or the database itself."""
        return self.unit_of_work.current or self._opened()

    async def fetch(self, sql: str, *values: Any) -> Sequence[Row]:
        """Run one statement with the placeholders $1, $2 ..., and return its rows."""
        return await self.connection.execute_query_dict(*self._in_dialect(sql, values))

    async def fetch_in_order(self, statements: Sequence[str], *values: Any) -> Sequence[Row]:
        """Run statements of one SQLite transaction, as for `fetch`; return the last one's rows.

        If the first has no row, the others are not run.
        """
        transaction = cast("sqlite.SQLiteTransaction", self.unit_of_work.current)
        return await transaction.execute_in_order(
            [self._in_dialect(sql, values) for sql in statements]
        )

    async def fetch_unsynced(self, sql: str, *values: Any) -> Sequence[Row]:
        """Run one write that a power failure may undo; within a transaction, as a part of it."""
        if self.unit_of_work.current is not None:
            return await self.fetch(sql, *values)
        return await self._opened().fetch_unsynced(*self._in_dialect(sql, values))

    def _in_dialect(self, sql: str, values: tuple[Any, ...]) -> tuple[str, list[Any]]:
        if self.engine == "postgresql":
            return sql, list(values)
        sql, count = _for_sqlite(sql)
        return sql, list(values[:count])

    async def repeat(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement, as for `fetch`, once for each row of values."""
        if self.engine == "sqlite":
            sql, _ = _for_sqlite(sql)
        await self.connection.execute_many(sql, [list(row) for row in rows])

    def _opened(self) -> EngineClient:
        if self._client is None:
            raise Unavailable("The database is not open.")
        return self._client


_PLACE: Final = re.compile(r"\$(\d+)")


@cache
def _for_sqlite(sql: str) -> tuple[str, int]:
    """Return the statement with SQLite's placeholders ?1, ?2 ..., and their number.

    SQLite rejects more values than placeholders.
    """
    places = [int(number) for number in _PLACE.findall(sql)]
    return _PLACE.sub(r"?\1", sql), max(places, default=0)
