"""The body of a provider's answer, cut into the data of its events.

It should be a stream of server-sent events. Some servers ignore that a stream was asked for: their
body is one JSON object, a list of objects, or an object on each line. The first byte tells, since
nobody's event stream begins with a bracket.
"""

from collections.abc import Callable, Iterator
from typing import Final

from adapters.llm.reading.decoding import MalformedAnswer
from adapters.llm.reading.sse import EventDecoder

_BOM: Final = b"\xef\xbb\xbf"
_LARGEST: Final = 4 << 20  # bytes of a JSON body
_QUOTED: Final = 300  # bytes of a body that is no stream
_FIELDS: Final = (b":", b"data", b"event", b"id", b"retry")  # with which a stream's lines begin


class BodyReader:
    """Turn the bytes of a body, cut anywhere, into the data of its events.

    ``feed`` takes in more bytes and returns the data of the events that they complete. It raises a
    ValueError where an event, or the JSON body, is too large, and where it is a web page.
    """

    def __init__(self, content_type: str) -> None:
        if content_type.startswith("text/html"):
            raise MalformedAnswer(f"not an event stream but {content_type}: check the base URL")
        self._stream = EventDecoder()
        self.feed: Callable[[bytes], list[bytes]] = self._begin  # then what the first byte says
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
        """Return the data that is left once the body is whole, also of an unended event.

        Of a body of plain words, such as a proxy's in place of an answer, that is how it begins.
        """
        if not self._is_json:
            return self._stream.feed(b"\n\n") or ([self._words] if self._words else [])
        body = bytes(self._json).removeprefix(_BOM).strip()
        return list(_values(body))


def _values(body: bytes) -> Iterator[bytes]:
    """Yield the body as it is, or its lines where each is an object of its own."""
    lines = [line for each in body.splitlines() if (line := each.strip())]
    if all(line.startswith(b"{") and line.endswith(b"}") for line in lines):
        yield from lines
    else:
        yield body
