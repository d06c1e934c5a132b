"""A server on this loop that notes what arrives, and answers as it is told."""

import asyncio
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Self


@dataclass(frozen=True)
class Seen:
    """A request as it came: ``target`` still encoded, names of headers in lower case."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True)
class Reply:
    """An answer; its length is told unless a header says otherwise."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    seconds: float = 0.0  # before it is sent

    def written(self, *, with_body: bool) -> bytes:
        kind = {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        lines = [f"{name}: {value}" for name, value in (kind | self.headers).items()]
        head = "\r\n".join([f"HTTP/1.1 {self.status} Said", *lines, "", ""]).encode()
        return head + self.body if with_body else head


class WebServer:
    """Answers each request with ``reply(seen)``; ``seen`` has them all."""

    def __init__(
        self,
        reply: Callable[[Seen], Reply] | None = None,
        *,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.reply = reply or (lambda _: Reply())
        self.seen: list[Seen] = []
        self._context = context
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                seen = await _read(reader)
                self.seen.append(seen)
                reply = self.reply(seen)
                await asyncio.sleep(reply.seconds)
                writer.write(reply.written(with_body=seen.method != "HEAD"))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


@contextmanager
def serving(reply: Callable[[Seen], Reply] | None = None) -> Iterator[WebServer]:
    """Serve from a thread of its own, for what blocks this one."""
    loop, server = asyncio.new_event_loop(), WebServer(reply)
    thread = Thread(target=loop.run_forever)
    thread.start()

    async def leave() -> None:
        await server.__aexit__()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
        yield server
        asyncio.run_coroutine_threadsafe(leave(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _read(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("utf-8", errors="replace")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = [
        (name.lower(), value.strip()) for name, _, value in (x.partition(":") for x in lines)
    ]
    length = int(dict(headers).get("content-length", "0"))
    return Seen(method, target, headers, await reader.readexactly(length))
