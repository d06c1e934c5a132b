"""Splitting a message into clauses, and a clause into search terms."""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from domain.tools.ranking.actions import actions_asked
from domain.tools.ranking.topics import topics_of
from domain.tools.ranking.words import STOPWORDS, split, stem

_BORDER: Final = re.compile(
    r"[.;!?]\s+|\n+|,\s|[\u3001\u3002\uff01\uff0c\uff1b\uff1f]"
    r"|\s+(?:and|then|also|finally|lastly|afterwards?|additionally|furthermore|moreover"
    r"|y|luego|despu[eé]s|tambi[eé]n|adem[aá]s)\b",
    re.IGNORECASE,
)
_MOST: Final = 40  # clauses; the rest of the message is one more
_END: Final = 4_000  # characters read at either end of a message

_TOPIC: Final = 1.5  # weight of a topic whose word is in no tool; less the more tools have it
_LOUDEST: Final = 2.0  # maximum weight of a topic
_MISSPELT: Final = 0.5
_SPELT: Final = re.compile(r"[a-z]{5,20}")
_SHORTEST: Final = 3  # letters of each half of a word with a missing space
_SLIPS: Final = 2  # unknown words that may be misspelt, whatever their share of the clause
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_CORRECTED: Final = 3  # unknown words of a clause for which corrections are tried

Count = Callable[[str], int]


class Request(NamedTuple):
    """The search of a clause: terms with their weights, and actions."""

    terms: Mapping[str, float]
    actions: Iterable[str]


def clauses_of(message: str) -> list[str]:
    """Return the clauses of a message, each of which may need another tool.

    Of a very long message the beginning and the end are read: pasted text is mostly in the middle.
    """
    if len(message) > 2 * _END:
        message = f"{message[:_END]}\n{message[-_END:]}"
    parts = _BORDER.split(message, maxsplit=_MOST)
    return [part for part in parts if part and not part.isspace()]


def terms_of(clause: str, count: Count) -> Request:
    """Return the search terms of a clause.

    Terms are stems, two adjacent words as one (for a tool named ``wordcount``; after a stop word
    that would be chance: "in Box" is no inbox), and topics.
    ``count`` returns in how many tools a term occurs. If more words are unknown than known, the
    clause is in another language, and spelling is not corrected.
    """
    words = split(clause)
    terms = {stem(word): 1.0 for word in words if word not in STOPWORDS}
    topics: dict[str, float] = {}
    unknown: list[str] = []
    for word in terms:
        known = count(word)
        word_topics = topics_of(word)
        loudness = _TOPIC / (1 + known)
        for topic in word_topics:
            weight = topics.get(topic, 0.0) + loudness / len(word_topics)
            topics[topic] = min(weight, _LOUDEST)
        if not (known or word_topics):
            unknown.append(word)
    if len(unknown) <= max(_SLIPS, len(terms) // 2):
        for word in filter(_SPELT.fullmatch, unknown[:_CORRECTED]):
            terms.update(dict.fromkeys(_corrections(word, count) - terms.keys(), _MISSPELT))
    pairs = pairwise(words)
    joined = (first + second for first, second in pairs if first not in STOPWORDS)
    terms.update((word, 1.0) for word in joined if count(word))
    return Request(terms | topics, actions_asked(words))


def _corrections(word: str, count: Count) -> set[str]:
    """Return the known words at edit distance 1, with the same first letter.

    A missing space counts, too: of ``airquality``, both words.
    """
    candidates: set[str] = set()
    for at in range(1, len(word) + 1):
        head, tail = word[:at], word[at:]
        if len(head) >= _SHORTEST <= len(tail):
            first, second = stem(head), stem(tail)
            candidates |= {first, second} if count(first) and count(second) else set()
        candidates.add(head + tail[1:])
        candidates.add(head + tail[1:2] + tail[:1] + tail[2:])
        for letter in _LETTERS:
            candidates.add(head + letter + tail)
            candidates.add(head + letter + tail[1:])
    return {candidate for candidate in candidates if count(candidate)}
