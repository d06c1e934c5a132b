"""Values as they come, taken for what they were meant to be."""

import re
from collections.abc import Iterable
from typing import Any

import orjson


class SpelledFloat(float):
    """A number that is written otherwise than Python writes it: ``1.10``, ``1e3``."""

    spelling: str


class SpelledInt(int):
    """A whole number that is written otherwise than Python writes it: ``0x1F``, ``+1``."""

    spelling: str


def spelled(number: float, spelling: str) -> float:
    """Return a number that knows how it is written, where that is not what Python would write."""
    if str(number) == spelling:
        return number
    kept = SpelledInt(number) if isinstance(number, int) else SpelledFloat(number)
    kept.spelling = spelling
    return kept


def unspelled(value: Any) -> Any:
    """Return a number as Python has it."""
    match value:
        case SpelledInt():
            return int(value)
        case SpelledFloat():
            return float(value)
        case _:
            return value


def to_json(record: Any) -> bytes:
    """Return one of our records as a line of JSON."""
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(record, default=unspelled, option=options)


def text(value: Any) -> str:
    """Return a string; a number or a boolean becomes one, anything else the empty string.

    A number is written as the document has it: a version 1.10 is not 1.1.
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
    """Return the strings of a list, or of what should have been one."""
    items: Iterable[Any] = value if isinstance(value, list) else [value]
    return [found for item in items if (found := text(item))]


def is_true(value: Any) -> bool:
    """Tell whether a value means yes: true, or a word for it."""
    return value is True or (isinstance(value, str) and value.strip().lower() in ("true", "yes"))


def truth(value: Any, *, otherwise: bool) -> bool:
    """Return a boolean; what is none counts as not said."""
    return value if isinstance(value, bool) else otherwise


def entries(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def bare_name(name: str) -> str:
    """Return a name in small letters without signs, as it is compared with others: ``apikey``."""
    return re.sub(r"[\W_]", "", name).lower()
