"""The definitions of a document that tools' schemas refer to (``$defs``), each converted once.

Their names are made of their places in the document (JSON Pointers).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from domain.shared.json_pointers import split
from domain.shared.json_schema import DEFINITIONS, definition_in, references_in
from plugins.openapi.lowering.cutting import size_of
from plugins.openapi.lowering.walk import Notes, Schema

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,50}\Z")
_HOMES: Final = ("/components/schemas/", "/definitions/")
_MOST: Final = 40
_MOST_MERGED: Final = 15  # nested definitions that are merged into the schemas with references

Lower = Callable[[str, Notes], Schema]
"""Converts the schema at a place; losses are added to the notes."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A converted definition: its name, schema and size in bytes, and the names it refers to."""

    name: str
    schema: Schema
    size: int
    uses: Sequence[str]
    notes: Notes


class Definitions:
    """The definitions of one document, converted on demand."""

    def __init__(self, lower: Lower) -> None:
        self._lower = lower
        self._names = _Names()
        self._made: dict[str, Definition] = {}
        self._open: dict[str, None] = {}  # whose conversion has begun

    def reference(self, place: str) -> Schema:
        """Return a reference to the definition at a place."""
        return {"$ref": DEFINITIONS + self._names.name(place)}

    def named(self, name: str) -> Schema:
        """Return a definition by its name in references."""
        return self._named(name).schema

    def content(self, part: Schema, notes: Notes) -> Schema | None:
        """Return the schema of a referenced definition if it can be merged, else None."""
        place = self._names.place(definition_in(part["$ref"]))
        if place in self._open or len(self._open) > _MOST_MERGED:
            return None
        made = self._definition(place)
        notes.update(made.notes)
        return made.schema

    def whole(self, root: Schema, notes: Notes, most: int) -> Schema | None:
        """Return a schema with all definitions that it reaches; None above ``most`` bytes.

        Losses in the definitions are added to the notes.
        """
        size = size_of(root)
        definitions: dict[str, Schema] = {}
        waiting = list(map(definition_in, references_in(root)))
        seen = set(waiting)
        while waiting and size <= most:
            made = self._named(waiting.pop())
            definitions[made.name] = made.schema
            size += made.size
            notes.update(made.notes)
            waiting += [name for name in made.uses if name not in seen]
            seen.update(made.uses)
        if size > most:
            return None
        if not definitions:
            return root
        return {**root, "$defs": {name: definitions[name] for name in sorted(definitions)}}

    def _named(self, name: str) -> Definition:
        return self._definition(self._names.place(name))

    def _definition(self, place: str) -> Definition:
        if (made := self._made.get(place)) is None:
            self._open[place] = None
            notes: Notes = {}
            schema = self._lower(place, notes)
            del self._open[place]
            name = self._names.name(place)
            size = size_of(schema) + len(name) + len('"": , ')
            uses = list(map(definition_in, references_in(schema)))
            made = self._made[place] = Definition(name, schema, size, uses, notes)
        return made


class _Names:
    """Unique names for JSON Pointers (places), which do not depend on the other definitions."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._places: dict[str, str] = {}

    def name(self, place: str) -> str:
        """Return the name of the definition at a place (a JSON Pointer)."""
        if (name := self._names.get(place)) is None:
            name = _name(place)
            if self._places.get(name, place) != place:
                name = f"{name[:_MOST]}_{_digest(place, 12)}"
            self._names[place] = name
            self._places[name] = place
        return name

    def place(self, name: str) -> str:
        """Return the place of a definition by its name, which `name` returned before."""
        return self._places[name]


def _name(place: str) -> str:
    last = split(place)[-1] if "/" in place else "document"
    if _PLAIN.match(last) and any(place == home + last for home in _HOMES):
        return last
    end = last.rpartition(".")[2] or last  # the last part of "io.example.v1.Pet"
    bare = re.sub(r"[^A-Za-z0-9_]+", "_", end).strip("_")[:_MOST]
    return f"{bare or 'definition'}_{_digest(place, 4)}".lstrip("0123456789_") or "definition"


def _digest(place: str, length: int) -> str:
    return sha256(place.encode("utf-8", "replace")).hexdigest()[:length]
