"""An inverted index of tools that ranks them for a message, with no model and no network.

A word is weighted by its field in the tool (BM25F) and by its rarity (inverse document frequency),
and counts once more through its topics, so that "bitcoin" finds finance. Each clause of a message
is ranked by itself, and the results are merged: a message of three requests finds its three tools.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from typing import Final, NamedTuple

from domain.tools.ports import ToolRanker
from domain.tools.ranking.clauses import clauses_of, terms_of
from domain.tools.ranking.fields import impacts_of
from domain.tools.ranking.groups import Groups
from domain.tools.ranking.names import Names
from domain.tools.ranking.postings import Postings, summed
from domain.tools.ranking.rarity import rarity
from domain.tools.tool import ToolSpec

_CANDIDATES: Final = 50  # of a clause, or twice the limit of the query
_COMMON: Final = 0.4  # of the tools: a more frequent word only reorders the candidates
_COMMON_LEAST: Final = 50  # tools, for the same
_ACTION: Final = 0.3  # of a tool's own score, if it does what is asked
_STEP: Final = 500  # terms from which tools are removed at once: a millisecond or two
_EVENNESS: Final = 0.5  # 0: the highest scores win; 1: every clause gives its best tool
_WHOLE: Final = 0.1  # of a tool's scores in all clauses, added to its best one
_SUPPORT: Final = 0.5  # of a tool's own score, in the group with the highest share
_BEHIND: Final = 0.99  # of a tool's score, for the tool that lists the ids which it needs
_NEEDING: Final = 10  # of the best tools for which such finders are added


class _Part(NamedTuple):
    """A search term's postings and weight."""

    postings: Postings
    weight: float


