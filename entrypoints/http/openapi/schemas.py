"""JSON Schemas as the OpenAPI document needs them."""

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
    """Return the schema of a type under that name, and those that it refers to under theirs."""
    schema = TypeAdapter(type_).json_schema(ref_template=REFERENCE, mode="serialization")
    definitions: Json = schema.pop("$defs", {})
    return definitions | {name: schema}


def plain_parameter(parameter: Json, needed: Collection[str]) -> Json:
    """Return a parameter outside the body: a text, so that leaving it out is its only null."""
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
    """Return schemas of request bodies that say what the parser does, to people and programs.

    Any text refuses NUL. A field with a default may be left out, so the default is told in words:
    generators of clients take a `default` to mean that the field is always there.
    """
    return {name: _with_defaults_in_words(_refusing_nul(each)) for name, each in schemas.items()}


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


def _with_defaults_in_words(schema: Json) -> Json:
    fields = {name: _in_words(field) for name, field in schema.get("properties", {}).items()}
    return schema | {"properties": fields} if fields else schema


def _in_words(field: Json) -> Json:
    if field.get("default") is None:
        return field
    default = json.dumps(field["default"])
    told = f"{field.get('description', '')} Not given: `{default}`.".strip()
    return {key: value for key, value in field.items() if key != "default"} | {"description": told}


def tidy(node: Any) -> Any:
    """Return the document without noise: titles that repeat a name, and defaults of null."""
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
