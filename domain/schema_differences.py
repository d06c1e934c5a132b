"""Which parts of a schema another version of it says differently, whatever that means for calls.

Schemas are JSON Schemas (2020-12) that refer to nothing but their own ``$defs``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.schema_references import ANYTHING, Schema, path_to, resolved

_STEPS: Final = 2_000  # parts compared, of one tool
_MOST: Final = 10  # differences told
_INNER: Final = frozenset({"properties", "items", "required", "$ref", "$defs"})


def differing_parts(old: Schema, new: Schema) -> list[str]:
    """Return in words what differs: ``limit is new``, ``body.name: its description``."""
    found: dict[str, None] = {}
    for each in _Comparison(old, new).between(old, new, ""):
        found[each] = None
        if len(found) >= _MOST:
            return [*found, "and more"]
    return list(found)


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[int, int]] = set()
        self._left = _STEPS

    def between(self, old: Any, new: Any, path: str) -> Iterator[str]:
        """Yield what differs between two schemas of one value."""
        old, new = resolved(old, self._old), resolved(new, self._new)
        self._left -= 1
        if old == new and not _refers(old):
            return
        if (id(old), id(new)) in self._seen or self._left < 0:
            return
        self._seen.add((id(old), id(new)))
        if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
            yield f"{path or 'all'}: its schema"
            return
        before, after = old.get("properties", {}), new.get("properties", {})
        yield from (f"{path_to(path, name)} is new" for name in after if name not in before)
        yield from (f"{path_to(path, name)} is gone" for name in before if name not in after)
        yield from self._required(old, new, path)
        for keyword in sorted((old.keys() | new.keys()) - _INNER):
            if old.get(keyword) != new.get(keyword):
                yield f"{path or 'all'}: its {keyword}"
        for name in after:
            if name in before:
                yield from self.between(before[name], after[name], path_to(path, name))
        yield from self.between(old.get("items", ANYTHING), new.get("items", ANYTHING), f"{path}[]")

    @staticmethod
    def _required(old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, after = old.get("required", ()), new.get("required", ())
        yield from (
            f"{path_to(path, name)} is optional now" for name in before if name not in after
        )
        yield from (
            f"{path_to(path, name)} is required now" for name in after if name not in before
        )


def _refers(schema: Any) -> bool:
    """Tell whether a schema is not all that is said: what it refers to may differ."""
    match schema:
        case Mapping():
            return "$ref" in schema or any(map(_refers, schema.values()))
        case list():
            return any(map(_refers, schema))
        case _:
            return False
