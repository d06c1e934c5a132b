"""SQLite as an engine of the ORM, with a file that several processes may share.

Each process has one connection, with one statement or transaction at a time. A transaction takes
the file's write lock when it begins (BEGIN IMMEDIATE): taking it later, as the ORM's own engine
does, fails at once when another process wrote in between.

A commit is on the disk when it returns (``synchronous=FULL``), unless the write is not ``synced``
(``NORMAL``): then it is on the disk with the next synced commit, since the write-ahead log is
synced as a whole.
"""

import asyncio
import logging
import os
import sqlite3
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionWrapper,
    translate_exceptions,
)

from adapters.persistence.engine.clients import EngineClient, TranslatedErrors
from adapters.persistence.engine.errors import TurnTimeout, translated
from adapters.persistence.engine.health import DatabaseHealth
from adapters.persistence.engine.text_folding import folded

_SCHEME: Final = "sqlite://"
_OWNER_ONLY: Final = 0o600
_BESIDE: Final = ("-wal", "-shm")  # SQLite's companion files, which copy the file's mode
_UNSYNCED: Final = "PRAGMA synchronous=NORMAL"
_SYNCED: Final = "PRAGMA synchronous=FULL"

_log = logging.getLogger(__name__)


def database_file(url: str) -> Path:
    """Return the path of ``sqlite:///absolute/path`` or ``sqlite://relative/path``."""
    return Path(url.removeprefix(_SCHEME).partition("?")[0])


def connection_config(
    url: str, *, timeout: float = 10.0, foreign_keys: bool = True
) -> dict[str, Any]:
    """Return the ORM's configuration for this engine.

    ``timeout`` is the timeout in seconds for another process's write lock.
    """
    return {
        "engine": __name__,
        "credentials": {
            "file_path": str(database_file(url)),
            "busy_timeout": int(timeout * 1000),
            "journal_mode": "WAL",
            "synchronous": "FULL",
            "foreign_keys": "ON" if foreign_keys else "OFF",
        },
    }


class SQLiteTransaction(TranslatedErrors, SqliteTransactionWrapper):
    """The connection with an open transaction."""

    def __init__(self, connection: "SQLiteClient") -> None:
        super().__init__(connection)
        self._health = connection.health

    @property
    def health(self) -> DatabaseHealth | None:
        """The connection's health."""
        return self._health

    async def begin(self) -> None:
        """Begin the transaction, waiting for the file's write lock."""
        await self._connection.execute("BEGIN IMMEDIATE")

    async def execute_in_order(
        self, statements: Sequence[tuple[str, list[Any]]]
    ) -> list[dict[str, Any]]:
        """Run statements, and return the rows of the last one; if the first has none, no other.

        They are one call in the connection's thread: to go there and back costs more than most of
        them.
        """
        with translated(self.health):
            rows: list[dict[str, Any]] = await self._execute_in_order(statements)
        self._answered(statements[0][0])
        return rows

    @translate_exceptions
    async def _execute_in_order(self, statements: Sequence[tuple[str, list[Any]]]) -> Any:
        async with self.acquire_connection() as connection:
            return await connection._execute(_in_order, connection._conn, statements)  # noqa: SLF001

    async def execute_script(self, query: str) -> None:
        """Run statements one by one: sqlite3's ``executescript`` would commit first."""
        for statement in query.split(";"):
            if statement.strip():
                await self.execute_query(statement)


class BoundedLock(asyncio.Lock):
    """A lock with a timeout of ``timeout`` seconds.

    Its holder may wait for another process; without a timeout the waits of those behind would add
    up.
    """

    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._timeout = timeout

    async def acquire(self) -> Literal[True]:
        """Take the lock.

        Raises:
            TurnTimeout: it was not free in time.

        """
        if not self.locked():
            return await super().acquire()
        try:
            async with asyncio.timeout(self._timeout):
                return await super().acquire()
        except TimeoutError as error:
            raise TurnTimeout from error


class SQLiteClient(EngineClient, SqliteClient):
    """The process's connection."""

    def __init__(self, file_path: str, **options: Any) -> None:
        super().__init__(file_path, **options)
        self._lock = BoundedLock(options["busy_timeout"] / 1000)

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001  the ORM's name
        """Connect, and register the SQL function `folded`."""
        with translated(self.health):
            # If aiosqlite cannot open the file, its thread stays behind and calls a loop that may
            # be closed by then. So the file is tried first.
            await asyncio.to_thread(_try_to_open, str(self.filename))
            await super().create_connection(with_db)
            if self._connection is not None:
                await self._connection.create_function("folded", 1, folded, deterministic=True)

    @asynccontextmanager
    async def transaction(self, *, synced: bool = True) -> AsyncIterator[BaseDBAsyncClient]:
        """Open a transaction: committed at the block's end, rolled back when it raises."""
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
        """Run one statement without a sync to disk, and return the rows."""
        with translated(self.health):
            rows: list[dict[str, Any]] = await self._fetch_unsynced(query, values)
        self._answered(query)
        return rows

    @translate_exceptions
    async def _fetch_unsynced(self, query: str, values: list[Any]) -> Any:
        async with self.acquire_connection() as connection:
            # In one call in the connection's thread, so that a cancelled caller cannot leave the
            # connection unsynced.
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


def _in_order(
    connection: sqlite3.Connection, statements: Sequence[tuple[str, list[Any]]]
) -> list[dict[str, Any]]:
    (first, values), *others = statements
    rows = connection.execute(first, values).fetchall()
    if rows:
        for query, values in others:
            rows = connection.execute(query, values).fetchall()
    return [dict(row) for row in rows]


def _try_to_open(path: str) -> None:
    """Open the file as SQLite would, after making it private to its owner."""
    _keep_private(path)
    sqlite3.connect(path).close()


def _keep_private(path: str) -> None:
    """Create the file if it is missing, and set it and its companions to mode 0600."""
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
