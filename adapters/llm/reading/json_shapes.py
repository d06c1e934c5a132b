"""Reads fields of untrusted JSON: a value of the wrong type counts as missing."""

from collections.abc import Mapping
from typing import Any, Final

_DIGITS: Final = 10  # an index has fewer


def as_object(value: Any) -> Mapping[str, Any]:
    """Return the value if it is an object; else an empty object."""
    return value if isinstance(value, dict) else {}


def as_objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list, or a single object as a list of one."""
    if isinstance(value, dict):
        return [value]
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """Return the value if it is a string; else an empty string."""
    return value if isinstance(value, str) else ""


def as_count(value: Any) -> int:
    """Return the value if it is an integer of at least 0, also one written as ``11.0``; else 0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def as_index(value: Any) -> int | None:
    """Return the value if it is an integer, also one that is written as a string; else None."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < _DIGITS:
        return int(value)
    return value if isinstance(value, int) else None
