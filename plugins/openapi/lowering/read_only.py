"""Read-only properties (``readOnly``), which are not sent, even where they are required.

``readOnly`` may stand in another part of a schema (``allOf``, a choice, behind a reference) than
the ``required`` that names the property, so all parts that apply to one value are searched.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.shared.json_schema import PARTS, parts_of
from plugins.openapi.lowering.keywords import names_in
from plugins.openapi.reading.effort import Effort
from plugins.openapi.reading.references import Resolved, Target
from plugins.openapi.reading.values import entries, is_true

_MOST_PARTS: Final = 200  # of one value
_NONE: Final[frozenset[str]] = frozenset()


class ReadOnly:
    """Finds the read-only properties of one document's schemas."""

    def __init__(self, target: Target, effort: Effort) -> None:
        self._target = target
        self._effort = effort
        self._known: dict[str, frozenset[str]] = {}

    def holds_for(self, raw: Any) -> bool:
        """Return whether a property's schema, or its target, has ``readOnly``."""
        if not isinstance(raw, dict):
            return False
        found = self._target(raw)
        return is_true(raw.get("readOnly")) or (
            found is not None and is_true(entries(found.value).get("readOnly"))
        )

    def names(self, raw: Mapping[str, Any]) -> frozenset[str]:
        """Return the read-only properties of all parts of a schema, if it has parts."""
        if not any(part in raw for part in (*PARTS, "$ref")):
            return _NONE  # the caller checks the properties of a schema without parts itself
        return frozenset(
            name
            for part in self._parts(raw)
            for name, schema in entries(part.get("properties")).items()
            if self.holds_for(schema)
        )

    def are_required(self, found: Resolved, names: frozenset[str]) -> bool:
        """Return whether a definition, or a part of it, requires one of these properties."""
        if not names:
            return False
        if (known := self._known.get(found.pointer)) is None:
            parts = self._parts(found.value)
            known = frozenset(name for part in parts for name in names_in(part.get("required")))
            self._known[found.pointer] = known
        return not known.isdisjoint(names)

    def _parts(self, raw: Any) -> Iterator[Mapping[str, Any]]:
        """Yield all schemas of one value, itself included, each definition once."""
        waiting, seen, remaining = [raw], set[str](), _MOST_PARTS
        while waiting and remaining:
            part, remaining = waiting.pop(), remaining - 1
            self._effort.spend()
            if (found := self._target(part)) is not None:
                if found.pointer not in seen:
                    seen.add(found.pointer)
                    waiting.append(found.value)
            elif isinstance(part, dict):
                yield part
                waiting += parts_of(part, *PARTS)
