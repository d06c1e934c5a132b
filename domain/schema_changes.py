"""What a new schema takes no more that an old one took, so that arguments made for it would fail.

Schemas are JSON Schemas (2020-12) that refer to nothing but their own ``$defs``. What cannot be
compared counts as narrower: who is asked once too often loses less than who is surprised. But a
property that comes to an object which took any is none: nobody was told of it before.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.schema_references import ANYTHING, Schema, path_to, resolved

_STEPS: Final = 2_000  # parts compared, of one tool
_MOST: Final = 20  # differences told
_LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_GREATEST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT: Final = ("pattern", "multipleOf", "allOf", "not", "uniqueItems", "prefixItems")


def narrowings(old: Schema, new: Schema) -> list[str]:
    """Return in words what arguments that fit the old schema may meet in the new one."""
    if old == new:
        return []
    comparison = _Comparison(old, new)
    found: dict[str, None] = {}
    try:
        for each in comparison.between(old, new, ""):
            found[each] = None
            if len(found) >= _MOST:
                break
    except _TooMuch:
        found["The schemas are too large to be compared."] = None
    return list(found)


class _TooMuch(Exception):
    """The comparison takes more steps than it may."""


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[int, int]] = set()
        self._left = _STEPS

    def between(self, old: Any, new: Any, path: str) -> Iterator[str]:
        """Yield what of the old one the new one does not take."""
        old, new = resolved(old, self._old), resolved(new, self._new)
        if (id(old), id(new)) in self._seen or new is True or new == {}:
            return
        self._seen.add((id(old), id(new)))
        self._left -= 1
        if self._left < 0:
            raise _TooMuch
        if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
            if old is not False and new is not old:
                yield f"{path or 'The arguments'}: another schema"
            return
        yield from _types(old, new, path)
        yield from _values(old, new, path)
        yield from _bounds(old, new, path)
        yield from self._objects(old, new, path)
        if isinstance(old.get("items"), Mapping) or isinstance(new.get("items"), Mapping):
            yield from self.between(
                old.get("items", ANYTHING), new.get("items", ANYTHING), f"{path}[]"
            )
        for keyword in ("anyOf", "oneOf"):
            if keyword in new:
                yield from self._choices(old, new, keyword, path)

    def _objects(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in new.get("required", ()):
            if name not in old.get("required", ()):
                yield f"{path_to(path, name)} is required now"
        for name, schema in before.items():
            if name in after:
                yield from self.between(schema, after[name], path_to(path, name))
            else:
                yield f"{path_to(path, name)} is gone"
        rest_before = old.get("additionalProperties", True)
        rest = new.get("additionalProperties", True)
        if rest is False and rest_before is not False:
            yield f"{path or 'The arguments'}: takes no other properties any more"
        elif isinstance(rest, Mapping) and rest_before is not False:
            yield from self.between(rest_before, rest, path_to(path, "*"))

    def _choices(self, old: Schema, new: Schema, keyword: str, path: str) -> Iterator[str]:
        """Yield a difference if one of the old choices fits none of the new ones."""
        for choice in old.get(keyword, [old]):
            if not any(self._fits(choice, one, path) for one in new[keyword]):
                yield f"{path or 'The arguments'}: takes not all that it took"
                return

    def _fits(self, old: Any, new: Any, path: str) -> bool:
        seen = set(self._seen)
        fits = next(self.between(old, new, path), None) is None
        self._seen = seen
        return fits


def _types(old: Schema, new: Schema, path: str) -> Iterator[str]:
    after = _named(new)
    if after is None:
        return
    before = _named(old)
    wide = after | {"integer"} if "number" in after else after
    if before is None or not before <= wide:
        was = "anything" if before is None else _listed(before)
        yield f"{path or 'The arguments'}: takes {_listed(after)}, not {was}"


def _named(schema: Schema) -> set[str] | None:
    found = schema.get("type")
    if isinstance(found, str):
        return {found}
    if isinstance(found, list):
        return set(map(str, found))
    if found is None and "enum" not in schema and "const" not in schema:
        return None
    return {_type(value) for value in _chosen(schema) or ()} or None


def _type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
    return "array" if isinstance(value, list) else "object"


def _values(old: Schema, new: Schema, path: str) -> Iterator[str]:
    after = _chosen(new)
    if after is None:
        return
    before = _chosen(old)
    if before is None:
        yield f"{path or 'The arguments'}: takes only certain values"
    elif lost := [value for value in before if value not in after]:
        yield f"{path or 'The arguments'}: takes no {', '.join(map(repr, lost[:5]))} any more"


def _chosen(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    return values if isinstance(values, list) else None


def _bounds(old: Schema, new: Schema, path: str) -> Iterator[str]:
    place = path or "The arguments"
    for keywords, sign in ((_LEAST, 1), (_GREATEST, -1)):
        for keyword in keywords:
            after, before = new.get(keyword), old.get(keyword)
            if after is not None and (before is None or sign * after > sign * before):
                yield f"{place}: {keyword} is {after} now"
    for keyword in _EXACT:
        if keyword in new and new[keyword] != old.get(keyword):
            yield f"{place}: {keyword} is another"


def _listed(types: set[str]) -> str:
    return " or ".join(sorted(types))
