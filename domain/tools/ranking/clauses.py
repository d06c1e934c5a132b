"""What a message asks for, request by request."""

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
_MOST: Final = 40  # clauses; what stands after them is one more
_END: Final = 4_000  # characters at either end of a message that are read

_TOPIC: Final = 1.5  # where no tool says the word itself, and less the more tools say it
_LOUDEST: Final = 2.0  # of a topic, however many words speak for it
_MISSPELT: Final = 0.5
_SPELT: Final = re.compile(r"[a-z]{5,20}")
_SHORTEST: Final = 3  # letters of a word that is written together with its neighbour
_SLIPS: Final = 2  # unknown words that may stand alone and still be misspelt
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_CORRECTED: Final = 3  # unknown words of a clause that are looked at more closely

Count = Callable[[str], int]


class Request(NamedTuple):
    """What to look up for a clause: terms with their weights, and what is to be done."""

    terms: Mapping[str, float]
    actions: Iterable[str]


def clauses_of(message: str) -> list[str]:
    """Return the parts of a message that may each ask for another tool.

    Of a very long one the beginning and the end are read: there people ask about what they paste.
    """
    if len(message) > 2 * _END:
        message = f"{message[:_END]}\n{message[-_END:]}"
    parts = _BORDER.split(message, maxsplit=_MOST)
    return [part for part in parts if part and not part.isspace()]


def terms_of(clause: str, count: Count) -> Request:
    """Return what to look up for a clause.

    Terms are stems, two neighbours as one (for a tool named ``wordcount``), and topics.
    ``count`` tells how many tools say a term. Where more words are unknown than known, it is
    another language and no slip of the pen: no word is corrected to one that looks like it.
    """
    words = split(clause)
    terms = {stem(word): 1.0 for word in words if word not in STOPWORDS}
    topics: dict[str, float] = {}
    strangers: list[str] = []
    for word in terms:
        known = count(word)
        about = topics_of(word)
        loudness = _TOPIC / (1 + known)
        for topic in about:
            said = topics.get(topic, 0.0) + loudness / len(about)
            topics[topic] = min(said, _LOUDEST)
        if not (known or about):
            strangers.append(word)
    if len(strangers) <= max(_SLIPS, len(terms) // 2):
        for word in filter(_SPELT.fullmatch, strangers[:_CORRECTED]):
            terms.update(dict.fromkeys(_corrections(word, count) - terms.keys(), _MISSPELT))
    joined = (first + second for first, second in pairwise(words))
    terms.update((word, 1.0) for word in joined if count(word))
    return Request(terms | topics, actions_asked(words))


def _corrections(word: str, count: Count) -> set[str]:
    """Return the known words at one slip of the pen, the first letter being right.

    A forgotten space is a slip too: of ``airquality``, both words.
    """
    found: set[str] = set()
    for at in range(1, len(word) + 1):
        head, tail = word[:at], word[at:]
        if len(head) >= _SHORTEST <= len(tail):
            first, second = stem(head), stem(tail)
            found |= {first, second} if count(first) and count(second) else set()
        found.add(head + tail[1:])
        found.add(head + tail[1:2] + tail[:1] + tail[2:])
        for letter in _LETTERS:
            found.add(head + letter + tail)
            found.add(head + letter + tail[1:])
    return {candidate for candidate in found if count(candidate)}
