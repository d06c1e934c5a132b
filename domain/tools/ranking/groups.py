"""Groups of tools: those of one API raise each other's scores, and look up each other's ids."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from domain.tools.ranking.postings import Postings
from domain.tools.ranking.rarity import rarity
from domain.tools.tool import ToolSpec

_SHARPNESS: Final = 2  # exponent of a group's share: higher gives less to the second best
_DENSE: Final = 0.03  # of a group's tools: a term that so many have counts half for the group


class Groups:
    """The tools grouped by plugin and category; the category of a learned tool is its API."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], int] = {}
        self._sizes: Counter[int] = Counter()
        self._group_of: dict[int, int] = {}
        self._operations: dict[int, str] = {}
        self._at: dict[tuple[int, str], tuple[int, ...]] = {}

    def add(self, number: int, tool: ToolSpec) -> None:
        """Add a tool by its number."""
        group = self._ids.setdefault((tool.plugin, tool.category), len(self._ids))
        self._group_of[number] = group
        self._sizes[group] += 1
        if tool.operation:
            self._operations[number] = tool.operation
            place = (group, tool.operation)
            self._at[place] = (*self._at.get(place, ()), number)

    def discard(self, number: int) -> None:
        """Remove a tool by its number."""
        group = self._group_of.pop(number)
        self._sizes[group] -= 1
        if not self._sizes[group]:
            del self._sizes[group]
        operation = self._operations.pop(number, "")
        if operation:
            place = (group, operation)
            self._at[place] = tuple(at for at in self._at[place] if at != number)
            if not self._at[place]:
                del self._at[place]

    def support(self, terms: Iterable[tuple[Postings, float]]) -> Mapping[int, float]:
        """Return for each group the share of a request's terms in its tools, from 0 to 1.

        ``terms`` come with their weights. A term counts by the part of the group's tools that have
        it, since among hundreds of tools nearly every word occurs. With one group only the result
        is empty.
        """
        count = len(self._sizes)
        if count < 2:  # noqa: PLR2004 - one supports itself alone
            return {}
        shares: dict[int, float] = {}
        for postings, weight in terms:
            groups = postings.groups(self._group_of)
            worth = weight * rarity(len(groups), count)
            for group, tools in groups.items():
                part = tools / (tools + _DENSE * self._sizes[group])
                shares[group] = shares.get(group, 0.0) + worth * part
        most = max(shares.values(), default=0.0)
        return {group: (share / most) ** _SHARPNESS for group, share in shares.items() if most}

    def group_of(self, number: int) -> int:
        """Return the group of a tool."""
        return self._group_of[number]

    def finder(self, number: int) -> int | None:
        """Return the tool that lists the ids which a tool's path needs, if there is one.

        For ``DELETE /pets/{id}`` it is ``GET /pets``.
        """
        parts = self._operations.get(number, "").partition(" ")[2].split("/")
        for end in range(len(parts) - 1, 0, -1):
            if "{" in parts[end]:
                operation = f"GET {'/'.join(parts[:end])}"
                tools = self._at.get((self._group_of[number], operation), ())
                if len(tools) == 1 and number not in tools:
                    return tools[0]
        return None
