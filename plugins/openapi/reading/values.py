"""Tolerant conversion of a document's values: strings, booleans, objects, spelled numbers."""

import re
from collections.abc import Iterable
from typing import Any

import orjson


class SpelledFloat(float):
    """A number whose spelling differs from Python's: ``1.10``, ``1e3``."""

    spelling: str


class SpelledInt(int):
    """An integer whose spelling differs from Python's: ``0x1F``, ``+1``."""

    spelling: str


def spelled(number: float, spelling: str) -> float:
    """Return a number that remembers its spelling, where that differs from Python's."""
    if str(number) == spelling:
        return number
    number = SpelledInt(number) if isinstance(number, int) else SpelledFloat(number)
    number.spelling = spelling
    return number


def unspelled(value: Any) -> Any:
    """Return a number without its spelling; any other value as it is."""
    match value:
        case SpelledInt():
            return int(value)
        case SpelledFloat():
            return float(value)
        case _:
            return value


def to_json(record: Any) -> bytes:
    """Return a record as a line of JSON."""
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(record, default=unspelled, option=options)


def text(value: Any) -> str:
    """Convert a number or boolean to a string; return "" for anything else that is no string.

    A number keeps its spelling in the document: version 1.10 is not 1.1.
    """
    match value:
        case str():
            return value
        case SpelledFloat() | SpelledInt():
            return value.spelling
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case _:
            return ""


def texts(value: Any) -> list[str]:
    """Return the non-empty strings of a list; a single value counts as a list of one."""
    items: Iterable[Any] = value if isinstance(value, list) else [value]
    return [string for item in items if (string := text(item))]


def is_true(value: Any) -> bool:
    """Return whether a value is true, or the string ``true`` or ``yes``."""
    return value is True or (isinstance(value, str) and value.strip().lower() in ("true", "yes"))


def truth(value: Any, *, otherwise: bool) -> bool:
    """Return a boolean; anything else counts as missing and gives ``otherwise``."""
    return value if isinstance(value, bool) else otherwise


def entries(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def bare_name(name: str) -> str:
    """Return a name in lower case without punctuation, for comparison: ``apikey``."""
    return re.sub(r"[\W_]", "", name).lower()
