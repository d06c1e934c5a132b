"""Finds the text that remains of a message without the words about the tool."""

import re
from collections.abc import Sequence

from adapters.llm.offline.text.language import WORD, term
from adapters.llm.offline.text.vocabulary import FILLERS, STOPWORDS, VERBS
from adapters.llm.offline.values import FoundValue, Reading, trim

_ABOUT = re.compile(
    r"\b(?:about|regarding|containing|mentioning|sobre|acerca de|mencion\w*|conten\w*)\s+(?=\w)"
)
_JOINING = frozenset({"de", "del", "la", "las", "los", "el", "of", "the", "and", "y", "&"})
_LONGEST_NAME = 6  # words


def leftover(
    reading: Reading, taken: Sequence[tuple[int, int]], tool_terms: Sequence[str]
) -> FoundValue | None:
    """Return the text from the first to the last meaningful word; None without any.

    Words of the tool's name, stopwords and courtesies are removed from both ends, never from the
    middle; used parts are removed everywhere.
    """
    about = [m for m in _ABOUT.finditer(reading.folded) if not _taken(m, taken)]
    start = about[0].end() if about else 0
    words = [w for w in WORD.finditer(reading.folded, start) if not _taken(w, taken)]
    idle = set(tool_terms) | VERBS
    while words and _is_idle(words[0][0], set() if about else idle):
        words.pop(0)
    while words and _is_idle(words[-1][0], idle):
        words.pop()
    if not words:
        return None
    first, last = words[0].start(), words[-1].end()
    text, at = "", first
    for begin, end in sorted(taken):
        if begin >= at and end <= last:
            text, at = text + reading.text[at:begin], end
    value = trim(" ".join((text + reading.text[at:last]).split()))
    return FoundValue(value, first, last) if value else None


def _taken(match: re.Match[str], taken: Sequence[tuple[int, int]]) -> bool:
    return FoundValue(None, *match.span()).overlaps(taken)


def _is_idle(word: str, idle: set[str]) -> bool:
    return word in STOPWORDS or word in FILLERS or term(word) in idle


def named_after(
    reading: Reading, taken: Sequence[tuple[int, int]], prepositions: Sequence[str]
) -> FoundValue | None:
    """Return the name after one of the prepositions; None without one.

    Capitals show how long a name is; without them it ends before the next stopword.
    """
    busy = [*taken, *((moment.start, moment.end) for moment in reading.moments)]
    words = list(WORD.finditer(reading.folded))
    runs = []
    for at, word in enumerate(words[:-1]):
        if word[0] in prepositions and not _taken(word, taken):
            run = _run(reading, words[at + 1 :], busy)
            if run:
                runs.append(run)
    capital = [run for run in runs if reading.text[run[0].start()].isupper()]
    best = next(iter(capital or runs), None)
    if best is None:
        return None
    start, end = best[0].start(), best[-1].end()
    return FoundValue(reading.text[start:end], start, end)


def _run(
    reading: Reading, words: Sequence[re.Match[str]], taken: Sequence[tuple[int, int]]
) -> list[re.Match[str]]:
    run: list[re.Match[str]] = []
    for word in words[:_LONGEST_NAME]:
        gap = reading.text[run[-1].end() : word.start()] if run else ""
        is_capital = reading.text[word.start()].isupper()
        if _taken(word, taken) or word[0].isdigit() or gap.strip(" -'\u2019.&"):
            break
        if run and reading.text[run[0].start()].isupper():
            if not is_capital and word[0] not in _JOINING:
                break
        elif word[0] in STOPWORDS and not is_capital:
            if run:
                break
            if word[0] not in {"the", "el", "la", "los", "las", "un", "una", "a", "an"}:
                return []
            continue
        run.append(word)
    while run and run[-1][0] in _JOINING:
        run.pop()
    return run
