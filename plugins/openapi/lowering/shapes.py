"""Shapes: reduced schemas for the serialization of values: types and formats, no references."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.shared.json_schema import definition_in, is_null, parts_of

_KEYWORDS: Final = (
    "type",
    "format",
    "contentEncoding",
    "contentMediaType",
    "maxLength",
    "required",
)
_LEVELS: Final = 3
_DEEPER: Final = (7, 5, 4)
_MOST_DEEPER: Final = 400  # schemas in one shape
_MOST_STEPS: Final = 20


class Shapes:
    """Makes shapes of schemas; ``definition`` returns a definition by its name in ``$defs``."""

    def __init__(self, definition: Callable[[str], Mapping[str, Any]]) -> None:
        self._definition = definition

    def of(self, schema: Mapping[str, Any], levels: int = _LEVELS) -> dict[str, Any]:
        """Return the shape of a schema; of a choice that of the first part that is not null."""
        schema = self._resolved(schema)
        shape = {key: schema[key] for key in _KEYWORDS if key in schema}
        if levels == 0:
            return shape
        if isinstance(items := schema.get("items"), dict) and items:
            shape["items"] = self.of(items, levels - 1)
        if isinstance(named := schema.get("properties"), dict) and named:
            shape["properties"] = {name: self.of(one, levels - 1) for name, one in named.items()}
        return shape

    def of_form(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the shape of a form's schema, with more levels if it stays small."""
        levels = next(
            (each for each in _DEEPER if self._size(schema, each) <= _MOST_DEEPER), _LEVELS
        )
        return self.of(schema, levels)

    def _size(self, schema: Mapping[str, Any], levels: int) -> int:
        """Return the number of schemas in a shape; counting stops above `_MOST_DEEPER`."""
        waiting, count = [(schema, levels)], 0
        while waiting and count <= _MOST_DEEPER:
            part, remaining = waiting.pop()
            count += 1
            if remaining:
                part = self._resolved(part)
                inside = [part.get("items"), *(part.get("properties") or {}).values()]
                waiting += [(each, remaining - 1) for each in inside if isinstance(each, dict)]
        return count

    def kind(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the shape of the schema alone, without items and properties."""
        return self.of(schema, levels=0)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow references and choices to the first part with a type or properties."""
        for _ in range(_MOST_STEPS):
            if (reference := schema.get("$ref")) is not None:
                schema = self._definition(definition_in(reference))
                continue
            choices = [each for each in parts_of(schema, "anyOf", "allOf") if not is_null(each)]
            if "type" in schema or "properties" in schema or not choices:
                break
            schema = choices[0]
        return schema
