"""JSON Schemas as pydantic makes them, without what costs tokens and tells a model nothing."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from plugins.docstrings import read_docstring
from plugins.errors import ToolDefinitionError

_NOISE: Final = {"title", "discriminator"}  # names again; a keyword of OpenAPI, not of JSON Schema
_OF_NAMES: Final = {"properties", "patternProperties", "$defs"}  # keys inside are no keywords
_OF_VALUES: Final = {"default", "const", "enum", "examples"}  # what is inside is no schema
_NOTES: Final = {"description", "default", "examples", "deprecated"}
_REFERENCE: Final = "#/$defs/"


def plain_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema, as strict as before.

    Titles are gone. Fields of nested models are described as the model's docstring says.
    Definitions stand where they are used, if that is one place only.
    """
    plain: dict[str, Any] = _plain(dict(schema))
    definitions: dict[str, Any] = plain.pop("$defs", {})
    uses = Counter(_uses([plain, *definitions.values()]))
    once = {name: each for name, each in definitions.items() if uses[name] == 1}
    whole: dict[str, Any] = _inlined(plain, once)
    others = {name: each for name, each in definitions.items() if uses[name] > 1}
    return whole | {"$defs": _inlined_each(others, once)} if others else whole


def _within(schema: Any, change: Callable[[Any], Any]) -> Any:
    """Return the schema with each schema directly inside it changed."""
    if isinstance(schema, list):
        return [change(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {}
    for key, value in schema.items():
        if key in _OF_NAMES:
            changed[key] = {name: change(each) for name, each in value.items()}
        else:
            changed[key] = value if key in _OF_VALUES else change(value)
    return changed


def _plain(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return _within(schema, _plain)
    kept = {key: value for key, value in schema.items() if key not in _NOISE}
    return _described(_within(kept, _plain))


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    """Move what a model's docstring says of its fields to the fields."""
    fields, text = schema.get("properties"), schema.get("description")
    if not (fields and isinstance(text, str)):
        return schema
    try:
        docstring = read_docstring(text)
    except ToolDefinitionError:
        return schema  # it is any text then
    if not docstring.parameters.keys() & fields.keys():
        return schema
    told = {
        name: {"description": docstring.parameters[name], **field}
        if docstring.parameters.get(name) and isinstance(field, dict)
        else field
        for name, field in fields.items()
    }
    about = {"description": docstring.description} if docstring.description else {}
    rest = {key: value for key, value in schema.items() if key != "description"}
    return rest | about | {"properties": told}


def _uses(schemas: list[Any]) -> list[str]:
    """Return the names of the definitions that are referred to, each as often as it is."""
    found: list[str] = []

    def look(schema: Any) -> Any:
        if isinstance(schema, dict) and isinstance(reference := schema.get("$ref"), str):
            found.append(reference.removeprefix(_REFERENCE))
        return _within(schema, look)

    for schema in schemas:
        look(schema)
    return found


def _inlined(schema: Any, once: Mapping[str, Any]) -> Any:
    """Return the schema with these definitions in the places of their references.

    A definition that is used once is not part of a circle: the way in would be a second use.
    """
    if isinstance(schema, dict) and isinstance(reference := schema.get("$ref"), str):
        definition = once.get(reference.removeprefix(_REFERENCE))
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if isinstance(definition, dict) and not beside.keys() & definition.keys() - _NOTES:
            return _inlined(definition, once) | _inlined_in(beside, once)
    return _inlined_in(schema, once)


def _inlined_in(schema: Any, once: Mapping[str, Any]) -> Any:
    return _within(schema, lambda inner: _inlined(inner, once))


def _inlined_each(schemas: Mapping[str, Any], once: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _inlined(schema, once) for name, schema in schemas.items()}
