"""Joins characters that a server split between two events.

JSON can write a character above U+FFFF as two escapes, a surrogate pair. Some servers split a text
between the two; others split the UTF-8 bytes of one character.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from domain.shared.json_values import storable

_MOST_WAITING = 16  # events, between those that hold the halves

# A byte that is no UTF-8 stands in a text as U+DC80 to U+DCFF (PEP 383, "surrogateescape").
_BYTES: Final = re.compile("(?<![\ud800-\udbff])[\udc80-\udcff]+")
_FIRST_BYTES: Final = re.compile("(?<![\ud800-\udbff])[\udcc2-\udcf4][\udc80-\udcbf]{0,2}\\Z")
_HIGH: Final = re.compile("[\ud800-\udbff]\\Z")
_LOW: Final = re.compile("[\udc00-\udfff]")
_MORE_BYTES: Final = re.compile("[\udc80-\udcbf]{1,3}")

Place = tuple[Any, ...]


class _String(NamedTuple):
    """A string in a JSON value: its path, and the container and key that hold it."""

    place: Place
    holder: Any
    key: Any
    text: str


class SplitCharacters:
    """Joins the halves of split characters; a half that stays alone becomes U+FFFD.

    An event whose text ends with the first half is held back, with all that follow it, until an
    event continues that text. The values are changed in place.
    """

    def __init__(self) -> None:
        self._waiting: list[Any] = []
        self.is_waiting = False  # whether events are held back
        self._half: _String | None = None

    def take(self, event: Any) -> list[Any]:
        """Read a JSON value; return the values that are ready, in their order."""
        ready: list[Any] = []
        if self._half is not None:
            goes_on = next((each for each in _strings(event) if self._follows(each)), None)
            if goes_on is None and len(self._waiting) < _MOST_WAITING:
                self._waiting.append(event)
                return []
            if goes_on is not None and self._is_joined_by(goes_on):
                self._waiting.append(event)
                return []
            ready = self.end()
        self._half = next((each for each in _strings(event) if _is_cut(each.text)), None)
        if self._half is not None:
            self._waiting.append(event)
            self.is_waiting = True
            return ready
        return [*ready, _mended(event)]

    def end(self) -> list[Any]:
        """Return the values that are still held back."""
        ready, self._waiting, self._half = self._waiting, [], None
        self.is_waiting = False
        return [_mended(event) for event in ready]

    def _follows(self, string: _String) -> bool:
        return self._half is not None and string.place == self._half.place

    def _is_joined_by(self, string: _String) -> bool:
        """Append to the half what belongs to it; return whether it is still incomplete."""
        half = self._half
        assert half is not None  # noqa: S101  for mypy
        rest = (_LOW if _HIGH.search(half.text) else _MORE_BYTES).match(string.text)
        if rest is None:
            return False
        text = half.text + rest[0]
        half.holder[half.key] = text
        string.holder[string.key] = string.text[rest.end() :]
        self._half = half._replace(text=text)
        return rest.end() == len(string.text) and _is_cut(text)


def _is_cut(text: str) -> bool:
    """Return whether the text ends within a character."""
    if _HIGH.search(text, len(text) - 1):
        return True
    first = _FIRST_BYTES.search(text, max(len(text) - 3, 0))
    try:
        return first is not None and not first[0].encode("utf-8", "surrogateescape").decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"


def _mended(event: Any) -> Any:
    for string in _strings(event):
        string.holder[string.key] = storable(_BYTES.sub(_decoded, string.text))
    return event


def _decoded(found: re.Match[str]) -> str:
    return found[0].encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _strings(value: Any) -> Iterator[_String]:
    """Yield the strings in a JSON value that are not empty.

    The path of a string has the keys down to it, and the indexes by which providers tell calls and
    parts of an answer apart.
    """
    ahead: list[tuple[Place, Any]] = [((), value)]
    while ahead:
        place, holder = ahead.pop()
        if isinstance(holder, dict):
            marks = (str(holder.get("index")), str(holder.get("output_index")))
            entries = [((*place, *marks, key), key, each) for key, each in holder.items()]
        elif isinstance(holder, list):
            entries = [((*place, at), at, each) for at, each in enumerate(holder)]
        else:
            continue
        for inner, key, each in entries:
            if isinstance(each, str) and each:
                yield _String(inner, holder, key, each)
            elif isinstance(each, dict | list):
                ahead.append((inner, each))
