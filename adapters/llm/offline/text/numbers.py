"""Parses numbers in English and Spanish."""

import re
from decimal import Decimal, InvalidOperation

from adapters.llm.offline.text.language import Language

NUMERAL = r"\d[\d.,]*\d|\d"
_GROUP = 3  # digits between two separators of thousands
_LONGEST = 40  # characters
_FIGURES = re.compile(r"[0-9](?:[0-9.,]*[0-9])?")

_ENGLISH = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen twenty"""
_SPANISH = """cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce
quince dieciseis diecisiete dieciocho diecinueve veinte"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety hundred"
_DECENAS = "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien"
NUMBER_WORDS: dict[str, int] = {
    **{word: value for value, word in enumerate(_ENGLISH.split())},
    **{word: value for value, word in enumerate(_SPANISH.split())},
    **{word: ten * 10 for ten, word in enumerate(_TENS.split(), 2)},
    **{word: ten * 10 for ten, word in enumerate(_DECENAS.split(), 2)},
    "thousand": 1000,
    "mil": 1000,
}
# "once" is English for one time; it counts as eleven only in a Spanish message.
_ONLY_SPANISH = frozenset({"once"})


def _is_grouped(pieces: list[str]) -> bool:
    """Return whether the pieces are grouped by thousands, as in 1.234.567."""
    head, *groups = pieces
    return len(head) <= _GROUP and head != "0" and all(len(group) == _GROUP for group in groups)


def plain(numeral: str, language: Language) -> str | None:
    """Return a numeral with ``.`` for decimals and no separators; None if it is no numeral.

    Of two different signs, the last is the decimal sign. A single sign before three digits depends
    on the language: 1.234 is above a thousand in Spanish, 1,234 in English.
    """
    if len(numeral) > _LONGEST or not _FIGURES.fullmatch(numeral):
        return None
    points, commas = numeral.count("."), numeral.count(",")
    decimal = ""
    if points and commas:
        decimal = max(".,", key=numeral.rfind)
    elif points + commas == 1:
        sign = "." if points else ","
        of_thousands = "." if language is Language.SPANISH else ","
        decimal = "" if sign == of_thousands and _is_grouped(numeral.split(sign)) else sign
    whole, _, fraction = numeral.rpartition(decimal) if decimal else (numeral, "", "")
    pieces = re.split(r"[.,]", whole)
    if (len(pieces) > 1 and not _is_grouped(pieces)) or (decimal and not fraction.isdigit()):
        return None
    return "".join(pieces) + (f".{fraction}" if fraction else "")


def word_value(word: str, language: Language) -> int | None:
    """Return the value of a folded number word, such as ``seven`` or ``siete``."""
    if word in _ONLY_SPANISH and language is not Language.SPANISH:
        return None
    return NUMBER_WORDS.get(word)


def number(text: str) -> int | float | None:
    """Return a plain numeral as a JSON number: an integer where it is whole."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
