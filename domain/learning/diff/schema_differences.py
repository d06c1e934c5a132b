"""The differences between two versions of a JSON Schema, breaking or not.

Schemas are JSON Schemas (2020-12) that refer to nothing but their own ``$defs``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.shared.json_schema import (
    ANYTHING,
    DEEPEST,
    Schema,
    path_to,
    properties_of,
    refers,
    required_in,
    resolved,
)
from domain.tools.schema_text import decoded

_STEPS: Final = 2_000  # subschemas compared for one tool
_MOST: Final = 10  # differences listed
_INNER: Final = frozenset({"properties", "items", "required", "$ref", "$defs"})


def differing_parts(old: Schema, new: Schema) -> list[str]:
    """Describe what differs: ``limit is new``, ``body.name: its description``."""
    described: dict[str, None] = {}
    old, new = decoded(old), decoded(new)
    for each in _Differences(old, new).between(old, new, "", 0):
        described[each] = None
        if len(described) >= _MOST:
            return [*described, "and more"]
    return list(described)


class _Differences:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[int, int]] = set()
        self._remaining = _STEPS

    def between(self, old: Any, new: Any, path: str, depth: int) -> Iterator[str]:
        """Yield the differences between two schemas of one value."""
        old, new = resolved(old, self._old), resolved(new, self._new)
        self._remaining -= 1
        if (id(old), id(new)) in self._seen or self._remaining < 0 or depth > DEEPEST:
            return
        if old == new and not refers(old):
            return
        self._seen.add((id(old), id(new)))
        if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
            yield f"{path or 'all'}: its schema"
            return
        before, after = properties_of(old), properties_of(new)
        yield from _added_and_removed(before, after, path, ("is gone", "is new"))
        needed = dict.fromkeys(required_in(old)), dict.fromkeys(required_in(new))
        yield from _added_and_removed(*needed, path, ("is optional now", "is required now"))
        for keyword in sorted((old.keys() | new.keys()) - _INNER):
            if old.get(keyword) != new.get(keyword):
                yield f"{path or 'all'}: its {keyword}"
        for name in after:
            if name in before:
                yield from self.between(before[name], after[name], path_to(path, name), depth + 1)
        items = old.get("items", ANYTHING), new.get("items", ANYTHING)
        yield from self.between(*items, f"{path}[]", depth + 1)


def _added_and_removed(
    old: Schema, new: Schema, path: str, words: tuple[str, str]
) -> Iterator[str]:
    """Yield the names that only the new, and only the old schema has, each with its words."""
    gone, come = words
    yield from (f"{path_to(path, name)} {come}" for name in new if name not in old)
    yield from (f"{path_to(path, name)} {gone}" for name in old if name not in new)
