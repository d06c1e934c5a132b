"""The cheapest HTTP client that is honest: one connection, httptools' parser in C, nothing else.

The relay reads its upstream through it, and the benchmark drives both services with it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final, Self, cast

import httptools

NO_HEADERS: Final[Mapping[str, str]] = {}


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request to 127.0.0.1."""
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{more}\r\n".encode()


class Connection(asyncio.Protocol):
    """A connection to a server on 127.0.0.1 that carries one request after the other."""

    def __init__(self) -> None:
        self.is_open = False
        self.status = 0  # of the last answer, once its first body bytes have come
        self._parts: list[bytes] = []
        self._ended = False
        self._news: asyncio.Future[None] | None = None

    @classmethod
    async def to(cls, port: int) -> Self:
        """Connect."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, "127.0.0.1", port)
        return connection

    def post(
        self, path: str, body: bytes, headers: Mapping[str, str] = NO_HEADERS
    ) -> AsyncIterator[bytes]:
        """Send a JSON body and yield the answer's body as it comes, decoded from its chunks.

        What comes in one read is yielded as one, in the same turn of the loop.

        Raises:
            ConnectionError: the server closed before the answer was whole.

        """
        more = {"content-type": "application/json", "content-length": str(len(body)), **headers}
        return self._exchange("POST", path, more, body)

    async def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS) -> bytes:
        """Return what the server has there; `status` says whether it is that.

        Raises:
            ConnectionError: the server closed before the answer was whole.

        """
        return b"".join([data async for data in self._exchange("GET", path, headers, b"")])

    async def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> AsyncIterator[bytes]:
        self._parser = httptools.HttpResponseParser(self)
        self._ended = False
        self._transport.write(head(method, path, headers) + body)
        while True:
            if self._parts:
                data, self._parts = b"".join(self._parts), []
                yield data
            elif self._ended:
                return
            elif not self.is_open:
                raise ConnectionError("the answer was cut")
            else:
                self._news = asyncio.get_running_loop().create_future()
                await self._news

    def close(self) -> None:
        """Disconnect."""
        self._transport.close()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        self.is_open = False
        self._wake()

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    # What httptools calls

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        self._ended = True
