"""``oneOf`` and ``anyOf``: discriminators become constants, enumerations are merged, null added."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.shared.json_schema import without
from plugins.openapi.lowering.descriptions import MOST_WORDS
from plugins.openapi.lowering.keywords import names_in
from plugins.openapi.lowering.walk import Schema
from plugins.openapi.lowering.words import shortened, value_text
from plugins.openapi.reading.references import Resolved, Target
from plugins.openapi.reading.values import bare_name, entries

_OF_CONSTANT: Final = frozenset({"const", "type", "description", "format"})
_FEWEST: Final = 2
_LONG_PART: Final = 2_000  # characters of JSON


def with_null(schema: Schema, beside: Schema) -> Schema:
    """Return a schema that also accepts null; the keywords ``beside`` apply to both."""
    described = {"description": schema["description"]} if "description" in schema else {}
    return {**described, **beside, "anyOf": [without(schema, "description"), {"type": "null"}]}


def without_null(schema: Schema) -> Schema:
    """Return a schema that does not accept null; unchanged if it accepts nothing else."""
    narrowed = dict(schema)
    for key, null in (("type", "null"), ("enum", None), ("anyOf", {"type": "null"})):
        values = narrowed.get(key)
        if isinstance(values, list) and null in values:
            narrowed[key] = [each for each in values if each != null]
    if not all(narrowed.get(key, True) for key in ("type", "enum", "anyOf")):
        return schema
    match narrowed:
        case {"type": [only]}:
            narrowed["type"] = only
        case {"anyOf": [only]}:
            narrowed = {**only, **{key: value for key, value in narrowed.items() if key != "anyOf"}}
    if narrowed.get("default", narrowed) is None:
        del narrowed["default"]
    return narrowed


def distinct(parts: Iterable[Schema]) -> list[Schema]:
    """Return the parts without duplicates."""
    unique: dict[str, Schema] = {}
    for part in parts:
        unique.setdefault(value_text(part, _LONG_PART) or str(len(unique)), part)
    return list(unique.values())


def enumerated(choice: list[Schema]) -> list[Schema]:
    """Merge constants of a choice into one enumeration, with their descriptions in its own."""
    constants = [part for part in choice if "const" in part and part.keys() <= _OF_CONSTANT]
    kinds = {str(part.get("type", "")) for part in constants}
    if len(constants) < _FEWEST or len(kinds) != 1:
        return choice
    descriptions = [
        f"{part['const']}: {part['description']}" for part in constants if "description" in part
    ]
    enumeration: Schema = {"type": constants[0]["type"]} if "type" in constants[0] else {}
    if description := shortened("; ".join(descriptions), MOST_WORDS):
        enumeration["description"] = description
    enumeration["enum"] = [part["const"] for part in constants]
    return [enumeration, *(part for part in choice if part not in constants)]


def exclusive(choice: list[Schema]) -> list[Schema]:
    """Make parts that consist of ``required`` alone exclude the properties of the others."""
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
    """Add to each part of a choice the value of the discriminator that selects it."""
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
    values_of = dict(zip(named, _values_of_parts(list(named.values())), strict=True))
    marked = []
    for number, schema in enumerate(lowered):
        if number in named:
            found, _, own = named[number]
            others = [{"$ref": lowered[other]["$ref"]} for other in named if other != number]
            schema = _marked(schema, found, own, _Mark(name, values_of[number], others))  # noqa: PLW2901
        marked.append(schema)
    return marked


def _own_values(found: Resolved, name: str, target: Target) -> list[str] | None:
    """Return the values (const or enum) of a definition's property; None if it has none."""
    own = entries(entries(entries(found.value).get("properties")).get(name))
    if (referred := target(own)) is not None:
        own = entries(referred.value)
    if "const" in own:
        return names_in([own["const"]])
    return names_in(own.get("enum")) or None


def _values_of_parts(
    found: Sequence[tuple[Resolved, list[str], list[str] | None]],
) -> list[list[str]]:
    """Return the discriminator values of each part; an empty list if they are not known.

    Each part comes with the values mapped to it, and those that it declares itself. The default is
    the part's name; if the part does not declare that, it is the declared value that its name
    contains, provided that all parts have different ones.
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
    is_distinct = len(single) == len(found) == len(set(single))
    return [each or (meant[at] if is_distinct else []) for at, each in enumerate(chosen)]


@dataclass(frozen=True, slots=True)
class _Mark:
    """The discriminator property, the values of one part, and the other parts."""

    name: str
    values: list[str]
    others: list[Schema]

    def needed(self, *, has_default: bool) -> Schema:
        """Return the schema that requires the property.

        If it has a default, a value that matches no other part may omit it.
        """
        required: Schema = {"required": [self.name]}
        if not has_default:
            return required
        return {"anyOf": [required, {"not": {"anyOf": self.others}}]} if self.others else {}


def _marked(schema: Schema, found: Resolved, own: list[str] | None, mark: _Mark) -> Schema:
    """Return a part with its discriminator values, unless it declares exactly one itself."""
    definition = entries(found.value)
    declared = entries(entries(definition.get("properties")).get(mark.name))
    needed = mark.needed(has_default="default" in declared)
    if own is not None and len(own) == 1:
        is_required = mark.name in names_in(definition.get("required"))
        return schema if is_required else {**schema, **needed}
    if not mark.values:
        return schema
    one = len(mark.values) == 1
    marked = {"const": mark.values[0]} if one else {"enum": mark.values}
    return {**schema, "properties": {mark.name: marked}, **needed}


def kinds_named(properties: dict[str, Schema], raw: Mapping[str, Any]) -> dict[str, Schema]:
    """Add the mapped values of a base object's discriminator to its property, as an enumeration."""
    discriminator = entries(raw.get("discriminator"))
    name, mapping = discriminator.get("propertyName"), entries(discriminator.get("mapping"))
    own = properties.get(name) if isinstance(name, str) else None
    if own and mapping and own.get("type") == "string" and not own.keys() & {"enum", "const"}:
        return {**properties, str(name): {**own, "enum": list(mapping)}}
    return properties
