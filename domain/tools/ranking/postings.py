"""The tools that say a term."""

from array import array
from bisect import bisect_left
from collections.abc import Container, Iterable, Mapping


class Postings:
    """The tools that say a term, by their number, rising; how much of each it is.

    The groups of those tools are counted when they are first asked for, and kept until a tool
    comes or goes: most terms of a catalogue are in no message.
    """

    __slots__ = ("_groups", "impacts", "tools")

    def __init__(self) -> None:
        self.tools = array("I")
        self.impacts = array("f")
        self._groups: frozenset[int] | None = None

    def __len__(self) -> int:
        return len(self.tools)

    def append(self, tool: int, impact: float) -> None:
        """Add a tool with a number above all others'."""
        self.tools.append(tool)
        self.impacts.append(impact)
        self._groups = None

    def remove(self, tool: int) -> None:
        """Remove a tool that is here."""
        at = bisect_left(self.tools, tool)
        del self.tools[at], self.impacts[at]
        self._groups = None

    def remove_all(self, tools: Container[int]) -> None:
        """Remove those of the tools that are here."""
        kept = [at for at, tool in enumerate(self.tools) if tool not in tools]
        if len(kept) < len(self.tools):
            self.tools = array("I", map(self.tools.__getitem__, kept))
            self.impacts = array("f", map(self.impacts.__getitem__, kept))
            self._groups = None

    def impact(self, tool: int) -> float:
        """Return how much of a tool the term is, 0 where the tool does not say it."""
        at = bisect_left(self.tools, tool)
        return self.impacts[at] if at < len(self.tools) and self.tools[at] == tool else 0.0

    def groups(self, group_of: Mapping[int, int]) -> frozenset[int]:
        """Return the groups whose tools say the term."""
        if self._groups is None:
            self._groups = frozenset(map(group_of.__getitem__, self.tools))
        return self._groups


def summed(parts: Iterable[tuple[Postings, float]]) -> dict[int, float]:
    """Return the tools that are in any of the postings, each with its weighted impacts' sum."""
    scores: dict[int, float] = {}
    score = scores.get
    for postings, weight in parts:
        for tool, impact in zip(postings.tools, postings.impacts, strict=True):
            scores[tool] = score(tool, 0.0) + weight * impact
    return scores
