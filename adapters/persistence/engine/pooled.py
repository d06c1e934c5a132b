"""PostgreSQL behind a pooler in transaction mode, such as PgBouncer, as an engine of the ORM.

Each transaction may use another server connection, so no session state may be used: no prepared
statement outlives its transaction, and the timeouts are set in each. A single statement is sent in
a transaction, too: asyncpg prepares and runs it in two steps, which could otherwise use two
connections.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asyncpg.pool import Pool
from tortoise.backends.base.client import BaseDBAsyncClient

from adapters.persistence.engine.errors import translated
from adapters.persistence.engine.postgresql import PostgreSQLClient


class PooledClient(PostgreSQLClient):
    """The process's pool of connections to the pooler."""

    async def create_pool(self, **options: Any) -> Pool:
        """Open a pool without session settings and without a cache of prepared statements."""
        return await super().create_pool(**options, init=None, statement_cache_size=0)

    @asynccontextmanager
    async def transaction(self, *, synced: bool = True) -> AsyncIterator[BaseDBAsyncClient]:
        """Open a transaction: committed at the block's end, rolled back when it raises."""
        async with super().transaction(synced=synced) as opened:
            with translated(self.health):
                await opened.execute_script(self.settings_as("SET LOCAL"))
            yield opened

    async def execute_insert(self, query: str, values: list[Any]) -> Any:
        """Insert one row."""
        async with self.transaction() as opened:
            return await opened.execute_insert(query, values)

    async def execute_query(
        self, query: str, values: list[Any] | None = None
    ) -> tuple[int, list[dict[str, Any]]]:
        """Return the number of affected rows, and the rows."""
        async with self.transaction() as opened:
            affected, rows = await opened.execute_query(query, values)
            return affected, list(rows)

    async def execute_query_dict(
        self, query: str, values: list[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows."""
        async with self.transaction() as opened:
            return await opened.execute_query_dict(query, values)


client_class = PooledClient
