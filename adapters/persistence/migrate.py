"""Migrations of the database: all in one transaction, by one process at a time."""

import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor import AsyncpgSchemaEditor, SqliteSchemaEditor

from adapters.persistence import migrations
from adapters.persistence.engine import postgresql, sqlite
from adapters.persistence.engine.database import (
    APP,
    CONNECTION,
    Engine,
    engine_of,
    open_client,
    orm_config,
)
from adapters.persistence.engine.errors import translated
from adapters.persistence.engine.postgresql import PoolLimits
from adapters.persistence.models import TABLES
from domain.shared.errors import PuertoError, Unavailable

# For the ORM's generator of migrations from changed models:
# tortoise -c adapters.persistence.migrate.ORM makemigrations
ORM: Final = orm_config(sqlite.connection_config("sqlite://puerto.db"))

_RECORDED: Final[dict[Engine, str]] = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'tortoise_migrations'",
    "postgresql": "SELECT 1 WHERE to_regclass('tortoise_migrations') IS NOT NULL",
}
_APPLIED: Final = f"SELECT name FROM tortoise_migrations WHERE app = '{APP}' ORDER BY name"  # noqa: S608
# Fails where a table or a column is missing; one statement, for the database may be far away.
_WHOLE: Final = " UNION ALL ".join(
    f"SELECT 1 FROM (SELECT {columns} FROM {table}) AS whole WHERE FALSE"  # noqa: S608  ours
    for table, columns in TABLES.items()
)
_EDITOR: Final = {"sqlite": SqliteSchemaEditor, "postgresql": AsyncpgSchemaEditor}
# An advisory lock with an arbitrary number; SQLite's transactions exclude each other anyway.
_LOCK: Final = "SELECT pg_advisory_xact_lock(7386432110529)"
_PATIENCE: Final = 600.0  # timeout in seconds for migrating large tables, or waiting for it


async def migrate(url: str) -> list[str]:
    """Apply the pending migrations, and return their names.

    Several processes may call it at once: one migrates, the others wait and find it done.

    Raises:
        Unavailable: the database is not there, half migrated, or of a newer version.

    """
    engine = engine_of(url)
    async with _transaction(url) as client:
        if engine == "postgresql":
            await client.execute_query_dict(_LOCK)
        missing = await _missing(client, engine)
        try:
            with translated():
                if missing:
                    # The executor reads this table before it creates it.
                    await MigrationRecorder(client).ensure_schema(
                        _EDITOR[engine](client, atomic=False)
                    )
                    await MigrationExecutor(client, ORM["apps"]).migrate()
            await client.execute_query_dict(_WHOLE)
        except PuertoError as error:
            raise _half_migrated() from error
        return missing


async def plan(url: str) -> list[str]:
    """Return the names of the migrations that `migrate` would apply, and change nothing.

    Raises:
        Unavailable: the database is not there, half migrated, or of a newer version.

    """
    engine = engine_of(url)
    if engine == "sqlite" and not sqlite.database_file(url).exists():
        return _known()  # opening the file would create it
    async with _transaction(url) as client:
        return await _missing(client, engine)


@asynccontextmanager
async def _transaction(url: str) -> AsyncIterator[BaseDBAsyncClient]:
    """Open a transaction on a connection of its own, as the ORM's default connection."""
    if engine_of(url) == "sqlite":
        config = sqlite.connection_config(url, foreign_keys=False)  # tables may be rebuilt
    else:
        config = postgresql.connection_config(url, PoolLimits(largest=1, statement=_PATIENCE))
    context = TortoiseContext()
    with context:
        client = await open_client(context, config)
        try:
            async with client.transaction() as opened:
                context.connections.set(CONNECTION, opened)
                yield opened
        finally:
            await client.close()


def _known() -> list[str]:
    """Return the names of this version's migrations, in order."""
    return sorted(found.name for found in pkgutil.iter_modules(migrations.__path__))


async def _missing(client: BaseDBAsyncClient, engine: Engine) -> list[str]:
    """Return the names of the migrations that were not applied yet, in order."""
    if not await client.execute_query_dict(_RECORDED[engine]):
        return _known()
    applied = [str(row["name"]) for row in await client.execute_query_dict(_APPLIED)]
    known = _known()
    if newer := [name for name in applied if name not in known]:
        raise Unavailable(
            f"The database is of a newer version of Puerto, which added {newer[-1]}: "
            "install that version, or restore a backup."
        )
    if applied != known[: len(applied)]:
        raise _half_migrated()
    return known[len(applied) :]


def _half_migrated() -> Unavailable:
    return Unavailable(
        "The database is half migrated: restore a backup, or name an empty one in DATABASE_URL."
    )
