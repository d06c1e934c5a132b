"""Ranks the tools that a message may mean, by the position and rarity of words."""

import math
import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.llm.offline.schemas import QUERIES, Kind, choices, fields_of
from adapters.llm.offline.text.language import WORD, fold, split, term, terms
from adapters.llm.offline.text.vocabulary import STOPWORDS, VERBS, WEAK
from adapters.llm.offline.values import Reading
from domain.tools.tool import Effect, ToolSpec

ENOUGH = 1.5  # the score at which a tool is taken to be meant
_NAME, _WEAK, _PARAMETER, _DESCRIPTION = 2.0, 1.0, 0.8, 0.7
_COVERAGE = 0.5  # for a message that says every word of the tool's name
_NAMED = 10.0  # for a message that writes the tool's name out
_SIGNAL = 3.0  # for arithmetic, where a tool takes an expression
_HINT = 0.6  # for a place or an identifier, where a tool takes one
_ID = 1.2  # for something with its id, where a tool takes that
_SEARCH = 0.4  # for "search", where a tool searches for any text
_SEARCH_FIRST = 2.0  # ... and that is what the message begins with: "search for roll" rolls nothing
_KEPT = 8  # indexes in memory


@dataclass(frozen=True, slots=True)
class Ranked:
    """A tool and its score; from `ENOUGH` on, the message means it."""

    tool: ToolSpec
    score: float


class WordIndex:
    """An inverted index over the words of tools."""

    def __init__(self, tools: Sequence[ToolSpec]) -> None:
        self._tools = tuple(tools)
        self._names = [frozenset(terms(tool.name)) - STOPWORDS for tool in tools]
        self._by_name = {fold(tool.name): at for at, tool in enumerate(self._tools)}
        self._searches: set[int] = set()
        self._kinds: list[frozenset[Kind]] = []
        self._things: list[frozenset[str]] = []  # what an id that a tool needs is the id of
        postings: dict[str, dict[int, float]] = defaultdict(dict)
        for at, tool in enumerate(self._tools):
            for word, weight in self._weights(at, tool).items():
                postings[word][at] = weight
        self._postings: Mapping[str, Mapping[int, float]] = postings
        self._in_names = Counter(word for name in self._names for word in name)

    def _weights(self, at: int, tool: ToolSpec) -> dict[str, float]:
        fields = fields_of(tool.parameters)
        if verb_of(tool) == "search" and any(QUERIES.intersection(f.terms) for f in fields):
            self._searches.add(at)
        self._kinds.append(frozenset(field.kind for field in fields))
        ids = (field.terms for field in fields if field.required and "id" in field.terms)
        self._things.append(frozenset(word for named in ids for word in named) - {"id"})
        weights = dict.fromkeys(terms(tool.description), _DESCRIPTION)
        for field in fields:
            said = f"{field.name} {field.schema.get('description', '')}"
            said += " ".join(str(choice) for choice in choices(field.schema))
            weights.update(dict.fromkeys(terms(said), _PARAMETER))
        for word in self._names[at]:
            weights[word] = _WEAK if word in WEAK else _NAME
        return {word: weight for word, weight in weights.items() if word not in STOPWORDS}

    def _rarity(self, word: str, *, in_name: bool) -> float:
        """Return 1 for a word of one tool, and less the more tools share it."""
        count = self._in_names[word] if in_name else len(self._postings[word])
        total = len(self._tools)
        return math.log(1 + total / max(count, 1)) / math.log(1 + total)

    def rank(self, reading: Reading) -> Sequence[Ranked]:
        """Return the tools that share words with the message, best first."""
        said = _content(reading)
        scores: dict[int, float] = defaultdict(float)
        for word in sorted(said):
            for at, weight in self._postings.get(word, {}).items():
                scores[at] += weight * self._rarity(word, in_name=word in self._names[at])
        for at in scores:
            name = self._names[at]
            scores[at] += _COVERAGE * len(name & said) / max(len(name), 1)
        self._add_signals(reading, scores)
        for at in self._searches if "search" in said else ():
            scores[at] += _SEARCH_FIRST if _SEARCHES.match(reading.folded) else _SEARCH
        order = sorted(scores, key=lambda at: (-scores[at], at))
        return [Ranked(self._tools[at], round(scores[at], 6)) for at in order]

    def _add_signals(self, reading: Reading, scores: dict[int, float]) -> None:
        """Add to the scores what the values in the message suggest."""
        for named in self._named(reading):
            scores[named] += _NAMED
        hints = {Kind.IDENTIFIER} if reading.identifiers else set()
        if reading.zones or reading.regions:
            hints |= {Kind.ZONE, Kind.REGION, Kind.PLACE}
        for at, kinds in enumerate(self._kinds):
            if reading.expression is not None and Kind.EXPRESSION in kinds:
                scores[at] += _SIGNAL
            if at in scores and kinds & hints:
                scores[at] += _HINT
        self._add_ids(reading, scores)

    def _named(self, reading: Reading) -> Iterator[int]:
        """Yield the tools that the message names."""
        for word in reading.folded.split():
            at = self._by_name.get(word.strip("`'\".,:;?!()"))
            # A name of one plain word may be said without meaning the tool.
            if at is not None and ("_" in word or "-" in word or len(self._names[at]) > 1):
                yield at

    def _add_ids(self, reading: Reading, scores: dict[int, float]) -> None:
        """Add to the scores of tools whose object the message identifies by an id."""
        numbered = _numbered(reading)
        for at in scores:
            if self._names[at] & numbered and not self._begins_like(at, reading):
                scores[at] -= _ID
            elif self._things[at] & numbered:
                scores[at] += _ID

    def _begins_like(self, at: int, reading: Reading) -> bool:
        """Return whether the message may begin as a request for the tool; "feed pet 7" does not."""
        first = next(iter(WORD.findall(reading.folded)), "")
        word = term(first)
        return first in STOPWORDS or word in _LOOKS or at in self._postings.get(word, {})


