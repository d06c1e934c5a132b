"""The cheapest WebSocket client that is honest: what the measured services need, nothing else.

No fragments, no compression, no masking of any worth (a mask of zeros is as good as another
where nobody stands between), and all frames that came in one read in one piece.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Final, Self, cast

from connection import head

_UPGRADE: Final = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
_TEXT: Final = 0x1
_CLOSE: Final = 0x8
_PING: Final = 0x9
_PONG: Final = 0xA


class Socket(asyncio.Protocol):
    """A WebSocket to a server on 127.0.0.1."""

    def __init__(self) -> None:
        self._received = b""
        self._is_upgraded = False
        self._frames: list[bytes] = []
        self._why_closed: str | None = None
        self._news = asyncio.Event()

    @classmethod
    async def to(cls, port: int, path: str, headers: Mapping[str, str]) -> Self:
        """Connect, and return when the server has said that it is ready.

        Raises:
            ConnectionError: the server refused.

        """
        loop = asyncio.get_running_loop()
        transport, opened = await loop.create_connection(cls, "127.0.0.1", port)
        transport.write(head("GET", path, _UPGRADE | dict(headers)))
        if (first := await opened.receive()) != [b'{"type":"ready"}']:
            raise ConnectionError(f"the socket is not ready: {first!r}")
        return opened

    def send(self, text: bytes) -> None:
        """Send one frame."""
        self._send(_TEXT, text)

    async def receive(self) -> list[bytes]:
        """Return the frames that have come since, at least one, as soon as there are any.

        Raises:
            ConnectionError: the server closed.

        """
        while not self._frames:
            if self._why_closed is not None:
                raise ConnectionError(f"the socket was closed: {self._why_closed}")
            self._news.clear()
            await self._news.wait()
        frames, self._frames = self._frames, []
        return frames

    def close(self) -> None:
        """Disconnect."""
        self._send(_CLOSE, b"")
        self._transport.close()

    def _send(self, kind: int, data: bytes) -> None:
        size = len(data)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
        self._transport.write(bytes([0x80 | kind]) + length + bytes(4) + data)

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._is_upgraded:
            answer, end, rest = self._received.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in answer.partition(b"\r\n")[0]:
                self._closed(self._received.decode(errors="replace"))
                return
            self._is_upgraded, self._received = True, rest
        for kind, frame in self._whole_frames():
            if kind == _PING:
                self._send(_PONG, frame)
            elif kind == _CLOSE:
                self._closed(frame[2:].decode(errors="replace"))
            else:
                self._frames.append(frame)
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed(str(exc or "the connection was lost"))

    def _closed(self, why: str) -> None:
        self._why_closed = self._why_closed or why
        self._news.set()

    def _whole_frames(self) -> Iterator[tuple[int, bytes]]:
        """Yield the kind and the data of each frame that is whole, and keep the rest."""
        data, start = self._received, 0
        while (place := _place(data, start)) is not None:
            yield data[start] & 0x0F, data[place[0] : place[1]]
            start = place[1]
        self._received = data[start:]


def _place(data: bytes, start: int) -> tuple[int, int] | None:
    """Return where the data of a frame begins and ends; None: not all of it has come."""
    if len(data) < start + 2:
        return None
    size, begin = data[start + 1], start + 2
    if size >= 126:
        wide = 2 if size == 126 else 8
        if len(data) < begin + wide:
            return None
        size, begin = int.from_bytes(data[begin : begin + wide]), begin + wide
    return (begin, begin + size) if len(data) >= begin + size else None
