"""A proxy that drops the line, as networks do."""

import asyncio
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class FlakyProxy:
    """Passes bytes between a client and a service, and cuts the first connections short.

    The first ``drops`` connections are cut after ``size`` bytes of an answer. ``header`` is put
    into each request, for clients that cannot send one, as `EventSource`.
    """

    def __init__(self, url: str, header: str, drops: int, size: int) -> None:
        where = urlsplit(url)
        self._host, self._port = where.hostname, where.port
        self._header = header.encode() + b"\r\n"
        self._left = drops
        self._size = size
        self._server: asyncio.Server | None = None
        self.connections = 0

    @property
    def url(self) -> str:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            line, _, rest = head.partition(b"\r\n")
            # Answers of HTTP/1.0 end where the line does. In the chunks of 1.1 the end is a broken
            # answer, after which Node's EventSource (undici 6) does not come back.
            line = line.replace(b"HTTP/1.1", b"HTTP/1.0")
            upstream, to_service = await asyncio.open_connection(self._host, self._port)
            to_service.write(line + b"\r\n" + self._header + b"Connection: close\r\n" + rest)
            await self._pass_on(upstream, writer)
            to_service.close()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _pass_on(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_cut = self._left > 0
        self._left -= is_cut
        passed = 0
        while data := await upstream.read(200):
            writer.write(data)
            await writer.drain()
            passed += len(data)
            if is_cut and passed > self._size:
                return
