"""The port to the unit of work: a transaction in which all repositories take part."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class UnitOfWork(Protocol):
    """A transaction: several changes, committed together or not at all."""

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run ``work`` in one transaction and return its result; an exception rolls it back.

        All repositories used inside take part. Cancelling the caller does not interrupt the work:
        it runs to its end.
        """
        ...

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` after the commit of what the calling task has stored.

        Inside of `run` that is after the outermost commit, in the order of registration, and never
        after a rollback; outside, where each statement commits by itself, it is at once. The
        callback must not block. What it raises is logged: it rolls nothing back.
        """
        ...
