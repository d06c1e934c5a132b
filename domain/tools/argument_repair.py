"""Argument repair: coercion of a model's arguments to the schema's types before validation.

Nothing is guessed. A value is changed only if the schema does not accept its type, and only into
its plain meaning: a number or JSON written as text, a single value for a list, a whole number with
a decimal point, null for an optional parameter.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from domain.shared.json_schema import (
    CHOICES,
    Schema,
    is_one_of,
    parts_of,
    properties_of,
    required_in,
    target_of,
    type_of,
    types_of,
    values_in,
)

_DEEPEST: Final = 32
_MOST: Final = 20_000  # schemas visited for one call: their number may double at each level
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,300})(\.\d{1,300})?([eE][+-]?\d{1,3})?", re.ASCII)
_BOOLEANS: Final = {"true": True, "false": False}


def coerced(arguments: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Return the arguments coerced to the types of ``schema``, that of the tool's parameters.

    Arguments that fit the schema stay equal, and so does whatever cannot be repaired.
    """
    return _Coercion(schema).of_object(dict(arguments), schema, 0)


class _Coercion:
    def __init__(self, root: Schema) -> None:
        self._root = root
        self._remaining = _MOST

    def of_object(self, value: dict[str, Any], schema: Any, depth: int) -> dict[str, Any]:
        for layer in self._layers(schema, "object"):
            value = self._properties(value, layer, depth)
        return value

    def _of(self, value: Any, schema: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            return value
        types = self._types(schema)
        if types is not None and not _is_one(value, types):
            value = self._converted(value, types, schema, depth)
        if isinstance(value, dict):
            return self.of_object(value, schema, depth)
        if isinstance(value, list):
            for layer in self._layers(schema, "array"):
                value = self._items(value, layer, depth)
        return value

    def _properties(self, value: dict[str, Any], schema: Schema, depth: int) -> dict[str, Any]:
        named = properties_of(schema)
        others = None if "patternProperties" in schema else schema.get("additionalProperties")
        required = set(required_in(schema))
        return {
            name: self._of(each, named.get(name, others), depth + 1)
            for name, each in value.items()
            if not (each is None and name not in required and self._refuses_null(named.get(name)))
        }

    def _items(self, value: list[Any], schema: Schema, depth: int) -> list[Any]:
        first = parts_of(schema, "prefixItems")
        rest = [schema.get("items")] * (len(value) - len(first))
        return [
            self._of(each, inner, depth + 1)
            for each, inner in zip(value, [*first, *rest], strict=False)
        ]

    def _converted(self, value: Any, types: set[str], schema: Any, depth: int) -> Any:
        match value:
            case str():
                read = _read(value.strip(), types)
                if read is not None:
                    return read
            case float() if "integer" in types and value.is_integer():
                return int(value)
            case bool() | None:
                pass
            case int() | float() if "string" in types and math.isfinite(value):
                return json.dumps(value)
        if "array" in types and value is not None:
            alone = [value]
            for layer in self._layers(schema, "array"):
                alone = self._items(alone, layer, depth)
                kinds = self._types(layer.get("items"))
                if kinds is not None and not _is_one(alone[0], kinds):
                    return value
            return alone
        return value

    def _refuses_null(self, schema: Any) -> bool:
        types = self._types(schema)
        return types is not None and "null" not in types

    def _types(self, schema: Any, hops: int = 0) -> set[str] | None:
        """Return the JSON types that a schema accepts; None if it does not restrict them."""
        if not self._may_look(schema, hops):
            return None
        narrowed = [each for each in self._types_by_keyword(schema, hops + 1) if each is not None]
        return set.intersection(*map(_widened, narrowed)) if narrowed else None

    def _types_by_keyword(self, schema: Schema, hops: int) -> Iterator[set[str] | None]:
        """Yield the types that each keyword accepts; None for no restriction."""
        if named := types_of(schema):
            yield set(named)
        if (listed := values_in(schema)) is not None:
            yield set(map(type_of, listed))
        whole = [target_of(schema, self._root), *parts_of(schema, "allOf")]
        yield from (self._types(each, hops) for each in whole)
        for keyword in CHOICES:
            if branches := parts_of(schema, keyword):
                yield self._types_of_any(branches, hops)

    def _types_of_any(self, branches: Sequence[Any], hops: int) -> set[str] | None:
        kinds = [self._types(each, hops) for each in branches]
        known = [each for each in kinds if each is not None]
        return set[str]().union(*known) if len(known) == len(kinds) else None

    def _layers(self, schema: Any, kind: str, hops: int = 0) -> Iterator[Schema]:
        """Yield each schema that certainly applies to a value of this type."""
        if not self._may_look(schema, hops):
            return
        yield schema
        for each in (target_of(schema, self._root), *parts_of(schema, "allOf")):
            yield from self._layers(each, kind, hops + 1)
        for keyword in CHOICES:
            kinds = [(each, self._types(each)) for each in parts_of(schema, keyword)]
            taking = [each for each, types in kinds if types is None or kind in types]
            if len(taking) == 1:
                yield from self._layers(taking[0], kind, hops + 1)

    def _may_look(self, schema: Any, hops: int) -> bool:
        """Count a visit; tell whether the value is a schema and the limits are not exceeded."""
        self._remaining -= 1
        return isinstance(schema, Mapping) and hops <= _DEEPEST and self._remaining > 0


def _read(text: str, types: set[str]) -> Any:
    """Parse a text as a value of one of the types; None if it is none."""
    if "boolean" in types and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    if types & {"integer", "number"} and _NUMBER.fullmatch(text):
        number = json.loads(text)
        if isinstance(number, float) and number.is_integer() and "number" not in types:
            number = int(number)
        return number if _is_one(number, types) else None
    if text.startswith(("{", "[")) and types & {"object", "array"}:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return value if _is_one(value, types) else None
    return None


def _is_one(value: Any, types: set[str]) -> bool:
    if isinstance(value, float) and value.is_integer():
        return "number" in types  # 5.0 fits an integer, but 5 is what it means
    return is_one_of(value, types)


def _widened(types: set[str]) -> set[str]:
    return types | {"integer"} if "number" in types else types
