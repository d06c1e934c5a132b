"""Choices between schemas: told apart by their discriminator, and said as shortly as can be."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from plugins.openapi.lowering.descriptions import MOST_WORDS
from plugins.openapi.lowering.keywords import names_in
from plugins.openapi.lowering.words import shortened, value_text
from plugins.openapi.reading.references import Found
from plugins.openapi.reading.values import entries

Schema = dict[str, Any]
Target = Callable[[Any], Found | None]
"""Returns what a schema refers to, if it refers to something."""

_OF_CONSTANT: Final = frozenset({"const", "type", "description", "format"})
_FEWEST: Final = 2
_LONG_PART: Final = 2_000  # characters of JSON


def with_null(schema: Schema, beside: Schema) -> Schema:
    """Return a schema, or null; what is said ``beside`` holds for both."""
    said = {"description": schema["description"]} if "description" in schema else {}
    bare = {key: value for key, value in schema.items() if key != "description"}
    return {**said, **beside, "anyOf": [bare, {"type": "null"}]}


def distinct(parts: Iterable[Schema]) -> list[Schema]:
    """Return the parts, each once."""
    found: dict[str, Schema] = {}
    for part in parts:
        found.setdefault(value_text(part, _LONG_PART) or str(len(found)), part)
    return list(found.values())


def enumerated(choice: list[Schema]) -> list[Schema]:
    """Say a choice of constants as an enumeration, what is said of each beside it."""
    constants = [part for part in choice if "const" in part and part.keys() <= _OF_CONSTANT]
    kinds = {str(part.get("type", "")) for part in constants}
    if len(constants) < _FEWEST or len(kinds) != 1:
        return choice
    said = [
        f"{part['const']}: {part['description']}" for part in constants if "description" in part
    ]
    made: Schema = {"type": constants[0]["type"]} if "type" in constants[0] else {}
    if told := shortened("; ".join(said), MOST_WORDS):
        made["description"] = told
    made["enum"] = [part["const"] for part in constants]
    return [made, *(part for part in choice if part not in constants)]


def exclusive(choice: list[Schema]) -> list[Schema]:
    """Have parts that only say what is required forbid what the other ones require."""
    if len(choice) < _FEWEST or not all(part.keys() == {"required"} for part in choice):
        return choice
    return [
        {**part, "not": others[0] if len(others) == 1 else {"anyOf": others}}
        for number, part in enumerate(choice)
        if (others := [*choice[:number], *choice[number + 1 :]])
    ]


def told_apart(
    raw: Mapping[str, Any], parts: Sequence[Any], lowered: list[Schema], target: Target
) -> list[Schema]:
    """Say in each part of a choice which value of the discriminator it goes by."""
    discriminator = entries(raw.get("discriminator"))
    name = discriminator.get("propertyName")
    if not isinstance(name, str):
        return lowered
    mapped: dict[str, list[str]] = {}
    for value, reference in entries(discriminator.get("mapping")).items():
        found = target({"$ref": reference})
        if found is not None:
            mapped.setdefault(found.pointer, []).append(value)
    return [
        _marked(schema, name, found, mapped.get(found.pointer) or [])
        if "$ref" in schema and (found := target(part)) is not None
        else schema
        for part, schema in zip(parts, lowered, strict=True)
    ]


def _tells(found: Found, name: str) -> bool:
    """Tell whether a definition itself says which value it goes by."""
    own = entries(entries(entries(found.value).get("properties")).get(name))
    return "const" in own or len(names_in(own.get("enum"))) == 1


def _marked(schema: Schema, name: str, found: Found, mapped: list[str]) -> Schema:
    if _tells(found, name):
        needed = names_in(entries(found.value).get("required"))
        return schema if name in needed else {**schema, "required": [name]}
    values = mapped or [found.pointer.rpartition("/")[2]]
    marked = {"const": values[0]} if len(values) == 1 else {"enum": values}
    return {**schema, "properties": {name: marked}, "required": [name]}


def kinds_named(properties: dict[str, Schema], raw: Mapping[str, Any]) -> dict[str, Schema]:
    """Name the kinds of an object that others extend, as its discriminator maps them."""
    discriminator = entries(raw.get("discriminator"))
    name, mapping = discriminator.get("propertyName"), entries(discriminator.get("mapping"))
    own = properties.get(name) if isinstance(name, str) else None
    if own and mapping and own.get("type") == "string" and not own.keys() & {"enum", "const"}:
        return {**properties, str(name): {**own, "enum": list(mapping)}}
    return properties