def _numbered(reading: Reading) -> frozenset[str]:
    """Return the terms that are identified by an id in the message: "pet 7", "order A-1"."""
    found = [*reading.numbers, *reading.identifiers]
    before = (WORD.findall(reading.folded[: each.start])[-3:] for each in found)
    return frozenset(term(word) for words in before for word in words)


def _content(reading: Reading) -> frozenset[str]:
    """Return the meaningful terms of the message outside of quotes."""
    text = list(reading.text)
    for quote in reading.quoted:
        text[quote.start : quote.end] = " " * (quote.end - quote.start)
    visible = _IDIOMS.sub(" ", "".join(text))
    words = split(visible)
    # "para" opens a Spanish order to stop; anywhere else it is "for".
    said = {"stop"} if words[:1] == ["para"] else set()
    said.update(term(word) for word in words if word not in STOPWORDS)
    # A clock knows no day but the present one.
    if any(moment.day != reading.today for moment in reading.moments):
        said -= {"day", "date", "time"}
    elif _ASKS_DAY.search(fold(visible)):
        said.add("time")
    return frozenset(said)


def verb_of(tool: ToolSpec) -> str | None:
    """Return the verb in the tool's name as a term; None if it has no known verb."""
    return next((word for word in terms(tool.name) if word in VERBS), None)


def is_ordered(tool: ToolSpec, reading: Reading) -> bool:
    """Return whether the message asks for the tool's effect, if the tool has one.

    A tool that changes something is called only for a message with its verb, in which it is neither
    negated nor asked about: "do not stop i-1" and "how do I stop i-1" stop nothing.
    """
    if fold(tool.name) in reading.folded:
        return True
    if tool.effect is Effect.READ:
        return not _orders_else(tool, reading)
    if any(phrase in f" {reading.folded}" for phrase in _NO_ORDER):
        return False
    words = WORD.findall(reading.folded)
    if set(words) & _FORBIDS:
        return False
    verb = verb_of(tool)
    return verb is None or verb in _content(reading)


def _orders_else(tool: ToolSpec, reading: Reading) -> bool:
    """Return whether the message begins with an order that a reading tool cannot follow.

    "Delete all my conversations" asks for no search of them.
    """
    verb = verb_of(tool)
    words = [word for word in WORD.findall(reading.folded) if word not in STOPWORDS]
    first = term(words[0]) if words else ""
    return verb is not None and first in _CHANGES and verb not in _content(reading)


_SEARCHES = re.compile(r"\W*(?:please |por favor )?(?:search|busca(?:r|me)?)\b")
_LOOKS = frozenset({"find", "get", "list", "open", "read", "search"})
_CHANGES = frozenset({"close", "create", "delete", "send", "stop", "update", "write"})
_FORBIDS = frozenset({"don", "dont", "never", "nunca", "not", "no", "should", "debo", "deberia"})
_NO_ORDER = (" how ", " why ", " when ", " who ", " como ", "¿como ", " por que ", "¿por que ")
# Time that no clock tells.
_IDIOMS = re.compile(
    r"\b(?:every|each|last|first|this|that|next|any|some|long|same|another|more|of|good) time\b",
    re.IGNORECASE,
)
# What a clock is asked without a word about time.
_ASKS_DAY = re.compile(r"\bwhat(?:'s| is)?(?: the)? (?:day|date)\b|\bque (?:dia|fecha)\b")


class Indexes:
    """A cache of the indexes of recent tool sets."""

    def __init__(self) -> None:
        self._indexes: OrderedDict[tuple[str, ...], WordIndex] = OrderedDict()

    def of(self, tools: Sequence[ToolSpec]) -> WordIndex:
        """Return the index of these tools in this order, built at first use."""
        key = tuple(tool.version for tool in tools)
        index = self._indexes.pop(key, None) or WordIndex(tools)
        self._indexes[key] = index
        if len(self._indexes) > _KEPT:
            self._indexes.popitem(last=False)
        return index