class ToolIndex(ToolRanker):
    """The inverted index of one catalogue's tools; tools can be added and removed.

    Adding and removing take time for that tool's words only, and leave the index as if it had been
    rebuilt. A message of some lines takes about a millisecond among thousands of tools.
    """

    def __init__(self, tools: Iterable[ToolSpec] = ()) -> None:
        self._specs: dict[int, ToolSpec] = {}
        self._next = 0
        self._names = Names()
        self._groups = Groups()
        self._postings: dict[str, Postings] = {}
        for tool in tools:
            self.add(tool)

    def __len__(self) -> int:
        return len(self._specs)

    def add(self, tool: ToolSpec) -> None:
        """Add a tool, in place of the one of that name if there is one."""
        self.discard(tool.name)
        number, self._next = self._next, self._next + 1
        self._specs[number] = tool
        self._names.add(tool.name, number)
        self._groups.add(number, tool)
        for term, impact in impacts_of(tool).items():
            postings = self._postings.get(term)
            if postings is None:
                postings = self._postings[term] = Postings()
            postings.append(number, impact)

    def discard(self, name: str) -> None:
        """Remove the tool of that name if there is one."""
        number = self._names.discard(name)
        if number is None:
            return
        for term in impacts_of(self._specs.pop(number)):
            postings = self._postings[term]
            postings.remove(number)
            if not postings:
                del self._postings[term]
        self._groups.discard(number)

    def discard_many(self, names: Iterable[str]) -> Iterator[None]:
        """Remove the tools of these names, a part with each step of the iterator.

        The index can be used between two steps. An iterator that is not exhausted must be started
        again.
        """
        numbers = {at for name in names if (at := self._names.get(name)) is not None}
        for at, term in enumerate(list(self._postings), 1):
            postings = self._postings[term]
            postings.remove_all(numbers)
            if not postings:
                del self._postings[term]
            if at % _STEP == 0:
                yield
        for at, number in enumerate(numbers, 1):
            self._names.discard(self._specs.pop(number).name)
            self._groups.discard(number)
            if at % _STEP == 0:
                yield

    def rank(self, query: str, limit: int, *, among: Container[str] | None = None) -> Sequence[str]:
        """Return the names of the best tools for a query, best first, at most ``limit``.

        Tools that the query names come first. Fewer than ``limit``, or none, are returned if no
        others have a term of the query. ``among`` holds the names that may be returned; None: any.
        """
        if limit < 1:
            return ()
        scores = self._scores(query, limit, among)
        self._add_finders(scores, among)
        named = [at for at in self._names.in_message(query) if self._may(at, among)]
        best = _best(limit, scores)
        return [self._specs[at].name for at in list(dict.fromkeys([*named, *best]))[:limit]]

    def _may(self, tool: int, among: Container[str] | None) -> bool:
        return among is None or self._specs[tool].name in among

    def _scores(self, query: str, limit: int, among: Container[str] | None) -> dict[int, float]:
        """Return the tools that match any clause of the query, with their merged scores."""
        best: dict[int, float] = {}
        total: dict[int, float] = {}
        for clause in clauses_of(query):
            for tool, score in self._candidates(clause, limit, among).items():
                best[tool] = max(best.get(tool, 0.0), score)
                total[tool] = total.get(tool, 0.0) + score
        return {tool: score + _WHOLE * total[tool] for tool, score in best.items()}

    def _add_finders(self, scores: dict[int, float], among: Container[str] | None) -> None:
        """Put the tools that list the ids which the best tools need right behind these."""
        for tool in _best(_NEEDING, scores):
            finder = self._groups.finder(tool)
            if finder is not None and self._may(finder, among):
                scores[finder] = max(scores.get(finder, 0.0), scores[tool] * _BEHIND)

    def _candidates(
        self, clause: str, limit: int, among: Container[str] | None
    ) -> Mapping[int, float]:
        """Return the best tools for a clause, with scores that are comparable between clauses."""
        request = terms_of(clause, self._count)
        rare, common = self._looked_up(request.terms)
        scores = summed(rare or common)
        if among is not None:
            scores = {at: s for at, s in scores.items() if self._may(at, among)}
        self._support(scores, [*rare, *common])
        best = _best(max(_CANDIDATES, 2 * limit), scores)
        for postings, weight in common if rare else ():
            for at in best:
                scores[at] += weight * postings.impact(at)
        self._prefer_doers(scores, best, request.actions)
        top = max((scores[at] for at in best), default=0.0)
        return {at: scores[at] / top**_EVENNESS for at in best}

    def _support(self, scores: dict[int, float], parts: Iterable[_Part]) -> None:
        """Raise the scores of tools whose group has the other terms of the clause."""
        support = self._groups.support(parts)
        for tool in scores if support else ():
            scores[tool] *= 1 + _SUPPORT * support.get(self._groups.group_of(tool), 0.0)

    def _looked_up(self, terms: Mapping[str, float]) -> tuple[list[_Part], list[_Part]]:
        """Return the postings of the rare and of the common terms, with their weights."""
        rare: list[_Part] = []
        common: list[_Part] = []
        limit = max(_COMMON_LEAST, _COMMON * len(self))
        for term, weight in terms.items():
            if postings := self._postings.get(term):
                part = _Part(postings, weight * rarity(len(postings), len(self)))
                (rare if len(postings) <= limit else common).append(part)
        return rare, common

    def _prefer_doers(
        self, scores: dict[int, float], tools: Iterable[int], actions: Iterable[str]
    ) -> None:
        """Raise the scores of those tools that do one of the actions, by how sure that is."""
        lists = [found for action in actions if (found := self._postings.get(action))]
        for at in tools if lists else ():
            scores[at] *= 1 + _ACTION * max(postings.impact(at) for postings in lists)

    def _count(self, term: str) -> int:
        return len(self._postings.get(term, ()))


def _best(limit: int, scores: Mapping[int, float]) -> list[int]:
    """Return the tools with the highest scores, best first, the older first among equals."""
    return [-tool for _, tool in nlargest(limit, ((score, -at) for at, score in scores.items()))]
