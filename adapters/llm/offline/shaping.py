"""Puts an answer into the format that was asked for: JSON, of a schema where one is given."""

import json
from collections.abc import Mapping
from typing import Any

from adapters.llm.offline.schemas import resolve, type_of
from domain.shared.json_schema import (
    is_null,
    is_number,
    mapping,
    parts_of,
    properties_of,
    required_in,
    values_in,
)

_DEEPEST = 8
_MOST_ITEMS = 100
_MOST_PADDING = 1_000


def shaped(text: str, form: Mapping[str, Any]) -> str | None:
    """Return the text as JSON in a response format; None if no value of its schema was found.

    A value of a schema has the text as its first text that may be any, and else what is smallest.
    """
    if "schema" not in form:
        return json.dumps({"answer": text}, ensure_ascii=False)
    schema = mapping(form["schema"])
    value = _Shaping(schema, text).value(schema)
    return json.dumps(value, ensure_ascii=False) if _fits(value, schema) else None


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    from jsonschema_rs import ReferencingError, ValidationError, validator_for

    try:
        return validator_for(dict(schema), offline=True).is_valid(value)
    except (ReferencingError, ValidationError, ValueError):
        return False  # it is no schema


class _Shaping:
    """Makes one value of a schema."""

    def __init__(self, root: Mapping[str, Any], text: str) -> None:
        self._root = root
        self._text = text

    def value(self, schema: Any, depth: int = 0) -> Any:
        own = resolve(schema, self._root)
        if (listed := values_in(own)) or is_null(own):
            return (listed or [None])[0]
        kind = type_of(own)
        if kind == "string":
            return self._string(own)
        if kind == "array":
            return self._array(own, depth)
        if kind in {"integer", "number"}:
            return _number(own, whole=kind == "integer")
        return False if kind == "boolean" else self._object(own, depth)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        named, required = properties_of(schema), required_in(schema)
        names = required if depth >= _DEEPEST // 2 else dict.fromkeys((*named, *required))
        if depth >= _DEEPEST:
            return {}
        return {name: self.value(named.get(name, {}), depth + 1) for name in names}

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        least = schema.get("minItems", 0)
        count = min(int(least), _MOST_ITEMS) if is_number(least) and depth < _DEEPEST else 0
        first = parts_of(schema, "prefixItems")
        return [
            self.value(first[at] if at < len(first) else schema.get("items", {}), depth + 1)
            for at in range(count)
        ]

    def _string(self, schema: Mapping[str, Any]) -> str:
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        text, self._text = self._text, ""
        if is_number(most):
            text = text[: int(most)]
        return text.ljust(min(int(least), _MOST_PADDING)) if is_number(least) else text


def _number(schema: Mapping[str, Any], *, whole: bool) -> float:
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    value: float = 0
    if is_number(low):
        value = max(value, low)
    if is_number(above):
        value = max(value, above + 1)
    if is_number(high):
        value = min(value, high)
    if is_number(below):
        value = min(value, below - 1)
    return int(value) if whole or float(value).is_integer() else value
