"""Word processing: folding, splitting, stemming, and language detection."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from adapters.llm.offline.text.vocabulary import (
    ENGLISH_MARKS,
    ENGLISH_TERMS,
    SPANISH_MARKS,
    SPANISH_TERMS,
)

WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPANISH_SIGNS = re.compile(r"[¿¡ñáéíóú]")
_ENCLITIC = re.compile(r"(?<=[aeiou])(?:me|te|le|nos|les)?(?:lo|la|los|las|me|le|les|nos)$")
_LONGEST_WORD = 64
_SHORTEST_PLURAL = 4
_SHORTEST_GERUND = 7


class Language(StrEnum):
    """A language that the model answers in."""

    ENGLISH = "en"
    SPANISH = "es"


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    return unicodedata.normalize("NFD", char)[0].casefold()[:1] or char


def fold(text: str) -> str:
    """Return the text in lower case without accents, and of the same length.

    So positions in the folded text are positions in the text.
    """
    return "".join(map(_fold_char, text))


def detect(texts: Iterable[str]) -> Language:
    """Return the language of the first text that shows one; English by default."""
    for text in texts:
        words = WORD.findall(fold(text))
        english = sum(word in ENGLISH_MARKS for word in words)
        spanish = sum(word in SPANISH_MARKS for word in words)
        spanish += len(_SPANISH_SIGNS.findall(text.lower()))
        if english != spanish:
            return Language.SPANISH if spanish > english else Language.ENGLISH
    return Language.ENGLISH


def stem(word: str) -> str:
    """Return the folded word without the ending of an English or Spanish plural or gerund."""
    if len(word) >= _SHORTEST_GERUND and word.endswith("ing"):
        return word[:-3]
    if len(word) < _SHORTEST_PLURAL or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("iones", "ores", "dades", "sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=16384)
def term(word: str) -> str:
    """Return the term of a folded word: one for each meaning, in both languages."""
    if len(word) > _LONGEST_WORD:
        return word
    root = stem(word)
    for form in (word, root, _ENCLITIC.sub("", word)):
        known = ENGLISH_TERMS.get(form) or SPANISH_TERMS.get(form)
        if known:
            return known
    return root


def split(text: str) -> list[str]:
    """Return the folded words of a text; ``snake_case`` and ``camelCase`` names are split."""
    return WORD.findall(fold(_HUMP.sub(" ", text)))


def terms(text: str) -> list[str]:
    """Return the terms of a text, in order."""
    return [term(word) for word in split(text)]
