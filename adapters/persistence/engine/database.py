"""The connection to the database that a URL names."""

import asyncio
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Literal, cast

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext

from adapters.persistence.engine import postgresql, sqlite
from adapters.persistence.engine.clients import Client
from adapters.persistence.engine.health import DatabaseHealth
from adapters.persistence.engine.postgresql import Limits
from adapters.persistence.engine.unit_of_work import TortoiseUnitOfWork
from domain.shared.errors import InvalidRequest, PuertoError, Unavailable

Engine = Literal["sqlite", "postgresql"]
Row = dict[str, Any]

APP: Final = "puerto"
CONNECTION: Final = "default"
_PATIENCE: Final = 2.0  # seconds that a probe waits
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
    """Return which engine a database URL asks for.

    Raises:
        InvalidRequest: it asks for another one, or for a database in memory.

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


async def open_client(context: TortoiseContext, connection: dict[str, Any]) -> Client:
    """Connect, and teach the models the engine's ways; ``context`` is the current one.

    Raises:
        Unavailable: the database is not there.

    """
    await context.init(config=orm_config(connection))
    client = cast("Client", context.db())
    try:
        await client.create_connection(with_db=True)
    except BaseException:
        await client.close()
        raise
    return client


class Database:
    """An open database. Its tables are made by `migrate`, before.

    Several may be open in one process if they are of one engine: the ORM's models learn the
    engine's ways when it starts. Any task may use it. ``direct_url`` leads to the same database
    where ``url`` leads to a pooler in transaction mode. The ORM writes the variables ``USE_TZ``
    and ``TIMEZONE`` into the environment when it starts.
    """

    def __init__(
        self, url: str, limits: Limits | None = None, *, direct_url: str | None = None
    ) -> None:
        self.url: Final = url
        self.direct_url: Final = direct_url or url
        self.engine: Final = engine_of(url)
        limits = limits or Limits()
        if self.engine == "sqlite":
            self._config = sqlite.connection_config(url, patience=limits.acquire)
        else:
            pooled = direct_url is not None
            self._config = postgresql.connection_config(url, limits, pooled=pooled)
        self._context = TortoiseContext()
        self._client: Client | None = None
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
        """Say what of the database's own settings breaks promises, in a line for each."""
        if self.engine == "sqlite":
            return ()
        return [_NOT_DURABLE.format(row["name"]) for row in await self.fetch(_UNSAFE)]

    @property
    def connection(self) -> BaseDBAsyncClient:
        """What statements are to be sent to: the open transaction, or the database itself."""
        return self.unit_of_work.current or self._opened()

    async def fetch(self, sql: str, *values: Any) -> Sequence[Row]:
        """Run one statement, its values written $1, $2 ..., and return its rows."""
        return await self.connection.execute_query_dict(*self._spelt(sql, values))

    async def fetch_unsynced(self, sql: str, *values: Any) -> Sequence[Row]:
        """Do the same with a write that a power cut may undo; in a transaction, as a part of it."""
        if self.unit_of_work.current is not None:
            return await self.fetch(sql, *values)
        return await self._opened().fetch_unsynced(*self._spelt(sql, values))

    def _spelt(self, sql: str, values: tuple[Any, ...]) -> tuple[str, list[Any]]:
        if self.engine == "postgresql":
            return sql, list(values)
        sql, count = _for_sqlite(sql)
        return sql, list(values[:count])

    async def repeat(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement, written as for `fetch`, for each of the rows of values."""
        if self.engine == "sqlite":
            sql, _ = _for_sqlite(sql)
        await self.connection.execute_many(sql, [list(row) for row in rows])

    def _opened(self) -> Client:
        if self._client is None:
            raise Unavailable("The database is not open.")
        return self._client


_PLACE: Final = re.compile(r"\$(\d+)")


@cache
def _for_sqlite(sql: str) -> tuple[str, int]:
    """Return the statement with ?1, ?2 ... and the number of values it takes.

    SQLite refuses more values than the highest number.
    """
    places = [int(number) for number in _PLACE.findall(sql)]
    return _PLACE.sub(r"?\1", sql), max(places, default=0)
