"""JSON Schemas as pydantic makes them, without what costs tokens and tells a model nothing."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from domain.shared.json_schema import definition_in, references_in, with_each, without
from plugins.authoring.docstrings import read_docstring
from plugins.authoring.errors import ToolDefinitionError

_NOISE: Final = {"title", "discriminator"}  # names again; a keyword of OpenAPI, not of JSON Schema
_NOTES: Final = {"description", "default", "examples", "deprecated"}


def plain_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema, as strict as before.

    Titles are gone. Fields of nested models are described as the model's docstring says.
    Definitions stand where they are used, if that is one place only.

    Raises:
        ToolDefinitionError: it is nested too deep.

    """
    try:
        return _shortened(schema)
    except RecursionError as error:
        raise ToolDefinitionError("the parameters are nested too deep") from error


def _shortened(schema: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = _plain(dict(schema))
    definitions: dict[str, Any] = plain.pop("$defs", {})
    uses = Counter(map(definition_in, references_in({**plain, "$defs": definitions})))
    once = {name: each for name, each in definitions.items() if uses[name] == 1}
    whole: dict[str, Any] = _inlined(plain, once)
    others = {name: each for name, each in definitions.items() if uses[name] > 1}
    return whole | _inlined_in({"$defs": others}, once) if others else whole


def _plain(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    return _described(with_each(without(schema, *_NOISE), _plain))


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
    return without(schema, "description") | about | {"properties": told}


def _inlined(schema: Any, once: Mapping[str, Any]) -> Any:
    """Return the schema with these definitions in the places of their references.

    A definition that is used once is not part of a circle: the way in would be a second use.
    """
    if isinstance(schema, dict) and "$ref" in schema:
        definition, beside = once.get(definition_in(schema["$ref"])), without(schema, "$ref")
        if isinstance(definition, dict) and not beside.keys() & definition.keys() - _NOTES:
            return _inlined(definition, once) | _inlined_in(beside, once)
    return _inlined_in(schema, once)


def _inlined_in(schema: Any, once: Mapping[str, Any]) -> Any:
    return with_each(schema, lambda inner: _inlined(inner, once))
