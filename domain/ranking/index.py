"""An inverted index of tools that ranks them for a message, with no model and no network.

A word counts by the field of the tool that it stands in (BM25F), by how few tools say it, and once
more through its topics, so that "bitcoin" finds finance. Each request in a message is ranked by
itself, and the best of each come first: a message of three requests finds its three tools.
"""

import math
from array import array
from bisect import bisect_left
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Final

from domain.ranking.clauses import clauses_of, terms_of
from domain.ranking.fields import impacts_of
from domain.tools import ToolSpec

_CANDIDATES: Final = 30  # of a clause, or twice as many as are asked for
_COMMON: Final = 0.05  # of the tools: a word of more only tells candidates apart
_COMMON_LEAST: Final = 50  # tools, for the same
_EVENNESS: Final = 0.5  # 0: the loudest request wins; 1: every request gives its best tool
_WHOLE: Final = 0.1  # of what a tool scores in the other requests too


@dataclass(frozen=True, slots=True)
class _Postings:
    """The tools that say a term, by their number, rising; how much of each it is."""

    tools: "array[int]" = field(default_factory=lambda: array("I"))
    impacts: "array[float]" = field(default_factory=lambda: array("f"))

    def __len__(self) -> int:
        return len(self.tools)

    def impact(self, tool: int) -> float:
        at = bisect_left(self.tools, tool)
        return self.impacts[at] if at < len(self.tools) and self.tools[at] == tool else 0.0


class ToolIndex:
    """Ranks the tools of one catalogue; tools may come and go.

    Adding and removing touch the words of that tool alone, and leave the index as if it had been
    built anew. A message of some lines takes about a millisecond among thousands of tools.
    """

    def __init__(self, tools: Iterable[ToolSpec] = ()) -> None:
        self._specs: dict[int, ToolSpec] = {}
        self._numbers: dict[str, int] = {}
        self._next = 0
        self._postings: dict[str, _Postings] = {}
        for tool in tools:
            self.add(tool)

    def __len__(self) -> int:
        return len(self._specs)

    def add(self, tool: ToolSpec) -> None:
        """Add a tool, in place of the one of that name if there is one."""
        self.discard(tool.name)
        number, self._next = self._next, self._next + 1
        self._specs[number] = tool
        self._numbers[tool.name] = number
        for term, impact in impacts_of(tool).items():
            postings = self._postings.setdefault(term, _Postings())
            postings.tools.append(number)
            postings.impacts.append(impact)

    def discard(self, name: str) -> None:
        """Remove the tool of that name if there is one."""
        number = self._numbers.pop(name, None)
        if number is None:
            return
        for term in impacts_of(self._specs.pop(number)):
            postings = self._postings[term]
            at = bisect_left(postings.tools, number)
            del postings.tools[at], postings.impacts[at]
            if not postings:
                del self._postings[term]

    def rank(self, query: str, limit: int, *, among: Container[str] | None = None) -> Sequence[str]:
        """Return the names of the tools that fit, best first, at most ``limit`` of them.

        Fewer, or none, come back where nothing else in the catalogue has anything to do with the
        query. ``among`` holds the names that may come back; None: any.
        """
        if limit < 1:
            return ()
        best: dict[int, float] = {}
        total: dict[int, float] = {}
        for clause in clauses_of(query):
            for tool, score in self._candidates(clause, limit, among).items():
                best[tool] = max(best.get(tool, 0.0), score)
                total[tool] = total.get(tool, 0.0) + score
        found = nlargest(limit, best, key=lambda tool: (best[tool] + _WHOLE * total[tool], -tool))
        return [self._specs[tool].name for tool in found]

    def _candidates(
        self, clause: str, limit: int, among: Container[str] | None
    ) -> Mapping[int, float]:
        """Return the tools that fit a clause best, by their scores beside other clauses'."""
        rare, common = self._looked_up(terms_of(clause, self._count))
        scores = _sums(rare or common)
        if among is not None:
            scores = {at: s for at, s in scores.items() if self._specs[at].name in among}
        best = nlargest(max(_CANDIDATES, 2 * limit), scores, key=lambda at: (scores[at], -at))
        if rare and common:
            for at in best:
                scores[at] += sum(weight * found.impact(at) for found, weight in common)
        top = max((scores[at] for at in best), default=0.0)
        return {at: scores[at] / top**_EVENNESS for at in best}

    def _looked_up(
        self, terms: Mapping[str, float]
    ) -> tuple[list[tuple[_Postings, float]], list[tuple[_Postings, float]]]:
        """Return the postings of the rare terms and of the common ones, with their weights."""
        rare: list[tuple[_Postings, float]] = []
        common: list[tuple[_Postings, float]] = []
        limit = max(_COMMON_LEAST, _COMMON * len(self))
        for term, weight in terms.items():
            if found := self._postings.get(term):
                part = (found, weight * self._rarity(len(found)))
                (rare if len(found) <= limit else common).append(part)
        return rare, common

    def _count(self, term: str) -> int:
        return len(self._postings.get(term, ()))

    def _rarity(self, count: int) -> float:
        return math.log(1 + (len(self) - count + 0.5) / (count + 0.5))


def _sums(parts: Iterable[tuple[_Postings, float]]) -> dict[int, float]:
    scores: dict[int, float] = {}
    score = scores.get
    for postings, weight in parts:
        for tool, impact in zip(postings.tools, postings.impacts, strict=True):
            scores[tool] = score(tool, 0.0) + weight * impact
    return scores
