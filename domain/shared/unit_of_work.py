"""The port to a transaction."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class UnitOfWork(Protocol):
    """Several changes, kept together or not at all."""

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run ``work`` in one transaction: what it returns is kept, what it raises undoes it.

        The repositories used inside take part. A caller who is cancelled does not interrupt
        the work: it ends, whole, on its own.
        """
        ...

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` once what the calling task has stored is kept: who waits can see it.

        Inside of `run` that is after the outermost commit, in the order given, and never where the
        work is undone; outside, where each statement is kept by itself, it is now. The callback
        does not wait. What it raises is logged: it undoes nothing.
        """
        ...
