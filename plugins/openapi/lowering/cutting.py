"""Truncation of schemas to a size limit: descriptions first, then deep levels.

The schema says what was cut: a property keeps its name, and its object or list is shown without
contents. Arguments may still hold all of it: what was cut is not validated.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, Final

from domain.shared.json_schema import definition_in, references_in, without
from plugins.openapi.lowering.walk import Schema
from plugins.openapi.lowering.words import joined, shortened
from plugins.openapi.reading.effort import Effort

HIDDEN: Final = "What is in it is not shown here"

_MOST_NAMES: Final = 12
_FEW: Final = 6  # choices of objects that are kept where objects are not shown
_MANY: Final = 20  # choices of anything else
_STRUCTURE: Final = frozenset({"$ref", "properties", "items", "anyOf", "allOf"})
_ALL: Final = 1_000_000
_MUCH: Final = 20  # times too large: only the hardest cuts are tried
_HARDEST: Final = 6  # cuts that bound how wide objects are
_INSIDE: Final = ("properties", "patternProperties", "required", "additionalProperties")


@dataclass(frozen=True, slots=True)
class Cut:
    """Limits of one attempt.

    Levels of nested objects (that of the arguments does not count), characters of a description,
    values of an enumeration, optional properties of one object.
    """

    levels: int = _ALL
    words: int = _ALL
    values: int = _ALL
    width: int = _ALL


_CUTS: Final = (
    Cut(words=120),
    Cut(levels=6, words=120, values=40),
    Cut(levels=5, words=120, values=40),
    Cut(levels=4, words=120, values=40),
    Cut(levels=4, words=60, values=20),
    Cut(levels=3, words=100, values=40),
    Cut(levels=3, words=50, values=20),
    Cut(levels=2, words=100, values=30),
    Cut(levels=2, words=40, values=20),
    Cut(levels=1, words=80, values=20, width=200),
    Cut(levels=1, words=30, values=10, width=150),
    Cut(levels=1, words=0, values=8, width=100),
    Cut(levels=0, words=60, values=8, width=60),
    Cut(levels=0, words=0, values=4, width=30),
    Cut(levels=0, words=0, values=0, width=0),
)
"""From the mildest to the hardest."""


def size_of(value: Any) -> int:
    """Return the bytes of a value as JSON in its longest form, with spaces and in ASCII."""
    return len(json.dumps(value))


def unwrapped(schema: Schema) -> Schema:
    """Return a tool's schema with definitions inlined that only one argument refers to."""
    definitions = schema.get("$defs")
    if not definitions:
        return schema
    used = Counter(map(definition_in, references_in(schema)))
    properties, remaining = dict(schema["properties"]), dict(definitions)
    for argument, inner in properties.items():
        name = definition_in(inner.get("$ref"))
        if used[name] == 1 and inner.keys() <= {"$ref", "description", "default"}:
            properties[argument] = {**remaining.pop(name), **without(inner, "$ref")}
    rest = {**without(schema, "$defs"), "properties": properties}
    return {**rest, "$defs": remaining} if remaining else rest


@dataclass(frozen=True, slots=True)
class _Piece:
    """A cut schema, its bytes, and the definitions it refers to with their levels."""

    schema: Schema
    size: int
    met: Mapping[str, int]


class Cutting:
    """Cuts the schemas of one document's tools; ``definition`` returns a definition by name."""

    def __init__(self, definition: Callable[[str], Schema], effort: Effort) -> None:
        self._definition = definition
        self._effort = effort
        self._pieces: dict[tuple[Cut, str, int], _Piece] = {}

    def cut(self, root: Schema, most: int) -> Schema | None:
        """Return the schema with its definitions in at most ``most`` bytes; None if impossible."""
        cuts = _CUTS if size_of(root) < most * _MUCH else _CUTS[-_HARDEST:]
        for cut in cuts:
            if (smaller := self._attempt(root, cut, most)) is not None:
                return smaller
        return None

    def _attempt(self, root: Schema, cut: Cut, most: int) -> Schema | None:
        piece = self._piece(root, cut, -1)
        shown: dict[str, Schema] = {}
        size, waiting = piece.size, _queued([], piece)
        while waiting and size <= most:  # the least deep first, so that each is cut the least
            level, name = heappop(waiting)
            if name in shown:
                continue
            inner = self._pieces.get((cut, name, level))
            if inner is None:
                inner = self._piece(self._definition(name), cut, level)
                self._pieces[cut, name, level] = inner
            shown[name] = inner.schema
            size += inner.size + len(name) + len('"": , ')
            _queued(waiting, inner)
        whole = {**piece.schema, "$defs": shown} if shown else piece.schema
        return whole if size <= most and size_of(whole) <= most else None

    def _piece(self, schema: Schema, cut: Cut, level: int) -> _Piece:
        cutter = _Cutter(cut)
        made = cutter.schema(schema, level)
        self._effort.spend(cutter.steps)
        return _Piece(made, size_of(made), cutter.met)


