"""A server on this loop that sends exactly the bytes it is told to, right or wrong."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum, auto
from typing import Self


class Act(Enum):
    """What the server does besides sending bytes."""

    CLOSE = auto()  # the connection, in good order
    RESET = auto()  # the connection (TCP RST)
    GATE = auto()  # go on when the test opens the gate
    WAIT = auto()  # until the client leaves
    STUFF = auto()  # send a piece over and over, noting when the client takes no more


PIECE = b"x" * 65536
PIECES = 512  # 32 MiB: more than any kernel buffers
_STALL = 0.1  # seconds without progress that count as a stall
_LEFT = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)

Step = bytes | Act


class RawServer:
    """Answer each request with ``script``; ``requests`` are those that came, as head and body.

    ``left`` is set when a client leaves before its answer is whole, ``ended`` when any connection
    has ended. ``sent`` counts the pieces stuffed, ``stalled`` is set when that gets stuck.
    """

    def __init__(self, *script: Step, context: ssl.SSLContext | None = None) -> None:
        self.script: Sequence[Step] = script
        self.requests: list[tuple[bytes, bytes]] = []
        self.connections = 0
        self.sent = 0
        self.gate, self.left, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.arrived, self.stalled = asyncio.Semaphore(0), asyncio.Event()
        self.reads_bodies = True
        self._context = context
        self._clients: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", 0, ssl=self._context, backlog=256
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.gate.set()
        self._server.close()
        for writer in self._clients:
            writer.transport.abort()
        await asyncio.gather(*self._clients.values())

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._clients[writer] = asyncio.create_task(self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(*_LEFT):
            while not writer.is_closing():
                self.requests.append(await self._read(reader))
                self.arrived.release()
                try:
                    for step in self.script:
                        await self._do(step, reader, writer)
                except _LEFT:
                    self.left.set()
                    raise
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        self.ended.set()

    async def _read(self, reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
        head = await reader.readuntil(b"\r\n\r\n")
        names = dict(line.lower().split(b": ", 1) for line in head.strip().split(b"\r\n")[1:])
        if not self.reads_bodies:
            return head, b""
        if b"transfer-encoding" in names:
            return head, await reader.readuntil(b"0\r\n\r\n")
        return head, await reader.readexactly(int(names.get(b"content-length", 0)))

    async def _do(
        self, step: Step, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        match step:
            case bytes():
                writer.write(step)
                await writer.drain()
            case Act.CLOSE:
                writer.close()
            case Act.RESET:
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            case Act.GATE:
                await self.gate.wait()
            case Act.WAIT:
                await reader.readexactly(1)
            case Act.STUFF:
                await self._stuff(writer)

    async def _stuff(self, writer: asyncio.StreamWriter) -> None:
        for self.sent in range(1, PIECES + 1):
            writer.write(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))
            try:
                async with asyncio.timeout(_STALL):
                    await writer.drain()
            except TimeoutError:
                self.stalled.set()
                await writer.drain()
        writer.write(b"0\r\n\r\n")
        self.stalled.set()
