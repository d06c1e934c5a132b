"""Characters that are cut in two between events.

JSON may write a character beyond the first 65,536 as two escapes, a surrogate pair. Servers exist
that cut a text between the two, so that each event holds half a character.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from domain.json_values import storable

_MOST_WAITING = 16  # events, between those that hold the halves

Place = tuple[Any, ...]


class _String(NamedTuple):
    """A text in a JSON value: where it stands, and what holds it under which key."""

    place: Place
    holder: Any
    key: Any
    text: str


class SplitCharacters:
    """Put the halves of characters together again; a half that stays alone becomes U+FFFD.

    An event whose text ends with the first half waits, with all that comes after it, until the
    event comes that has more of that text. The values are changed in place.
    """

    def __init__(self) -> None:
        self._waiting: list[Any] = []
        self.is_waiting = False  # whether events are held back
        self._half: _String | None = None

    def take(self, event: Any) -> list[Any]:
        """Take in a JSON value; return those that are ready, in the order in which they came."""
        ready: list[Any] = []
        if self._half is not None:
            goes_on = next((each for each in _strings(event) if self._follows(each)), None)
            if goes_on is None and len(self._waiting) < _MOST_WAITING:
                self._waiting.append(event)
                return []
            if goes_on is not None and "\udc00" <= goes_on.text[0] <= "\udfff":
                self._half.holder[self._half.key] += goes_on.text[0]
                goes_on.holder[goes_on.key] = goes_on.text[1:]
            ready = self.end()
        self._half = next((each for each in _strings(event) if _is_high(each.text[-1])), None)
        if self._half is not None:
            self._waiting.append(event)
            self.is_waiting = True
            return ready
        return [*ready, _mended(event)]

    def end(self) -> list[Any]:
        """Return the values that still wait."""
        ready, self._waiting, self._half = self._waiting, [], None
        self.is_waiting = False
        return [_mended(event) for event in ready]

    def _follows(self, string: _String) -> bool:
        return self._half is not None and string.place == self._half.place


def _is_high(character: str) -> bool:
    return "\ud800" <= character <= "\udbff"


def _mended(event: Any) -> Any:
    for string in _strings(event):
        string.holder[string.key] = storable(string.text)
    return event


def _strings(value: Any) -> Iterator[_String]:
    """Yield the texts in a JSON value that are not empty.

    A place names the keys down to the text, and the indexes by which providers tell several
    calls or parts of an answer apart.
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
