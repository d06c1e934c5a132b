"""YAML parser by the rules of YAML 1.2, safe against expansion of aliases ("billion laughs").

The tree is built from PyYAML's events (of libyaml where it is installed), which takes a third of
the time of PyYAML's own loader. The result has only strings, numbers, booleans, null, lists and
objects: a date stays a string, ``yes`` is no boolean, a key is always a string, and tags are
ignored. A number remembers its spelling.
"""

import math
import re
from collections.abc import Iterator
from typing import Any, Final

import yaml  # type: ignore[import-untyped]  # PyYAML brings no types

from plugins.openapi.reading.limits import ReadingLimits
from plugins.openapi.reading.problems import DocumentRefused, Reason
from plugins.openapi.reading.twice import put
from plugins.openapi.reading.values import spelled

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER_STARTS: Final = frozenset("0123456789+-.")
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")  # 007 is a string, such as a code
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_BASED: Final = re.compile(r"0(?:x[0-9a-fA-F]{1,16}|o[0-7]{1,21})\Z")
_MOST_DIGITS: Final = 18  # that surely fit into 64 bits
_MOST_INTEGER: Final = 2**63 - 1024  # as a float that is not rounded up
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
_TABS: Final = re.compile(r"^[ ]*\t[\t ]*|\t+(?=\r?$)", re.MULTILINE)
_MERGE: Final = "<<"
_NO_KEY: Final = object()


def parse_yaml(data: bytes, limits: ReadingLimits) -> Any:
    """Parse the first document of the stream.

    Raises:
        DocumentRefused: it is no YAML, or exceeds a limit.

    """
    try:
        return _Tree(limits).build(data)
    except yaml.YAMLError as error:
        repaired = _repaired(data)
        if repaired == data:
            raise _refusal(error, data, limits) from error
    try:
        return _Tree(limits).build(repaired)
    except yaml.YAMLError as error:
        raise _refusal(error, repaired, limits) from error


def _repaired(data: bytes) -> bytes:
    """Replace what YAML forbids but documents have: control characters, tabs as indentation."""
    text = _CONTROL.sub(" ", data.decode())
    return _TABS.sub(lambda tabs: tabs[0].replace("\t", "  "), text).encode()


def _refusal(error: yaml.YAMLError, data: bytes, limits: ReadingLimits) -> DocumentRefused:
    mark = getattr(error, "problem_mark", None)
    if mark and _open_brackets(data.decode(), mark) > limits.depth:
        return _too_deep(limits)
    where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
    message = f"The document is neither JSON nor YAML: {problem}{where}."
    return DocumentRefused(Reason.NOT_READABLE, message)


def _open_brackets(text: str, mark: yaml.Mark) -> int:
    """Return how many brackets are open where the parser failed.

    A parser reads ahead and may have a nesting limit of its own (libyaml 0.2.6: 1,000 levels), at
    which it fails before `_Tree` has seen the events.
    """
    lines = text.splitlines(keepends=True)[: mark.line + 1]
    if len(lines) > mark.line:
        lines[-1] = lines[-1][: mark.column]
    read = "".join(lines)
    return sum(map(read.count, "[{")) - sum(map(read.count, "]}"))


def _too_deep(limits: ReadingLimits) -> DocumentRefused:
    message = f"The document is nested more than {limits.depth} levels deep."
    return DocumentRefused(Reason.TOO_DEEP, message)


class _Tree:
    """Builder of one stream's tree."""

    def __init__(self, limits: ReadingLimits) -> None:
        self._limits = limits
        self._nodes = 0
        self._known: dict[str, tuple[Any, int]] = {}  # an anchor's value and number of nodes
        self._keys: dict[str, str] = {}

    def build(self, data: bytes) -> Any:
        """Return the tree of the first document."""
        root: list[Any] = []
        open_: list[_Open] = [_Open(root, None, 0)]
        for event in self._events(data):
            kind = type(event)
            top = open_[-1]
            if kind is yaml.ScalarEvent:
                self._count(1)
                top.take(self._scalar(event, top), self)
                if event.anchor:
                    self._known[event.anchor] = (_value(event), 1)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._count(1)
                inside: Any = {} if kind is yaml.MappingStartEvent else []
                open_.append(_Open(inside, event.anchor, self._nodes))
                if len(open_) > self._limits.depth + 1:
                    raise _too_deep(self._limits)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                closed = open_.pop()
                if closed.anchor:
                    size = self._nodes - closed.began + 1
                    self._known[closed.anchor] = (closed.inside, size)
                open_[-1].take(closed.inside, self)
            elif kind is yaml.AliasEvent:
                top.take(self._alias(event.anchor), self)
            elif kind is yaml.DocumentEndEvent:
                break
        return root[0] if root else None

    def _events(self, data: bytes) -> Iterator[Any]:
        events: Iterator[Any] = yaml.parse(data, Loader=_LOADER)
        return events

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self._limits.nodes:
            message = (
                f"The document holds more than {self._limits.nodes:,} values, aliases written out."
            )
            raise DocumentRefused(Reason.TOO_LARGE, message)

    def _alias(self, anchor: str) -> Any:
        if anchor not in self._known:
            message = f"The alias *{anchor} names nothing before it, or what it stands in."
            raise DocumentRefused(Reason.NOT_READABLE, message)
        value, size = self._known[anchor]
        self._count(size)
        return value

    def _scalar(self, event: yaml.ScalarEvent, top: "_Open") -> Any:
        if top.waits_for_key:
            return self._keys.setdefault(event.value, event.value)  # each name is stored once
        return _value(event)

    def merge(self, into: dict[str, Any], value: Any) -> None:
        """Add the entries of a merge key (``<<``) that the object does not have yet."""
        for source in value if isinstance(value, list) else [value]:
            if isinstance(source, dict):
                self._count(len(source))
                for key, entry in source.items():
                    into.setdefault(key, entry)


class _Open:
    """An object or list that is being built."""

    __slots__ = ("anchor", "began", "inside", "is_object", "key")

    def __init__(self, inside: Any, anchor: str | None, began: int) -> None:
        self.inside = inside
        self.anchor = anchor
        self.began = began
        self.is_object = isinstance(inside, dict)
        self.key: Any = _NO_KEY

    @property
    def waits_for_key(self) -> bool:
        return self.is_object and self.key is _NO_KEY

    def take(self, value: Any, tree: _Tree) -> None:
        """Add the next value: an item, a key, or the value of a key."""
        if not self.is_object:
            self.inside.append(value)
        elif self.key is _NO_KEY:
            self.key = value if isinstance(value, str) else _key(value)
        else:
            key, self.key = self.key, _NO_KEY
            if key == _MERGE:
                tree.merge(self.inside, value)
            else:
                put(self.inside, key, value)


def _key(value: Any) -> str:
    """Return the string of a key that is no string, such as ``{id}``, in YAML an object."""
    if isinstance(value, dict):
        return "{" + ",".join(value) + "}"
    return str(value)


def _value(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    plain, _ = event.implicit
    if not plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    number = _number(text)
    return number if isinstance(number, str) else spelled(number, text)


def _number(text: str) -> Any:
    if _INTEGER.match(text):
        return int(text) if len(text) <= _MOST_DIGITS else _finite(text)
    if _BASED.match(text):
        return int(text, 0)
    return _finite(text) if _FLOAT.match(text) and not text.startswith("00") else text


def _finite(text: str) -> Any:
    number = float(text)
    if not math.isfinite(number):
        return text
    return int(text) if _INTEGER.match(text) and abs(number) < _MOST_INTEGER else number
