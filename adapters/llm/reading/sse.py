"""Reads server-sent events from a stream of bytes.

Follows the WHATWG HTML standard, "9.2 Server-sent events". Only the data of an event is kept: model
providers repeat the event's name in it, and a broken answer is not resumed. Data stays bytes, for
the JSON parser.
"""

_BOM = b"\xef\xbb\xbf"
_DATA = b"data: "
_MEBIBYTE = 1 << 20


class OversizedEvent(ValueError):
    """An event exceeds the size limit: not an event stream, or a hostile one."""


class EventDecoder:
    """Decodes chunks of bytes, split anywhere, into the data of complete events.

    ``limit`` bounds one event, and so one line, in bytes.
    """

    def __init__(self, limit: int = _MEBIBYTE) -> None:
        self._limit = limit
        self._held = bytearray()  # the start of an event whose end has not come
        self._after_cr = False  # a line feed now would belong to the line end before
        self._first = True

    def feed(self, piece: bytes) -> list[bytes]:
        """Read a chunk; return the data of the events that it completes.

        As in the standard, an event without an empty line after it is dropped.

        Raises:
            OversizedEvent: an event exceeds the limit.

        """
        if not self._held and (data := self._alone(piece)) is not None:
            return [data]
        piece = self._with_line_feeds(piece)
        seen = len(self._held)
        self._held += piece
        # Searching only the new bytes keeps a long event in small chunks linear.
        if self._held.find(b"\n\n", max(seen - 1, 0)) < 0:
            self._check(len(self._held) - 1)  # the last byte may be a line end
            return []
        *blocks, rest = bytes(self._held).split(b"\n\n")
        self._held = bytearray(rest)
        self._check(max(len(rest) - 1, *map(len, blocks)))
        return self._events(blocks)

    def _alone(self, piece: bytes) -> bytes | None:
        """Return the data if the chunk is exactly one plain event, as nearly all are; else None."""
        end = len(piece) - 2
        start = _line_after_name(piece)
        if piece.find(b"\n", start) != end or not piece.endswith(b"\n") or b"\r" in piece:
            return None
        if not piece.startswith(_DATA, start):
            return None
        self._check(end)
        self._first = self._after_cr = False
        return piece[start + len(_DATA) : end]

    def _with_line_feeds(self, piece: bytes) -> bytes:
        """Convert every line end to one line feed, also CR LF that is split between chunks."""
        if self._after_cr and piece:
            self._after_cr = False
            piece = piece.removeprefix(b"\n")
        if b"\r" in piece:
            self._after_cr = piece.endswith(b"\r")
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return piece

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise OversizedEvent(f"an event is larger than {self._limit} bytes")

    def _events(self, blocks: list[bytes]) -> list[bytes]:
        if self._first:
            self._first = False
            blocks[0] = blocks[0].removeprefix(_BOM)
        events = []
        for block in blocks:
            start = _line_after_name(block)
            if block.startswith(_DATA, start) and block.find(b"\n", start) < 0:  # nearly always
                events.append(block[start + len(_DATA) :])
            elif lines := [line for line in map(_data_of, block.split(b"\n")) if line is not None]:
                events.append(b"\n".join(lines))
        return events


def _line_after_name(event: bytes) -> int:
    """Return the offset of the second line if the first is the event's name; else 0."""
    return event.find(b"\n") + 1 if event.startswith(b"event: ") else 0


def _data_of(line: bytes) -> bytes | None:
    """Return the value of a ``data`` line; None for a comment or another field."""
    field, _, value = line.partition(b":")
    return value.removeprefix(b" ") if field == b"data" else None
