"""SQLite, as an engine of the ORM: many processes may share the file.

One connection for each process, one statement or transaction at a time. A transaction takes
the file's write lock when it begins: taking it later, as the ORM's own engine does, fails at
once when another process wrote in between.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionWrapper

from adapters.persistence.clients import Client, TranslatedErrors
from adapters.persistence.errors import translated
from adapters.persistence.health import DatabaseHealth

_SCHEME: Final = "sqlite://"


def database_file(url: str) -> Path:
    """Return the file that ``sqlite:///absolute/path`` or ``sqlite://relative/path`` names."""
    return Path(url.removeprefix(_SCHEME).partition("?")[0])


def connection_config(
    url: str, *, patience: float = 10.0, foreign_keys: bool = True
) -> dict[str, Any]:
    """Return the ORM's configuration of this engine.

    ``patience`` is for how many seconds another process's write may be waited for.
    """
    return {
        "engine": __name__,
        "credentials": {
            "file_path": str(database_file(url)),
            "busy_timeout": int(patience * 1000),
            "journal_mode": "WAL",
            "synchronous": "NORMAL",
            "foreign_keys": "ON" if foreign_keys else "OFF",
        },
    }


class SQLiteTransaction(TranslatedErrors, SqliteTransactionWrapper):
    """The connection while a transaction is open on it."""

    def __init__(self, connection: "SQLiteClient") -> None:
        super().__init__(connection)
        self._health = connection.health

    @property
    def health(self) -> DatabaseHealth | None:
        """That of the connection."""
        return self._health

    async def begin(self) -> None:
        """Begin, waiting for the file's write lock."""
        await self._connection.execute("BEGIN IMMEDIATE")

    async def execute_script(self, query: str) -> None:
        """Run statements one by one: sqlite3's own ``executescript`` would commit first."""
        for statement in query.split(";"):
            if statement.strip():
                await self.execute_query(statement)


class SQLiteClient(Client, SqliteClient):
    """The process's connection."""

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001  the ORM's name
        """Connect, and give SQL a ``lower`` that knows more letters than ASCII's."""
        with translated():
            # A file that cannot be opened would leave aiosqlite's thread behind, talking to a loop
            # that may be closed by then. So somebody else tries first.
            await asyncio.to_thread(_try_to_open, str(self.filename))
            await super().create_connection(with_db)
            if self._connection is not None:
                await self._connection.create_function("lower", 1, _lower, deterministic=True)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[BaseDBAsyncClient]:
        """Open a transaction: kept when the block ends, undone when it raises."""
        async with self._lock:
            with translated(self.health):
                opened = SQLiteTransaction(self)
                try:
                    await opened.begin()
                except BaseException:
                    await self._undo()
                    raise
            try:
                yield opened
                with translated(self.health):
                    await opened.commit()
            except BaseException:
                await self._undo()
                raise

    async def _undo(self) -> None:
        if self._connection is not None:
            with translated():
                await self._connection.rollback()


def _try_to_open(path: str) -> None:
    sqlite3.connect(path).close()


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


client_class = SQLiteClient
