"""Values that every store and every client can hold.

JSON as Python has it is wider than JSON as others have it. PostgreSQL holds no NUL
character, UTF-8 no lone surrogate, RFC 8259 no NaN, and most readers no integer beyond
64 bits.
"""

import math
import re
from dataclasses import fields, is_dataclass
from typing import Any, Final

from pydantic_core import to_jsonable_python

from domain.artifacts import Artifact

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_LEAST_INTEGER: Final = -(2**63)
_GREATEST_INTEGER: Final = 2**64 - 1


def as_json(value: object) -> Any:
    """Return the value in JSON's own types: models, dataclasses, dates and the like included.

    Artifacts stay what they are, alone, in dicts, lists and dataclasses: they are kept elsewhere.
    NaN and infinities become strings, as do integers beyond 64 bits; characters that cannot
    be stored become U+FFFD.

    Raises:
        ValueError: the value has no JSON form, holds itself, or is nested too deep.

    """
    try:
        return _portable(value)
    except (ValueError, RecursionError) as error:
        nested = isinstance(error, RecursionError)
        reason = "it holds itself, or is nested too deep" if nested else str(error)
        raise ValueError(f"not a JSON value: {reason}") from error


def clean_text(text: str) -> str:
    """Return the text with U+FFFD for each character that cannot be stored."""
    return _UNSTORABLE.sub("\ufffd", text)


def _portable(value: Any) -> Any:
    match value:
        case None | bool():
            return value
        case str():
            return clean_text(str.__str__(value))  # also of an enum, whose str() is its name
        case int() | float():
            return _number(value)
        case list() | tuple():
            return [_portable(item) for item in value]
        case dict():
            return {_key(key): _portable(item) for key, item in value.items()}
        case _:
            return _portable_object(value)


def _portable_object(value: Any) -> Any:
    match value:
        case Artifact():
            return value
        case bytes() | bytearray() | memoryview():
            raise ValueError("it is bytes; return an Artifact(data, media_type, name)")
        case _ if _is_plain_dataclass(value):
            return {each.name: _portable(getattr(value, each.name)) for each in fields(value)}
        case _:
            return _portable(to_jsonable_python(value))


def _is_plain_dataclass(value: Any) -> bool:
    """Tell whether it is one of the standard library: pydantic's may have ways of their own."""
    is_one = is_dataclass(value) and not isinstance(value, type)
    return is_one and not hasattr(value, "__pydantic_serializer__")


def _number(value: float) -> float | str:
    """Return it as a plain number, not as the enum or library type that it may be."""
    if isinstance(value, int):
        held = _LEAST_INTEGER <= value <= _GREATEST_INTEGER
        return int(value) if held else str(int(value))
    return float(value) if math.isfinite(value) else str(float(value))


def _key(key: Any) -> str:
    if isinstance(key, str):
        return clean_text(str.__str__(key))
    return str(*to_jsonable_python({key: None}))
