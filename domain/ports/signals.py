"""The port to news from other workers."""

from collections.abc import Callable
from typing import Protocol


class Signals(Protocol):
    """News that something of a run changed: a hint to look, which may be lost or come twice."""

    async def start(self, heard: Callable[[str], None]) -> None:
        """Begin to listen; ``heard`` is called with the id of a run that changed."""
        ...

    async def stop(self) -> None:
        """Stop listening."""
        ...
