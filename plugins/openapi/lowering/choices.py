"""Choices between schemas: told apart by their discriminator, and said as shortly as can be."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.shared.json_schema import without
from plugins.openapi.lowering.descriptions import MOST_WORDS
from plugins.openapi.lowering.keywords import names_in
from plugins.openapi.lowering.words import shortened, value_text
from plugins.openapi.reading.references import Found
from plugins.openapi.reading.values import bare_name, entries

Schema = dict[str, Any]
Target = Callable[[Any], Found | None]
"""Returns what a schema refers to, if it refers to something."""

_OF_CONSTANT: Final = frozenset({"const", "type", "description", "format"})
_FEWEST: Final = 2
_LONG_PART: Final = 2_000  # characters of JSON


def with_null(schema: Schema, beside: Schema) -> Schema:
    """Return a schema, or null; what is said ``beside`` holds for both."""
    said = {"description": schema["description"]} if "description" in schema else {}
    return {**said, **beside, "anyOf": [without(schema, "description"), {"type": "null"}]}


def without_null(schema: Schema) -> Schema:
    """Return a schema that takes what it did but null; as it is where it takes nothing else."""
    kept = dict(schema)
    for key, null in (("type", "null"), ("enum", None), ("anyOf", {"type": "null"})):
        values = kept.get(key)
        if isinstance(values, list) and null in values:
            kept[key] = [each for each in values if each != null]
    if not all(kept.get(key, True) for key in ("type", "enum", "anyOf")):
        return schema
    match kept:
        case {"type": [only]}:
            kept["type"] = only
        case {"anyOf": [only]}:
            kept = {**only, **{key: value for key, value in kept.items() if key != "anyOf"}}
    if kept.get("default", kept) is None:
        del kept["default"]
    return kept


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
    named = {
        number: (found, mapped.get(found.pointer) or [], _own_values(found, name, target))
        for number, (part, schema) in enumerate(zip(parts, lowered, strict=True))
        if "$ref" in schema and (found := target(part)) is not None
    }
    goes_by = dict(zip(named, _goes_by(list(named.values())), strict=True))
    marked = []
    for number, schema in enumerate(lowered):
        if number in named:
            found, _, own = named[number]
            others = [{"$ref": lowered[other]["$ref"]} for other in named if other != number]
            schema = _marked(schema, found, own, _Mark(name, goes_by[number], others))  # noqa: PLW2901
        marked.append(schema)
    return marked


def _own_values(found: Found, name: str, target: Target) -> list[str] | None:
    """Return the values that a definition itself gives a property; None if it says none."""
    own = entries(entries(entries(found.value).get("properties")).get(name))
    if (referred := target(own)) is not None:
        own = entries(referred.value)
    if "const" in own:
        return names_in([own["const"]])
    return names_in(own.get("enum")) or None


def _goes_by(found: Sequence[tuple[Found, list[str], list[str] | None]]) -> list[list[str]]:
    """Return the values that each part goes by; an empty list is of one that does not tell.

    Each part has what is mapped to it, and the values that it takes itself. A name that it does not
    take is no value of it: then it is the value which its name holds, if each part has another one.
    """
    chosen: list[list[str]] = []
    meant: list[list[str]] = []
    for part, mapped, own in found:
        name = part.pointer.rpartition("/")[2]
        values = mapped or [name]
        chosen.append([each for each in values if own is None or each in own])
        meant.append([each for each in own or () if each and bare_name(each) in bare_name(name)])
    if all(chosen):
        return chosen
    single = [each[0] for each in meant if len(each) == 1]
    is_told = len(single) == len(found) == len(set(single))
    return [each or (meant[at] if is_told else []) for at, each in enumerate(chosen)]


@dataclass(frozen=True, slots=True)
class _Mark:
    """The property that tells parts apart, the values of one part, and the other parts."""

    name: str
    values: list[str]
    others: list[Schema]

    def needed(self, *, has_default: bool) -> Schema:
        """Say when the property is needed.

        If it has a default, a value that fits no other part goes without, and is no riddle.
        """
        required: Schema = {"required": [self.name]}
        if not has_default:
            return required
        return {"anyOf": [required, {"not": {"anyOf": self.others}}]} if self.others else {}


def _marked(schema: Schema, found: Found, own: list[str] | None, mark: _Mark) -> Schema:
    """Return a part that says which values it goes by; it says so itself where it takes but one."""
    definition = entries(found.value)
    said = entries(entries(definition.get("properties")).get(mark.name))
    needed = mark.needed(has_default="default" in said)
    if own is not None and len(own) == 1:
        is_said = mark.name in names_in(definition.get("required"))
        return schema if is_said else {**schema, **needed}
    if not mark.values:
        return schema
    one = len(mark.values) == 1
    marked = {"const": mark.values[0]} if one else {"enum": mark.values}
    return {**schema, "properties": {mark.name: marked}, **needed}


def kinds_named(properties: dict[str, Schema], raw: Mapping[str, Any]) -> dict[str, Schema]:
    """Name the kinds of an object that others extend, as its discriminator maps them."""
    discriminator = entries(raw.get("discriminator"))
    name, mapping = discriminator.get("propertyName"), entries(discriminator.get("mapping"))
    own = properties.get(name) if isinstance(name, str) else None
    if own and mapping and own.get("type") == "string" and not own.keys() & {"enum", "const"}:
        return {**properties, str(name): {**own, "enum": list(mapping)}}
    return properties
