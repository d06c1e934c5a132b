"""PostgreSQL through asyncpg, as an engine of the ORM: nothing waits for ever."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
from asyncpg.pool import Pool, PoolConnectionProxy
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import BaseDBAsyncClient

from adapters.persistence.engine.clients import Client, TranslatedErrors
from adapters.persistence.engine.errors import translated
from adapters.persistence.engine.health import DatabaseHealth


@dataclass(frozen=True, slots=True)
class Limits:
    """The pool's sizes, and for how many seconds what may be waited for.

    On SQLite only ``acquire`` counts: it is for how long another process's write is waited for.
    """

    smallest: int = 1
    largest: int = 10
    statement: float = 15.0
    acquire: float = 10.0
    connect: float = 10.0


POOLED: Final = "adapters.persistence.engine.pooled"


def connection_config(url: str, limits: Limits, *, pooled: bool = False) -> dict[str, Any]:
    """Return the ORM's configuration of this engine; the URL is read by asyncpg itself.

    ``pooled`` is for a URL that leads to a pooler in transaction mode. What is set when connecting
    is no more than what PgBouncer lets through; the rest is set afterwards.
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
                "jit": "off",  # our statements are short: compiling them costs more than it saves
            },
        },
    }


class BoundedPool(Pool):  # type: ignore[misc]  # asyncpg has no types
    """A pool that gives up when no connection is free for ``acquire_timeout`` seconds."""

    def __init__(self, *args: Any, acquire_timeout: float, **options: Any) -> None:
        super().__init__(*args, **options)
        self._acquire_timeout = acquire_timeout

    async def _acquire(self, timeout: float | None) -> PoolConnectionProxy:
        async with asyncio.timeout(timeout or self._acquire_timeout):
            return await super()._acquire(None)


async def _as_it_is(_: Any) -> None:
    """Leave a returned connection alone: nothing here changes a session, and asking costs."""


class PostgreSQLTransaction(TranslatedErrors, TransactionWrapper):
    """One of the connections while a transaction is open on it."""

    def __init__(self, connection: "PostgreSQLClient") -> None:
        super().__init__(connection)
        self._health = connection.health

    @property
    def health(self) -> DatabaseHealth | None:
        """That of the pool."""
        return self._health


class PostgreSQLClient(Client, AsyncpgDBClient):
    """The process's pool of connections."""

    def __init__(self, *args: Any, session: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self._session = session

    def settings_as(self, command: str) -> str:
        """Return the statements that set what a session, or a transaction, is to have."""
        return "; ".join(f"{command} {name} = '{value}'" for name, value in self._session.items())

    async def _set_up(self, connection: Any) -> None:
        await connection.execute(self.settings_as("SET"))

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001  the ORM's name
        """Open the pool."""
        with translated(connecting=True):
            await super().create_connection(with_db)

    async def create_pool(self, **options: Any) -> Pool:
        """Open a pool of the URL: the ORM's own reading of it knows no ``sslmode``."""
        for part in ("host", "port", "user", "password", "database"):
            options.pop(part, None)
        options.setdefault("init", self._set_up)
        return await BoundedPool(
            options.pop("dsn"),
            max_queries=50_000,
            max_inactive_connection_lifetime=300.0,
            record_class=asyncpg.Record,
            reset=_as_it_is,
            **options,
        )

    @asynccontextmanager
    async def transaction(
        self,
        *,
        synced: bool = True,  # noqa: ARG002  the server groups its syncs: leaving one out saves little
    ) -> AsyncIterator[BaseDBAsyncClient]:
        """Open a transaction: kept when the block ends, undone when it raises."""
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
