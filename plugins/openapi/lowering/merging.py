"""``allOf``, said as one schema where that is the same."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from domain.shared.json_schema import without

Schema = dict[str, Any]

_PLAIN: Final = frozenset({"type", "description", "properties", "required", "additionalProperties"})
_SAYS: Final = frozenset({"description", "default"})
_MOST_PROPERTIES: Final = 400


def all_of(
    base: Schema, parts: Iterable[Schema], content: Callable[[Schema], Schema | None]
) -> Schema:
    """Return a schema and all its parts as one; parts that must stand apart stay in ``allOf``.

    ``content`` returns what a part that is a reference stands for, or None.
    """
    apart = []
    for part in parts:
        if not part:
            continue
        if not base.keys() - _SAYS:
            base = {**part, **base}
            continue
        if "$ref" in base:  # what was alone so far
            base = _opened(base, content)
        known = content(part) if part.keys() - _SAYS == {"$ref"} else part
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
    """Return two plain objects as one. That one allows no more properties does not bind both."""
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
    """Return what both say of one property."""
    shared = one.keys() & other.keys() - _SAYS
    if all(one[keyword] == other[keyword] for keyword in shared):
        return {**one, **other}
    return {"allOf": [one, other]}
