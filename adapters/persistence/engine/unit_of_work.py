"""The unit of work: transactions that a caller's cancellation cannot interrupt."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from tortoise.backends.base.client import BaseDBAsyncClient
from typing_extensions import override

from adapters.persistence.engine.clients import EngineClient
from domain.shared.errors import Unavailable
from domain.shared.unit_of_work import UnitOfWork

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Transaction:
    """The ambient transaction of a task, and of the tasks started in it; it ends with the work."""

    __slots__ = ("after_commit", "client", "is_open")

    def __init__(self, client: BaseDBAsyncClient) -> None:
        self.client = client
        self.is_open = True
        self.after_commit: list[Callable[[], object]] = []


class TortoiseUnitOfWork(UnitOfWork):
    """Runs each unit of work in a task of its own, which the caller's cancellation leaves alone.

    An abandoned transaction of the ORM would hold SQLite's lock, or a pooled connection, for ever;
    so the caller waits behind a shield. Work must not leave tasks running that use the
    repositories: until its end they would be part of it.
    """

    def __init__(self, client: Callable[[], EngineClient]) -> None:
        self._client = client
        self._ambient: ContextVar[Transaction | None] = ContextVar("transaction", default=None)
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    @property
    def current(self) -> BaseDBAsyncClient | None:
        """The connection of the calling task's transaction, if there is one."""
        transaction = self._transaction
        return None if transaction is None else transaction.client

    @property
    def _transaction(self) -> Transaction | None:
        ambient = self._ambient.get()
        return ambient if ambient is not None and ambient.is_open else None

    @override
    async def run(self, work: Callable[[], Awaitable[T]], *, synced: bool = True) -> T:
        """Run ``work`` in one transaction; within another unit of work, as a part of it.

        With ``synced`` False a power failure may undo the commit, where the engine gains by that.

        Raises:
            Unavailable: the database is away, too busy, or being closed.

        """
        if self.current is not None:
            return await work()
        if self._closed:
            raise Unavailable("The service is shutting down.")
        task = asyncio.create_task(self._transact(work, synced=synced))
        self._running.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    @override
    def after_commit(self, callback: Callable[[], object]) -> None:
        transaction = self._transaction
        if transaction is None:
            call_logged(callback)
        else:
            transaction.after_commit.append(callback)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # mark as retrieved: the caller may have been cancelled

    async def _transact(self, work: Callable[[], Awaitable[T]], *, synced: bool) -> T:
        async with self._client().transaction(synced=synced) as client:
            transaction = Transaction(client)
            self._ambient.set(transaction)
            try:
                result = await work()
            finally:
                transaction.is_open = False
        for callback in transaction.after_commit:
            call_logged(callback)
        return result

    async def close(self) -> None:
        """Reject new work, and wait for running units."""
        self._closed = True
        await asyncio.gather(*self._running, return_exceptions=True)


def call_logged(callback: Callable[[], object]) -> None:
    """Call back after a commit, and log what that raises: the commit stands."""
    try:
        callback()
    except Exception:  # noqa: BLE001  the commit stands
        _log.exception("what was to follow a commit failed")
