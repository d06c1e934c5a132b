"""Breaking changes of a JSON Schema: arguments that were valid for the old one may fail.

Schemas are JSON Schemas (2020-12) that refer to nothing but their own ``$defs``. What cannot be
compared counts as breaking: one acceptance too many costs less than a surprise. But a new property
of an object that accepts any properties is not breaking: no model knew of it before.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.shared.json_schema import (
    ANYTHING,
    CHOICES,
    DEEPEST,
    Schema,
    is_number,
    parts_of,
    path_to,
    properties_of,
    required_in,
    resolved,
    type_of,
    types_of,
    values_in,
)
from domain.tools.schema_text import decoded

_STEPS: Final = 2_000  # subschemas compared for one tool
_MOST: Final = 20  # differences listed
_LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_GREATEST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT: Final = ("pattern", "multipleOf", "allOf", "not", "uniqueItems", "prefixItems")


def narrowings(old: Schema, new: Schema) -> list[str]:
    """Describe how the new schema is narrower than the old one; empty if it is not."""
    if old == new:
        return []
    old, new = decoded(old), decoded(new)
    comparison = _Comparison(old, new)
    described: dict[str, None] = {}
    try:
        for each in comparison.between(old, new, "", 0):
            described[each] = None
            if len(described) >= _MOST:
                break
    except _TooMuch:
        described["The schemas are too large to be compared."] = None
    return list(described)


class _TooMuch(Exception):
    """The comparison exceeds the limit of steps or depth."""


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[int, int]] = set()
        self._remaining = _STEPS

    def between(self, old: Any, new: Any, path: str, depth: int) -> Iterator[str]:
        """Yield how the new schema is narrower than the old one, for one value."""
        old, new = resolved(old, self._old), resolved(new, self._new)
        if (id(old), id(new)) in self._seen or new is True or new == {}:
            return
        self._seen.add((id(old), id(new)))
        self._remaining -= 1
        if self._remaining < 0 or depth > DEEPEST:
            raise _TooMuch
        if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
            if old is not False and new is not old:
                yield f"{path or 'The arguments'}: another schema"
            return
        yield from _types(old, new, path)
        yield from _values(old, new, path)
        yield from _bounds(old, new, path)
        yield from self._objects(old, new, path, depth + 1)
        before, after = old.get("items", ANYTHING), new.get("items", ANYTHING)
        if isinstance(before, Mapping) or isinstance(after, Mapping):
            yield from self.between(before, after, f"{path}[]", depth + 1)
        for keyword in CHOICES:
            if keyword in new:
                yield from self._choices(old, new, keyword, path, depth + 1)

    def _objects(self, old: Schema, new: Schema, path: str, depth: int) -> Iterator[str]:
        before, after = properties_of(old), properties_of(new)
        needed = set(required_in(old))
        for name in required_in(new):
            if name not in needed:
                yield f"{path_to(path, name)} is required now"
        for name, schema in before.items():
            if name in after:
                yield from self.between(schema, after[name], path_to(path, name), depth)
            else:
                yield f"{path_to(path, name)} is gone"
        rest_before = old.get("additionalProperties", True)
        rest = new.get("additionalProperties", True)
        if rest is False and rest_before is not False:
            yield f"{path or 'The arguments'}: takes no other properties any more"
        elif isinstance(rest, Mapping) and rest_before is not False:
            yield from self.between(rest_before, rest, path_to(path, "*"), depth)

    def _choices(
        self, old: Schema, new: Schema, keyword: str, path: str, depth: int
    ) -> Iterator[str]:
        """Yield a difference if one of the old choices fits none of the new ones."""
        for choice in parts_of(old, keyword) or [old]:
            if not any(self._fits(choice, one, path, depth) for one in parts_of(new, keyword)):
                yield f"{path or 'The arguments'}: takes not all that it took"
                return

    def _fits(self, old: Any, new: Any, path: str, depth: int) -> bool:
        seen = set(self._seen)
        fits = next(self.between(old, new, path, depth), None) is None
        self._seen = seen
        return fits


def _types(old: Schema, new: Schema, path: str) -> Iterator[str]:
    after = _accepted_types(new)
    if after is None:
        return
    before = _accepted_types(old)
    wide = after | {"integer"} if "number" in after else after
    if before is None or not before <= wide:
        was = "anything" if before is None else _listed(before)
        yield f"{path or 'The arguments'}: takes {_listed(after)}, not {was}"


def _accepted_types(schema: Schema) -> set[str] | None:
    """Return the types that a schema accepts; None if it does not restrict them."""
    if named := types_of(schema):
        return set(named)
    return set(map(type_of, values_in(schema) or ())) or None


def _values(old: Schema, new: Schema, path: str) -> Iterator[str]:
    after = values_in(new)
    if after is None:
        return
    before = values_in(old)
    if before is None:
        yield f"{path or 'The arguments'}: takes only certain values"
    elif lost := [value for value in before if value not in after]:
        yield f"{path or 'The arguments'}: takes no {', '.join(map(repr, lost[:5]))} any more"


def _bounds(old: Schema, new: Schema, path: str) -> Iterator[str]:
    place = path or "The arguments"
    for keywords, sign in ((_LEAST, 1), (_GREATEST, -1)):
        for keyword in keywords:
            after, before = new.get(keyword), old.get(keyword)
            if is_number(after) and not (is_number(before) and sign * after <= sign * before):
                yield f"{place}: {keyword} is {after} now"
    for keyword in _EXACT:
        if keyword in new and new[keyword] != old.get(keyword):
            yield f"{place}: {keyword} is another"


def _listed(types: set[str]) -> str:
    return " or ".join(sorted(types))
