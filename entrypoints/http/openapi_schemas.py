"""JSON Schemas as the OpenAPI document needs them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter

Json = dict[str, Any]

REFERENCE: Final = "#/components/schemas/{model}"
CHOICES: Final = "x-choices"

_NO_NUL: Final = r"^[^\u0000]*$"
_NARROW: Final = frozenset({"enum", "const", "format", "pattern", CHOICES})
_VALUES: Final = frozenset({"default", "const", "enum", "example", "examples"})
_ANY_JSON: Final[Json] = {
    "description": "Any JSON value whose texts hold no NUL character.",
    "anyOf": [
        {"type": ["boolean", "number", "null"]},
        {"type": "string"},
        {"type": "array", "items": {"$ref": REFERENCE.format(model="AnyJson")}},
        {"$ref": REFERENCE.format(model="AnyJsonObject")},
    ],
}
_ANY_JSON_OBJECT: Final[Json] = {
    "type": "object",
    "propertyNames": {"type": "string"},
    "additionalProperties": {"$ref": REFERENCE.format(model="AnyJson")},
}


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


def refusing_nul(schemas: Mapping[str, Json]) -> Json:
    """Return schemas of request bodies that say what the parser refuses: NUL in any text."""
    found = {name: _refusing_nul(schema) for name, schema in schemas.items()}
    found["AnyJson"] = _refusing_nul(_ANY_JSON)
    found["AnyJsonObject"] = _refusing_nul(_ANY_JSON_OBJECT)
    return found


def _refusing_nul(node: Any) -> Any:
    match node:
        case {"type": "string"} if not node.keys() & _NARROW:
            return node | {"pattern": _NO_NUL}
        case {"type": "object", "additionalProperties": True}:
            kept = node.keys() - {"type", "additionalProperties"}
            described = {key: node[key] for key in node if key in kept}
            return described | {"$ref": REFERENCE.format(model="AnyJsonObject")}
        case dict():
            return {
                key: value if key in _VALUES else _refusing_nul(value)
                for key, value in node.items()
            }
        case list():
            return [_refusing_nul(item) for item in node]
        case _:
            return node


def tidy(node: Any, choices: Mapping[str, Sequence[str]]) -> Any:
    """Return the document without noise, and with the values that only this installation knows.

    Noise are titles that repeat a field's name and defaults of null. ``{"x-choices": "name"}``
    becomes the enumeration of that name.
    """
    match node:
        case dict():
            kept = {
                key: value if key in _VALUES else tidy(value, choices)
                for key, value in node.items()
                if not _is_noise(key, value)
            }
            if isinstance(name := kept.pop(CHOICES, None), str):
                kept["enum"] = list(choices[name])
            return kept
        case list():
            return [tidy(item, choices) for item in node]
        case _:
            return node


def _is_noise(key: str, value: Any) -> bool:
    match key, value:
        case ("default", None) | ("description", "") | ("title", str()):
            return True
        case _:
            return False
