"""Splits the body of a provider's answer into the data of its events.

A body should be a stream of server-sent events. Some servers ignore ``stream`` and send one JSON
object, a list of objects, or JSON lines. The first byte tells which, since no event stream begins
with a bracket.
"""

from collections.abc import Callable, Iterator
from typing import Final

from adapters.llm.reading.decoding import MalformedAnswer
from adapters.llm.reading.sse import EventDecoder

_BOM: Final = b"\xef\xbb\xbf"
_LARGEST: Final = 4 << 20  # bytes of a JSON body
_QUOTED: Final = 300  # bytes of a body that is no stream
_FIELDS: Final = (b":", b"data", b"event", b"id", b"retry")  # beginnings of a stream's lines


class BodyReader:
    """Splits a body, received in chunks of any size, into the data of its events.

    ``feed`` reads a chunk and returns the data of the events that it completes. It raises a
    ValueError if an event or the JSON body is too large, or if the body is a web page.
    """

    def __init__(self, content_type: str) -> None:
        if content_type.startswith("text/html"):
            raise MalformedAnswer(f"not an event stream but {content_type}: check the base URL")
        self._stream = EventDecoder()
        self.feed: Callable[[bytes], list[bytes]] = self._begin  # until the first byte
        self._json = bytearray()
        self._is_json = False
        self._words = b""  # the beginning of a body that is neither a stream nor JSON

    def _begin(self, piece: bytes) -> list[bytes]:
        first = piece.removeprefix(_BOM).lstrip()[:1]
        if first == b"<":
            raise MalformedAnswer("not an event stream but a web page: check the base URL")
        if first in {b"{", b"["}:
            self._is_json = True
            self.feed = self._gather
        elif first:
            self.feed = self._stream.feed
            if not piece.removeprefix(_BOM).lstrip().startswith(_FIELDS):
                self._words = piece.strip()[:_QUOTED]
        return self.feed(piece) if first else self._stream.feed(piece)

    def _gather(self, piece: bytes) -> list[bytes]:
        self._json += piece
        if len(self._json) > _LARGEST:
            raise MalformedAnswer(f"the answer is larger than {_LARGEST} bytes")
        return []

    def end(self) -> list[bytes]:
        """Return the remaining data at the end of the body, also of an unfinished event.

        For a body of plain text, such as a proxy's error message, that is its beginning.
        """
        if not self._is_json:
            return self._stream.feed(b"\n\n") or ([self._words] if self._words else [])
        body = bytes(self._json).removeprefix(_BOM).strip()
        return list(_values(body))


def _values(body: bytes) -> Iterator[bytes]:
    """Yield each line if all lines are JSON objects; else the body as a whole."""
    lines = [line for each in body.splitlines() if (line := each.strip())]
    if all(line.startswith(b"{") and line.endswith(b"}") for line in lines):
        yield from lines
    else:
        yield body
