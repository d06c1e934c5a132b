"""The one place where what databases raise becomes the errors of the house."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from tortoise.exceptions import BaseORMException, IntegrityError

from domain.errors import Conflict, Unavailable


class Taken(Conflict):
    """A unique value is there already; ``constraint`` names the columns or the constraint."""

    def __init__(self, constraint: str) -> None:
        super().__init__("This exists already.")
        self.constraint = constraint


@contextmanager
def translated(*, connecting: bool = False) -> Iterator[None]:
    """Turn every error of the drivers and the ORM into one of the core's.

    While connecting, the message holds the driver's own: only the operator sees it then.

    Raises:
        Taken: a constraint does not allow the change.
        Unavailable: the database is not there, busy for too long, or not as it should be.

    """
    try:
        yield
    except IntegrityError as error:
        raise Taken(_constraint(error)) from error
    except _DRIVERS as error:
        cause = error.__cause__ or error.__context__ or error
        if connecting:
            reason = " ".join(str(cause).split()) or type(cause).__name__
            raise Unavailable(f"The database cannot be opened: {reason}") from error
        raise Unavailable(f"The database cannot do this now ({_reason(cause)}).") from error


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


def _constraint(error: IntegrityError) -> str:
    cause = error.__cause__
    if isinstance(cause, asyncpg.PostgresError):
        return str(cause.constraint_name)
    return str(error).rpartition(": ")[2]


def _reason(cause: BaseException) -> str:
    """Name the kind of failure: the text of an error may hold what users wrote."""
    return str(cause) if isinstance(cause, sqlite3.Error) else type(cause).__name__
