"""Line and column of the parts of a document in JSON or YAML, and its duplicate keys."""

import json
import re
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

import yaml  # type: ignore[import-untyped]  # PyYAML brings no types

from domain.shared.json_pointers import join
from plugins.openapi.reading.parsing import as_utf8

Position = tuple[int, int]
"""Line and column, both from 1."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TOKEN: Final = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|([{\[])|([}\]])|[^\s,:{}\[\]"]+', re.DOTALL)
_MERGE: Final = "<<"
_MOST_TWICE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Positions:
    """The positions of the requested parts, and of duplicate keys, both by pointer."""

    of: dict[str, Position] = field(default_factory=dict)
    twice: dict[str, Position] = field(default_factory=dict)

    def nearest(self, pointer: str) -> Position:
        """Return the position of a part, or of the nearest part that encloses it.

        The contents of a YAML alias have the position of the alias.
        """
        while pointer and pointer not in self.of:
            pointer = pointer.rpartition("/")[0]
        return self.of.get(pointer, (1, 1))


def positions(data: bytes, pointers: Collection[str], *, is_json: bool) -> Positions:
    """Return the positions of the parts with these pointers; that of an entry is its key's.

    Raises:
        yaml.YAMLError: it is no YAML.

    """
    walk = _Walk(pointers)
    for kind, text, position in _json_parts(data) if is_json else _yaml_parts(data):
        walk.take(kind, text, position)
    return walk.positions


def _json_parts(data: bytes) -> Iterator[tuple[str, str, Position]]:
    text = as_utf8(data).decode()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    for token in _TOKEN.finditer(text):
        line = bisect_right(starts, token.start())
        position = (line, token.start() - starts[line - 1] + 1)
        word, opening, closing = token.groups()
        if opening:
            yield opening, "", position
        elif closing:
            yield "end", "", position
        else:
            yield "value", _unquoted(word) if word else "", position


def _unquoted(word: str) -> str:
    return str(json.loads(word, strict=False)) if "\\" in word else word[1:-1]


def _yaml_parts(data: bytes) -> Iterator[tuple[str, str, Position]]:
    for event in yaml.parse(as_utf8(data), Loader=_LOADER):
        position = (event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case yaml.ScalarEvent():
                yield "value", event.value, position
            case yaml.AliasEvent():
                yield "value", "", position
            case yaml.MappingStartEvent():
                yield "{", "", position
            case yaml.SequenceStartEvent():
                yield "[", "", position
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                yield "end", "", position
            case yaml.DocumentEndEvent():
                return


class _Open:
    """An object or list that is being read; ``pointer`` is None if it was not requested."""

    __slots__ = ("is_key", "is_object", "keys", "pointer", "position", "step", "waits")

    def __init__(self, *, is_object: bool, is_key: bool, pointer: str | None) -> None:
        self.is_object = is_object
        self.is_key = is_key  # YAML takes `{id}: ` for a key that is an object
        self.pointer = pointer
        self.keys: set[str] = set()
        self.step: str | int = -1  # the current key or index
        self.position: Position = (1, 1)
        self.waits = is_object  # for a key


class _Walk:
    """A pass over the parts of a document, which collects positions."""

    def __init__(self, pointers: Collection[str]) -> None:
        self.positions = Positions()
        self._requested = {""}
        for pointer in pointers:
            while pointer not in self._requested:
                self._requested.add(pointer)
                pointer = pointer.rpartition("/")[0]  # noqa: PLW2901 - up to the root
        self._open: list[_Open] = []

    def take(self, kind: str, text: str, position: Position) -> None:
        """Process the next part: a value, the start of an object or a list, or an end."""
        top = self._open[-1] if self._open else None
        if kind == "end":
            if top is not None:
                self._end(self._open.pop())
        elif top is not None and top.waits:
            if kind == "value":
                self._key(top, text, position)
            else:
                self._open.append(_Open(is_object=kind == "{", is_key=True, pointer=None))
        else:
            pointer = self._value(top, position)
            if kind != "value":
                self._open.append(_Open(is_object=kind == "{", is_key=False, pointer=pointer))

    def _key(self, top: _Open, key: str, position: Position) -> None:
        top.step, top.position, top.waits = key, position, False
        if key in top.keys and key != _MERGE and len(self.positions.twice) < _MOST_TWICE:
            self.positions.twice[join(*(each.step for each in self._open))] = position
        top.keys.add(key)

    def _value(self, top: _Open | None, position: Position) -> str | None:
        """Record the position of a value and return its pointer, if it was requested."""
        pointer: str | None = ""
        if top is not None:
            if isinstance(top.step, int):
                top.step, top.position = top.step + 1, position
            top.waits = top.is_object
            position = top.position
            pointer = None if top.pointer is None else top.pointer + join(top.step)
        if pointer is None or pointer not in self._requested:
            return None
        self.positions.of[pointer] = position
        return pointer

    def _end(self, ended: _Open) -> None:
        if ended.is_key and self._open:
            self._open[-1].step, self._open[-1].waits = "{}", False
