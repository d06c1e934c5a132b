"""PostgreSQL through asyncpg, as an engine of the ORM, with a timeout for every wait."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
from asyncpg.pool import Pool, PoolConnectionProxy
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import BaseDBAsyncClient

from adapters.persistence.engine.clients import EngineClient, TranslatedErrors
from adapters.persistence.engine.errors import translated
from adapters.persistence.engine.health import DatabaseHealth


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """The sizes of the connection pool, and timeouts in seconds.

    On SQLite only ``acquire`` is used, as the timeout for the file's write lock.
    """

    smallest: int = 1
    largest: int = 10
    statement: float = 15.0
    acquire: float = 10.0
    connect: float = 10.0


POOLED: Final = "adapters.persistence.engine.pooled"


def connection_config(url: str, limits: PoolLimits, *, pooled: bool = False) -> dict[str, Any]:
    """Return the ORM's configuration for this engine; asyncpg itself parses the URL.

    ``pooled`` is for the URL of a pooler in transaction mode. Only settings that PgBouncer accepts
    are sent when connecting; the others are set afterwards.
    """
    return {
        "engine": POOLED if pooled else __name__,
        "credentials": {
            "dsn": url,
            "minsize": limits.smallest,
            "maxsize": limits.largest,
            "timeout": limits.connect,
            "acquire_timeout": limits.acquire,
            "server_settings": {"application_name": "puerto", "timezone": "UTC"},
            "session": {
                "statement_timeout": str(int(limits.statement * 1000)),
                "idle_in_transaction_session_timeout": str(int(limits.statement * 4000)),
                "jit": "off",  # for short statements compiling costs more than it saves
            },
        },
    }


class BoundedPool(Pool):  # type: ignore[misc]  # asyncpg has no types
    """A pool with a timeout of ``acquire_timeout`` seconds for getting a connection."""

    def __init__(self, *args: Any, acquire_timeout: float, **options: Any) -> None:
        super().__init__(*args, **options)
        self._acquire_timeout = acquire_timeout

    async def _acquire(self, timeout: float | None) -> PoolConnectionProxy:
        async with asyncio.timeout(timeout or self._acquire_timeout):
            return await super()._acquire(None)


async def _no_reset(_: Any) -> None:
    """Skip the reset of a returned connection: no session state changes, and it costs time."""


class PostgreSQLTransaction(TranslatedErrors, TransactionWrapper):
    """A connection with an open transaction."""

    def __init__(self, connection: "PostgreSQLClient") -> None:
        super().__init__(connection)
        self._health = connection.health

    @property
    def health(self) -> DatabaseHealth | None:
        """The pool's health."""
        return self._health


class PostgreSQLClient(EngineClient, AsyncpgDBClient):
    """The process's pool of connections."""

    def __init__(self, *args: Any, session: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self._session = session

    def settings_as(self, command: str) -> str:
        """Return the statements (``SET`` or ``SET LOCAL``) for the session's settings."""
        return "; ".join(f"{command} {name} = '{value}'" for name, value in self._session.items())

    async def _set_up(self, connection: Any) -> None:
        await connection.execute(self.settings_as("SET"))

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001  the ORM's name
        """Open the pool."""
        with translated(connecting=True):
            await super().create_connection(with_db)

    async def create_pool(self, **options: Any) -> Pool:
        """Open a pool by URL: the ORM's own parsing of it ignores ``sslmode``."""
        for part in ("host", "port", "user", "password", "database"):
            options.pop(part, None)
        options.setdefault("init", self._set_up)
        return await BoundedPool(
            options.pop("dsn"),
            max_queries=50_000,
            max_inactive_connection_lifetime=300.0,
            record_class=asyncpg.Record,
            reset=_no_reset,
            **options,
        )

    @asynccontextmanager
    async def transaction(
        self,
        *,
        synced: bool = True,  # noqa: ARG002  PostgreSQL groups commits: skipping a sync gains little
    ) -> AsyncIterator[BaseDBAsyncClient]:
        """Open a transaction: committed at the block's end, rolled back when it raises."""
        pool = self._pool
        if pool is None:
            raise ValueError("the pool is closed")
        with translated(self.health):
            connection = await pool.acquire()
        try:
            opened = PostgreSQLTransaction(self)
            opened._connection = connection  # noqa: SLF001  as the ORM's own context does
            with translated(self.health):
                await opened.begin()
            try:
                yield opened
            except BaseException:
                with translated(self.health):
                    await opened.rollback()
                raise
            with translated(self.health):
                await opened.commit()
        finally:
            with translated(self.health):
                await pool.release(connection)


client_class = PostgreSQLClient
