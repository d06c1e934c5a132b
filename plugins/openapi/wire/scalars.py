"""Serialization of JSON values as text outside of JSON: numbers, booleans, nested values."""

import json
from typing import Any

from domain.shared.errors import InvalidArguments
from domain.shared.json_schema import types_of


def compact(value: Any) -> str:
    """Return a value as JSON without spaces.

    Raises:
        InvalidArguments: the value has no JSON form.

    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise InvalidArguments(f"A value cannot be written as JSON: {error}.") from error


def text_of(value: Any, schema: Any = None) -> str:
    """Return a value as text: a string as it is, anything else as JSON.

    If the schema is of an integer, 3.0 becomes 3.

    Raises:
        InvalidArguments: the value has no JSON form, such as infinity.

    """
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and _wants_integer(schema):
        return str(int(value))
    return compact(value)


def utf8(text: str) -> bytes:
    """Encode a text as UTF-8.

    Raises:
        InvalidArguments: the text has a lone surrogate.

    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidArguments("A text holds half of a surrogate pair.") from error


def _wants_integer(schema: Any) -> bool:
    kinds = types_of(schema)
    return "integer" in kinds and "number" not in kinds and "string" not in kinds
