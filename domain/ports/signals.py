"""The port to news from other workers."""

from collections.abc import Callable
from typing import Protocol


class Signals(Protocol):
    """News of what other workers stored: hints to look, which may be lost or come twice."""

    async def start(self, heard: Callable[[str], None], work: Callable[[], None]) -> None:
        """Begin to listen.

        ``heard`` is called with the id of a run that has new events, or of a conversation in
        which one has begun; ``work`` when runs may be claimed or are to be cancelled.
        """
        ...

    async def stop(self) -> None:
        """Stop listening."""
        ...