def _queued(waiting: list[tuple[int, str]], piece: _Piece) -> list[tuple[int, str]]:
    for name, level in piece.met.items():
        heappush(waiting, (level, name))
    return waiting


class _Cutter:
    """Cuts one schema, without its definitions."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self.met: dict[str, int] = {}
        self.steps = 0

    def schema(self, source: Schema, level: int) -> Schema:
        """Return a cut copy of a schema that is ``level`` levels deep."""
        self.steps += 1
        made = dict(source)
        if "$ref" in made:
            name = definition_in(made["$ref"])
            self.met[name] = min(level, self.met.get(name, level))
        notes = [self._values(made), self._object(made, level), self._choices(made, level)]
        self._array(made, level)
        self._describe(made, notes)
        return made

    def _describe(self, made: Schema, notes: list[str]) -> None:
        description = shortened(made.pop("description", ""), self._cut.words)
        if self._cut.words:
            description = joined(description, *notes)
        elif "default" in made:
            del made["default"]
        if description:
            made["description"] = description

    def _values(self, made: Schema) -> str:
        values = made.get("enum", ())
        if len(values) <= self._cut.values:
            return ""
        del made["enum"]
        first = ", ".join(map(str, values[: self._cut.values]))
        return shortened(f"One of: {first}, …", self._cut.words)

    def _object(self, made: Schema, level: int) -> str:
        properties = made.get("properties", {})
        more = made.get("additionalProperties")
        if level >= self._cut.levels and (properties or isinstance(more, dict)):
            for keyword in _INSIDE:
                made.pop(keyword, None)
            return _hidden(list(properties))
        if isinstance(more, dict):
            made["additionalProperties"] = self.schema(more, level + 1)
        if "patternProperties" in made:
            made["patternProperties"] = {
                pattern: self.schema(inner, level + 1)
                for pattern, inner in made["patternProperties"].items()
            }
        if not properties:
            return ""
        shown = self._shown(properties, made.get("required", ()))
        made["properties"] = {
            name: self.schema(properties[name], level + 1) for name in properties if name in shown
        }
        if len(shown) == len(properties):
            return ""
        made.pop("additionalProperties", None)
        return _hidden([name for name in properties if name not in shown])

    def _shown(self, properties: Schema, required: Any) -> set[str]:
        needed = [name for name in properties if name in set(required)]
        optional = [name for name in properties if name not in set(required)]
        return {*needed, *optional[: max(0, self._cut.width - len(needed))]}

    def _array(self, made: Schema, level: int) -> None:
        if "items" in made:
            made["items"] = self.schema(made["items"], level)
        if "prefixItems" in made:
            made["prefixItems"] = [self.schema(item, level) for item in made["prefixItems"]]

    def _choices(self, made: Schema, level: int) -> str:
        hidden = False
        for keyword in ("anyOf", "allOf"):
            parts = made.get(keyword, ())
            if level >= self._cut.levels and _are_many(keyword, parts):
                del made[keyword]
                hidden = True
            elif parts:
                made[keyword] = [self.schema(part, level) for part in parts]
        return f"{HIDDEN}." if hidden else ""


def _are_many(keyword: str, parts: Sequence[Schema]) -> bool:
    """Return whether parts are too many to be kept where objects are not shown."""
    if not any(_STRUCTURE & part.keys() for part in parts):
        return len(parts) > _MANY
    return len(parts) > (_FEW if keyword == "anyOf" else 0)


def _hidden(names: list[str]) -> str:
    if not names:
        return f"{HIDDEN}."
    listed = ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
    return f"Not shown here: {shortened(listed, 200)}."
