"""The port to what ranks tools for a task."""

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Protocol

from domain.tools import ToolSpec


class ToolRanker(Protocol):
    """Ranks the tools of one catalogue; tools come and go. It is used by one task at a time."""

    def add(self, tool: ToolSpec) -> None:
        """Add a tool, in place of the one of that name if there is one."""
        ...

    def discard(self, name: str) -> None:
        """Remove the tool of that name if there is one."""
        ...

    def discard_many(self, names: Iterable[str]) -> Iterator[None]:
        """Remove the tools of these names, some milliseconds of work with each step.

        Unless it is stepped through to its end, it has to be begun again.
        """
        ...

    def rank(self, query: str, limit: int, *, among: Container[str] | None = None) -> Sequence[str]:
        """Return the names of the tools that fit, best first, at most ``limit`` of them.

        ``among`` holds the names that may come back; None: any.
        """
        ...
