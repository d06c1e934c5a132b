"""A postings list: the tools in which a term occurs."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Container, Iterable, Mapping


class Postings:
    """The numbers of the tools with a term, in rising order, and the term's impact in each.

    The number of these tools in each group is computed on first use, and cached until a tool is
    added or removed: most terms are never searched for.
    """

    __slots__ = ("_groups", "impacts", "tools")

    def __init__(self) -> None:
        self.tools = array("I")
        self.impacts = array("f")
        self._groups: Mapping[int, int] | None = None

    def __len__(self) -> int:
        return len(self.tools)

    def append(self, tool: int, impact: float) -> None:
        """Add a tool; its number must be higher than all others."""
        self.tools.append(tool)
        self.impacts.append(impact)
        self._groups = None

    def remove(self, tool: int) -> None:
        """Remove a tool that the list contains."""
        at = bisect_left(self.tools, tool)
        del self.tools[at], self.impacts[at]
        self._groups = None

    def remove_all(self, tools: Container[int]) -> None:
        """Remove those of these tools that the list contains."""
        remaining = [at for at, tool in enumerate(self.tools) if tool not in tools]
        if len(remaining) < len(self.tools):
            self.tools = array("I", map(self.tools.__getitem__, remaining))
            self.impacts = array("f", map(self.impacts.__getitem__, remaining))
            self._groups = None

    def impact(self, tool: int) -> float:
        """Return the term's impact in a tool, 0 if the tool does not have it."""
        at = bisect_left(self.tools, tool)
        return self.impacts[at] if at < len(self.tools) and self.tools[at] == tool else 0.0

    def groups(self, group_of: Mapping[int, int]) -> Mapping[int, int]:
        """Return the groups whose tools have the term, each with the number of such tools."""
        if self._groups is None:
            self._groups = Counter(map(group_of.__getitem__, self.tools))
        return self._groups


def summed(parts: Iterable[tuple[Postings, float]]) -> dict[int, float]:
    """Return the tools in any of the lists, each with the sum of its weighted impacts."""
    scores: dict[int, float] = {}
    score = scores.get
    for postings, weight in parts:
        for tool, impact in zip(postings.tools, postings.impacts, strict=True):
            scores[tool] = score(tool, 0.0) + weight * impact
    return scores
