"""Cleanup of pydantic's JSON Schemas: removes what costs tokens and tells a model nothing."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from domain.shared.json_schema import definition_in, references_in, with_each, without
from plugins.authoring.docstrings import read_docstring
from plugins.authoring.errors import ToolDefinitionError

_NOISE: Final = {"title", "discriminator"}  # names again; a keyword of OpenAPI, not of JSON Schema
_NOTES: Final = {"description", "default", "examples", "deprecated"}


def plain_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return an equally strict, shorter schema.

    Titles are removed. Fields of nested models get their descriptions from the model's docstring.
    Definitions that are used once are inlined.

    Raises:
        ToolDefinitionError: the schema is nested too deep.

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
    inlined: dict[str, Any] = _inlined(plain, once)
    shared = {name: each for name, each in definitions.items() if uses[name] > 1}
    return inlined | _inlined_in({"$defs": shared}, once) if shared else inlined


def _plain(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    return _described(with_each(without(schema, *_NOISE), _plain))


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    """Move the descriptions of fields from a model's docstring to the fields."""
    fields, text = schema.get("properties"), schema.get("description")
    if not (fields and isinstance(text, str)):
        return schema
    try:
        docstring = read_docstring(text)
    except ToolDefinitionError:
        return schema
    if not docstring.parameters.keys() & fields.keys():
        return schema
    described = {
        name: {"description": docstring.parameters[name], **field}
        if docstring.parameters.get(name) and isinstance(field, dict)
        else field
        for name, field in fields.items()
    }
    about = {"description": docstring.description} if docstring.description else {}
    return without(schema, "description") | about | {"properties": described}


def _inlined(schema: Any, once: Mapping[str, Any]) -> Any:
    """Return the schema with references to these definitions replaced by the definitions.

    A definition that is used once is part of no cycle: the way into the cycle is a second use.
    """
    if isinstance(schema, dict) and "$ref" in schema:
        definition, beside = once.get(definition_in(schema["$ref"])), without(schema, "$ref")
        if isinstance(definition, dict) and not beside.keys() & definition.keys() - _NOTES:
            return _inlined(definition, once) | _inlined_in(beside, once)
    return _inlined_in(schema, once)


def _inlined_in(schema: Any, once: Mapping[str, Any]) -> Any:
    return with_each(schema, lambda inner: _inlined(inner, once))
