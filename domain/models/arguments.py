"""Parsing of tool call arguments, in the forms in which models and their servers write them."""

import json
import re
from typing import Any, Final

from domain.shared.json_values import refuse_constant

_MOST_VALUES: Final = 8  # one after the other
_DECODER: Final = json.JSONDecoder(
    parse_constant=refuse_constant, strict=False
)  # line ends in texts
_FENCE: Final = re.compile(r"\A```(?:json)?\s(.*?)\s?```\Z", re.DOTALL | re.IGNORECASE)


def read_value(text: str) -> Any:
    """Parse the arguments of a tool call that a model wrote; return the JSON value.

    Empty text, blank text and null give an empty object. An object that is double-encoded as a JSON
    string, in a Markdown code fence, the only element of a list, or repeated, is that object.

    Raises:
        ValueError: it is no JSON, or holds NaN or an infinity.
        RecursionError: it is nested too deep.

    """
    value = _one_of(_values(text))
    if isinstance(value, str):
        value = _one_of(_values(value))
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        value = value[0]
    return {} if value is None else value


def _values(text: str) -> list[Any]:
    """Return the concatenated JSON values of the text."""
    values: list[Any] = []
    rest = text.strip("\ufeff \t\r\n")
    if fenced := _FENCE.match(rest):
        rest = fenced[1].strip()
    while rest:
        if len(values) == _MOST_VALUES:
            raise ValueError("many values stand one after the other")
        value, end = _DECODER.raw_decode(rest)
        values.append(value)
        rest = rest[end:].lstrip()
    return values


def _one_of(values: list[Any]) -> Any:
    """Return the one value that all non-empty ones equal; None if all are empty."""
    full = [value for value in values if value not in (None, {}, [], "")]
    if any(value != full[0] for value in full):
        raise ValueError("several values stand one after the other")
    return full[0] if full else None
