"""Questions to a database: rows, files and streams, over a pool of connections."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any

import aiosqlite
from pydantic import BaseModel, Field, SecretStr

from puerto import Artifact, PluginContext, Registry, ToolContext, ToolFailed, hookimpl, tool

Sql = Annotated[str, Field(min_length=1, max_length=10_000)]


class WarehouseSettings(BaseModel):
    """How the database is reached."""

    dsn: SecretStr
    connections: int = Field(4, ge=1, le=32, description="How many are open.")


class Warehouse:
    """The database, over a pool of connections that is open while the plugin is in use."""

    def __init__(self) -> None:
        self._idle: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()

    @asynccontextmanager
    async def open(self, context: PluginContext) -> AsyncIterator[None]:
        """Open the connections."""
        settings = context.settings(WarehouseSettings)
        self._idle = asyncio.Queue()
        async with AsyncExitStack() as stack:
            for _ in range(settings.connections):
                dsn = settings.dsn.get_secret_value()
                connection = await stack.enter_async_context(aiosqlite.connect(dsn, uri=True))
                self._idle.put_nowait(connection)
            yield

    async def rows(self, sql: str) -> AsyncIterator[dict[str, Any]]:
        """Yield the rows of a question, as they come."""
        idle = self._idle
        connection = await idle.get()
        try:
            async with connection.execute(sql) as cursor:
                names = [column[0] for column in cursor.description or ()]
                async for row in cursor:
                    yield dict(zip(names, row, strict=True))
        except aiosqlite.Error as error:
            raise ToolFailed(f"The database says: {error}.", code="SQL_ERROR") from error
        finally:
            idle.put_nowait(connection)


warehouse = Warehouse()


@tool(effect="read", category="warehouse")
async def query_warehouse(sql: Sql) -> list[dict[str, Any]]:
    """Ask the warehouse's database, and read the rows.

    Args:
        sql: a SELECT of SQLite.

    """
    return [row async for row in warehouse.rows(sql)]


@tool(effect="read", category="warehouse", timeout=120)
async def export_warehouse(sql: Sql, context: ToolContext) -> dict[str, Any]:
    """Export rows of the warehouse's database as a CSV file.

    Args:
        sql: a SELECT of SQLite.

    """
    text, count = io.StringIO(newline=""), 0
    async for row in warehouse.rows(sql):
        writer = csv.DictWriter(text, row)
        if not count:
            writer.writeheader()
        writer.writerow(row)
        count += 1
        if count % 1000 == 0:
            await context.progress(f"{count} rows")
    return {"rows": count, "file": Artifact(text.getvalue().encode(), "text/csv", "rows.csv")}


@tool(effect="read", category="warehouse", timeout=120)
async def stream_warehouse(sql: Sql) -> AsyncIterator[str]:
    """Show rows of the warehouse's database as they come, a line each.

    Args:
        sql: a SELECT of SQLite.

    """
    async for row in warehouse.rows(sql):
        yield ", ".join(map(str, row.values())) + "\n"


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register the settings, the pool and the tools."""
    registry.use_settings(WarehouseSettings)
    registry.add_lifespan(warehouse.open)
    registry.add_tools(query_warehouse, export_warehouse, stream_warehouse)
