"""Parts of a tool's JSON Schema, for a model that was shown only some of it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.errors import ToolFailed
from domain.schema_references import DEFINITIONS, definitions_of, opened

_CHOICES: Final = ("anyOf", "oneOf", "allOf")
_INSIDE: Final = ("items", "additionalProperties")
_TOLD: Final = 40  # names that a refusal lists


def part_of(schema: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return what a schema says of one place, with the definitions that this refers to.

    ``place`` names arguments and what is in them, with dots: ``body.customer.address``. Lists and
    choices on the way need no name. An empty place is the whole schema.

    Raises:
        ToolFailed: there is no such place; the message says what there is.

    """
    found: Any = schema
    for at, name in enumerate(names := [part for part in place.split(".") if part]):
        members = dict(_members(schema, found, frozenset()))
        if name not in members:
            where = ".".join(names[:at]) or "the arguments"
            there = ", ".join(sorted(members)[:_TOLD]) or "nothing that has a name"
            raise ToolFailed(f"There is no {name!r} in {where}. There is: {there}.")
        found = members[name]
    part = {key: value for key, value in opened(found, schema).items() if key != "$defs"}
    definitions = definitions_of(schema)
    needed = {name: definitions[name] for name in _reached(part, definitions)}
    return {**part, "$defs": needed} if needed else part


def _members(
    root: Mapping[str, Any], schema: Any, seen: frozenset[str]
) -> Iterator[tuple[str, Any]]:
    """Yield the properties of a schema, in its lists and choices too."""
    if not isinstance(schema, Mapping):
        return
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        yield from _members(root, opened(schema, root), seen | {reference})
    properties = schema.get("properties")
    yield from properties.items() if isinstance(properties, Mapping) else ()
    for key in _INSIDE:
        yield from _members(root, schema.get(key), seen)
    for key in _CHOICES:
        choices = schema.get(key)
        for choice in choices if isinstance(choices, list) else ():
            yield from _members(root, choice, seen)


def _reached(schema: Any, definitions: Mapping[str, Any]) -> list[str]:
    """Return the names of the definitions that a schema refers to, directly or not, sorted."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            reference = value.get("$ref")
            name = reference.removeprefix(DEFINITIONS) if isinstance(reference, str) else ""
            if name in definitions and name not in found:
                found.add(name)
                waiting.append(definitions[name])
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return sorted(found)
