"""Transformations of JSON Schemas for the OpenAPI document."""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from pydantic import TypeAdapter

Json = dict[str, Any]

REFERENCE: Final = "#/components/schemas/{model}"

_NO_NUL: Final = r"^[^\u0000]*$"
_NARROW: Final = frozenset({"enum", "const", "format", "pattern"})
_VALUES: Final = frozenset({"default", "const", "enum", "example", "examples"})


def schemas_of(name: str, type_: Any) -> Json:
    """Return the schemas of a type and of those that it refers to, by name."""
    schema = TypeAdapter(type_).json_schema(ref_template=REFERENCE, mode="serialization")
    definitions: Json = schema.pop("$defs", {})
    return definitions | {name: schema}


def plain_parameter(parameter: Json, needed: Collection[str]) -> Json:
    """Return a parameter outside the body without null: it is a string, or left out."""
    schema = dict(parameter["schema"])
    options = schema.pop("anyOf", [])
    for option in options:
        if option != {"type": "null"}:
            schema |= option
    described: Json = {"required": parameter["name"] in needed}
    if "description" in schema:
        described["description"] = schema.pop("description")
    return parameter | described | {"schema": _refusing_nul(schema)}


def body_schemas(schemas: Mapping[str, Json]) -> Json:
    """Return schemas of request bodies that match the parser.

    Strings refuse NUL. The default of a field is moved to its description, since generators of
    clients take a `default` to mean that the field is always there.
    """
    return {
        name: _with_defaults_in_descriptions(_refusing_nul(each)) for name, each in schemas.items()
    }


def _refusing_nul(node: Any) -> Any:
    match node:
        case {"type": "string"} if not node.keys() & _NARROW:
            return node | {"pattern": _NO_NUL}
        case dict():
            return {
                key: value if key in _VALUES else _refusing_nul(value)
                for key, value in node.items()
            }
        case list():
            return [_refusing_nul(item) for item in node]
        case _:
            return node


def _with_defaults_in_descriptions(schema: Json) -> Json:
    fields = {
        name: _with_default_in_description(field)
        for name, field in schema.get("properties", {}).items()
    }
    return schema | {"properties": fields} if fields else schema


def _with_default_in_description(field: Json) -> Json:
    if field.get("default") is None:
        return field
    default = json.dumps(field["default"])
    description = f"{field.get('description', '')} Not given: `{default}`.".strip()
    rest = {key: value for key, value in field.items() if key != "default"}
    return rest | {"description": description}


def tidy(node: Any) -> Any:
    """Return the document without noise: titles that repeat names, and defaults of null."""
    match node:
        case dict():
            return {
                key: value if key in _VALUES else tidy(value)
                for key, value in node.items()
                if not _is_noise(key, value)
            }
        case list():
            return [tidy(item) for item in node]
        case _:
            return node


def _is_noise(key: str, value: Any) -> bool:
    match key, value:
        case ("default", None) | ("description", "") | ("title", str()):
            return True
        case _:
            return False
