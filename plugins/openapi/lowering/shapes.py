"""What writing a value needs of its schema: types and formats, a few levels deep, no references."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.shared.json_schema import definition_in, is_null, parts_of

_KEPT: Final = ("type", "format", "contentEncoding", "contentMediaType", "maxLength", "required")
_LEVELS: Final = 3
_DEEPER: Final = (7, 5, 4)
_MOST_DEEPER: Final = 400  # schemas in one shape
_MOST_STEPS: Final = 20


class Shapes:
    """The shapes of schemas; ``definition`` returns what stands in ``$defs`` under a name."""

    def __init__(self, definition: Callable[[str], Mapping[str, Any]]) -> None:
        self._definition = definition

    def of(self, schema: Mapping[str, Any], levels: int = _LEVELS) -> dict[str, Any]:
        """Return a schema's shape; of a choice that of the first one which is not null."""
        schema = self._said(schema)
        shape = {key: schema[key] for key in _KEPT if key in schema}
        if levels == 0:
            return shape
        if isinstance(items := schema.get("items"), dict) and items:
            shape["items"] = self.of(items, levels - 1)
        if isinstance(named := schema.get("properties"), dict) and named:
            shape["properties"] = {name: self.of(one, levels - 1) for name, one in named.items()}
        return shape

    def of_form(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return a schema's shape, deeper where it stays small: styles write what lies deep."""
        levels = next(
            (each for each in _DEEPER if self._size(schema, each) <= _MOST_DEEPER), _LEVELS
        )
        return self.of(schema, levels)

    def _size(self, schema: Mapping[str, Any], levels: int) -> int:
        """Return how many schemas a shape is made of, or one more than are too many."""
        waiting, count = [(schema, levels)], 0
        while waiting and count <= _MOST_DEEPER:
            said, left = waiting.pop()
            count += 1
            if left:
                said = self._said(said)
                inside = [said.get("items"), *(said.get("properties") or {}).values()]
                waiting += [(each, left - 1) for each in inside if isinstance(each, dict)]
        return count

    def kind(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the shape of the schema alone, without what is in it."""
        return self.of(schema, levels=0)

    def _said(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the first part of a schema that says what it is."""
        for _ in range(_MOST_STEPS):
            if (reference := schema.get("$ref")) is not None:
                schema = self._definition(definition_in(reference))
                continue
            choices = [each for each in parts_of(schema, "anyOf", "allOf") if not is_null(each)]
            if "type" in schema or "properties" in schema or not choices:
                break
            schema = choices[0]
        return schema
