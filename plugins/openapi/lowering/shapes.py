"""What writing a value needs of its schema: types and formats, a few levels deep, no references."""

from collections.abc import Callable, Mapping
from typing import Any, Final

_KEPT: Final = ("type", "format", "contentEncoding", "contentMediaType", "maxLength", "required")
_LEVELS: Final = 3
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

    def kind(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the shape of the schema alone, without what is in it."""
        return self.of(schema, levels=0)

    def _said(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the first part of a schema that says what it is."""
        for _ in range(_MOST_STEPS):
            if (reference := schema.get("$ref")) is not None:
                schema = self._definition(reference.rpartition("/")[2])
                continue
            choices = [*schema.get("anyOf", ()), *schema.get("allOf", ())]
            choices = [choice for choice in choices if choice != {"type": "null"}]
            if "type" in schema or "properties" in schema or not choices:
                break
            schema = choices[0]
        return schema
