"""A proxy that cuts the line: after so many events of a stream, or before an answer."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_END = b"\n\n"  # of an event; headers end otherwise


class CuttingProxy:
    """Passes bytes between clients and the service at ``url``, which may change.

    Each connection is cut after ``every`` events: every other one right there, the rest in the
    midst of the next event. The first ``lost`` connections are cut when the service answers, before
    any of it is passed on. ``cuts`` counts both.
    """

    def __init__(self, url: str, *, every: int | None = None, lost: int = 0) -> None:
        self.upstream = url
        self.every = every
        self.lost = lost
        self.cuts = 0
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for each in self._serving:
            each.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        where = urlsplit(self.upstream)
        try:
            upstream, to_service = await asyncio.open_connection(where.hostname, where.port)
        except ConnectionError:
            writer.close()
            return
        asking = asyncio.create_task(_pass_on(reader, to_service))
        try:
            await self._answers(upstream, writer)
        except ConnectionError:
            pass
        finally:
            asking.cancel()
            to_service.close()
            writer.close()

    async def _answers(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        events, last = 0, b""
        while data := await upstream.read(4096):
            if self.lost > 0:
                self.lost -= 1
                self.cuts += 1
                return
            for position, byte in enumerate(data):
                events += last + data[position : position + 1] == _END
                last = bytes([byte])
                if self.every is not None and events == self.every:
                    self.cuts += 1
                    writer.write(data[: position + 1 + 9 * (self.cuts % 2)])
                    await writer.drain()
                    return
            writer.write(data)
            await writer.drain()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
