"""Merging of ``allOf`` into one schema, where that is equivalent."""

from collections.abc import Callable, Iterable
from typing import Final

from domain.shared.json_schema import without
from plugins.openapi.lowering.walk import Schema

_PLAIN: Final = frozenset({"type", "description", "properties", "required", "additionalProperties"})
_ANNOTATIONS: Final = frozenset({"description", "default"})
_MOST_PROPERTIES: Final = 400


def all_of(
    base: Schema, parts: Iterable[Schema], content: Callable[[Schema], Schema | None]
) -> Schema:
    """Merge the parts of ``allOf`` into a schema; parts that cannot be merged stay in ``allOf``.

    ``content`` returns the definition of a part that is a reference, or None.
    """
    apart = []
    for part in parts:
        if not part:
            continue
        if not base.keys() - _ANNOTATIONS:
            base = {**part, **base}
            continue
        if "$ref" in base:  # the first part, so far alone
            base = _opened(base, content)
        known = content(part) if part.keys() - _ANNOTATIONS == {"$ref"} else part
        if known is not None and _is_plain(known) and _is_plain(base):
            base = _both(base, known)
        else:
            apart.append(part)
    return {**base, "allOf": [*base.get("allOf", []), *apart]} if apart else base


def _opened(base: Schema, content: Callable[[Schema], Schema | None]) -> Schema:
    known = content(base)
    if known is None or not _is_plain(known):
        return base
    return {**known, **without(base, "$ref")}


def _is_plain(schema: Schema) -> bool:
    return (
        schema.keys() <= _PLAIN
        and schema.get("type", "object") == "object"
        and len(schema.get("properties", ())) <= _MOST_PROPERTIES
    )


def _both(one: Schema, other: Schema) -> Schema:
    """Merge two plain objects; ``additionalProperties: false`` of one does not apply to both."""
    properties = dict(one.get("properties", {}))
    for name, schema in other.get("properties", {}).items():
        properties[name] = _narrowed(properties[name], schema) if name in properties else schema
    required = dict.fromkeys([*one.get("required", ()), *other.get("required", ())])
    more = [each["additionalProperties"] for each in (one, other) if "additionalProperties" in each]
    schemas = [value for value in more if isinstance(value, dict)]
    merged: Schema = {"type": "object"}
    if described := one.get("description") or other.get("description"):
        merged["description"] = described
    if properties:
        merged["properties"] = properties
    if required:
        merged["required"] = list(required)
    if len(schemas) == 1:
        merged["additionalProperties"] = schemas[0]
    return merged


def _narrowed(one: Schema, other: Schema) -> Schema:
    """Return the schema of a property that both objects have."""
    shared = one.keys() & other.keys() - _ANNOTATIONS
    if all(one[keyword] == other[keyword] for keyword in shared):
        return {**one, **other}
    return {"allOf": [one, other]}
