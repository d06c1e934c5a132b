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
