"""Translation of the drivers' and the ORM's exceptions into the core's errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg
from tortoise.exceptions import BaseORMException, IntegrityError

from adapters.persistence.engine.health import DatabaseHealth
from domain.shared.errors import Conflict, StoreUnavailable, Unavailable


class UniqueViolation(Conflict):
    """A unique constraint is violated; ``constraint`` names it, or its columns."""

    def __init__(self, constraint: str) -> None:
        super().__init__("This exists already.")
        self.constraint = constraint


class TurnTimeout(TimeoutError):
    """The connection was busy with other statements of this process for too long."""


@contextmanager
def translated(health: DatabaseHealth | None = None, *, connecting: bool = False) -> Iterator[None]:
    """Translate every exception of the drivers and the ORM in the block.

    Outages and write failures are reported to ``health``. While connecting, the message contains
    the driver's: only the operator sees it then.

    Raises:
        Taken: a constraint is violated.
        StoreUnavailable: the database is away, busy for too long, or cannot be written to.
        Unavailable: any other failure.

    """
    try:
        yield
    except IntegrityError as error:
        raise UniqueViolation(_constraint(error)) from error
    except _DRIVERS as error:
        is_late = isinstance(error, TimeoutError)  # its context is the interrupted call, no cause
        cause = error if is_late else error.__cause__ or error.__context__ or error
        if connecting:
            reason = " ".join(str(cause).split()) or type(cause).__name__
            raise StoreUnavailable(f"The database cannot be opened: {reason}") from error
        raise _unavailable(cause, health) from error


# Reading a socket or waiting for a pool raises OSError and its subclass TimeoutError;
# aiosqlite raises ValueError on a connection that was closed.
_DRIVERS = (
    BaseORMException,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    sqlite3.Error,
    OSError,
    ValueError,
)


# https://www.sqlite.org/rescode.html: the low byte is the primary code, the rest says where.
_SQLITE_NO_WRITE: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY})
_SQLITE_NO_WRITE_IO: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_SHMSIZE,
        sqlite3.SQLITE_IOERR_TRUNCATE,
    }
)
_SQLITE_AWAY: Final = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOTADB,
    }
)
_LOCKED: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_NO_WRITE: Final = (
    asyncpg.DiskFullError,
    asyncpg.PostgresIOError,
    asyncpg.ReadOnlySQLTransactionError,
)
_AWAY: Final = (
    OSError,  # TimeoutError is one: no connection came free in time
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    # Raised only while connecting.
    asyncpg.InvalidAuthorizationSpecificationError,  # InvalidPasswordError is one
    asyncpg.InvalidCatalogNameError,
    asyncpg.ObjectNotInPrerequisiteStateError,
)


def _unavailable(cause: BaseException, health: DatabaseHealth | None) -> Unavailable:
    reason = _reason(cause)
    message = f"The database cannot do this now ({reason})."
    code = getattr(cause, "sqlite_errorcode", 0)
    if isinstance(cause, _NO_WRITE) or {code, code & 0xFF} & (
        _SQLITE_NO_WRITE | _SQLITE_NO_WRITE_IO
    ):
        if health is not None:
            health.cannot_write(reason)
        return StoreUnavailable(message)
    if isinstance(cause, TurnTimeout):  # the statement that was waited for reports to health
        return StoreUnavailable(message)
    if code & 0xFF in _LOCKED:
        if health is not None:
            health.locked(reason)
        return StoreUnavailable(message)
    if isinstance(cause, _AWAY) or code & 0xFF in _SQLITE_AWAY:
        if health is not None:
            health.away(reason)
        return StoreUnavailable(message)
    return Unavailable(message)


def _constraint(error: IntegrityError) -> str:
    cause = error.__cause__
    if isinstance(cause, asyncpg.PostgresError):
        return str(cause.constraint_name)
    return str(error).rpartition(": ")[2]


def _reason(cause: BaseException) -> str:
    """Return the kind of failure: the text of an error may contain users' data."""
    if isinstance(cause, sqlite3.Error):
        is_locked = getattr(cause, "sqlite_errorcode", 0) & 0xFF in _LOCKED
        return "another process keeps it locked" if is_locked else str(cause)
    return "it is too busy" if isinstance(cause, TimeoutError) else type(cause).__name__
