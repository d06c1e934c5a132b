"""SQLite, as an engine of the ORM: many processes may share the file.

One connection for each process, one statement or transaction at a time. A transaction takes
the file's write lock when it begins: taking it later, as the ORM's own engine does, fails at
once when another process wrote in between.

A commit is on the disk when it returns (``synchronous=FULL``), unless the write says that a power
cut may undo it: then it is there with the next commit that is (``NORMAL``; the log of writes is
synced as a whole, so nothing later can outlive it).
"""

import asyncio
import logging
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionWrapper,
    translate_exceptions,
)

from adapters.persistence.engine.clients import Client, TranslatedErrors
from adapters.persistence.engine.errors import TurnTimeout, translated
from adapters.persistence.engine.health import DatabaseHealth
from adapters.persistence.engine.text_folding import folded

_SCHEME: Final = "sqlite://"
_OWNER_ONLY: Final = 0o600
_BESIDE: Final = ("-wal", "-shm")  # what SQLite keeps beside the file; it copies the file's mode
_UNSYNCED: Final = "PRAGMA synchronous=NORMAL"
_SYNCED: Final = "PRAGMA synchronous=FULL"

_log = logging.getLogger(__name__)


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
            "synchronous": "FULL",
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


class BoundedLock(asyncio.Lock):
    """A lock that is waited for ``patience`` seconds.

    Who holds it may be waiting for another process; those behind would each wait as long again.
    """

    def __init__(self, patience: float) -> None:
        super().__init__()
        self._patience = patience

    async def acquire(self) -> Literal[True]:
        """Take the lock.

        Raises:
            TurnTimeout: it was not free in time.

        """
        if not self.locked():
            return await super().acquire()
        try:
            async with asyncio.timeout(self._patience):
                return await super().acquire()
        except TimeoutError as error:
            raise TurnTimeout from error


class SQLiteClient(Client, SqliteClient):
    """The process's connection."""

    def __init__(self, file_path: str, **options: Any) -> None:
        super().__init__(file_path, **options)
        self._lock = BoundedLock(options["busy_timeout"] / 1000)

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001  the ORM's name
        """Connect, and give SQL the function `folded`."""
        with translated(self.health):
            # A file that cannot be opened would leave aiosqlite's thread behind, talking to a loop
            # that may be closed by then. So somebody else tries first.
            await asyncio.to_thread(_try_to_open, str(self.filename))
            await super().create_connection(with_db)
            if self._connection is not None:
                await self._connection.create_function("folded", 1, folded, deterministic=True)

    @asynccontextmanager
    async def transaction(self, *, synced: bool = True) -> AsyncIterator[BaseDBAsyncClient]:
        """Open a transaction: kept when the block ends, undone when it raises."""
        with translated(self.health):
            await self._lock.acquire()
        try:
            opened = SQLiteTransaction(self)
            try:
                with translated(self.health):
                    if not synced:
                        await self._set(_UNSYNCED)
                    await opened.begin()
                yield opened
                with translated(self.health):
                    await opened.commit()
            except BaseException:
                await self._undo()
                raise
            finally:
                if not synced:
                    await self._set(_SYNCED)
        finally:
            self._lock.release()

    async def fetch_unsynced(self, query: str, values: list[Any]) -> list[dict[str, Any]]:
        """Run one statement that a power cut may undo, and return the rows."""
        with translated(self.health):
            rows: list[dict[str, Any]] = await self._fetch_unsynced(query, values)
        self._answered(query)
        return rows

    @translate_exceptions
    async def _fetch_unsynced(self, query: str, values: list[Any]) -> Any:
        async with self.acquire_connection() as connection:
            # In one go in the connection's thread, so that a caller who leaves in the middle
            # cannot leave the connection unsynced.
            return await connection._execute(_unsynced, connection._conn, query, values)  # noqa: SLF001

    async def _set(self, pragma: str) -> None:
        if self._connection is not None:
            await self._connection.execute_fetchall(pragma)

    async def _undo(self) -> None:
        if self._connection is not None:
            with translated(self.health):
                await self._connection.rollback()


def _unsynced(
    connection: sqlite3.Connection, query: str, values: list[Any]
) -> list[dict[str, Any]]:
    connection.execute(_UNSYNCED)
    try:
        return [dict(row) for row in connection.execute(query, values).fetchall()]
    finally:
        connection.execute(_SYNCED)


def _try_to_open(path: str) -> None:
    """Open the file as SQLite would, after making sure that it is its owner's alone."""
    _keep_private(path)
    sqlite3.connect(path).close()


def _keep_private(path: str) -> None:
    """Make the file, if it is not there, and take it and what lies beside it from all others."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, _OWNER_ONLY))
    for name in (path, *(path + end for end in _BESIDE)):
        try:
            if stat.S_IMODE(os.stat(name).st_mode) & ~_OWNER_ONLY:  # noqa: PTH116
                os.chmod(name, _OWNER_ONLY)  # noqa: PTH101
        except FileNotFoundError:
            continue
        except PermissionError:
            _log.warning("%s may be read by others, and is not ours to change", name)


client_class = SQLiteClient
