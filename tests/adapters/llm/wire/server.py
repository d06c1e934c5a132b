"""A small HTTP/1.1 server in a thread of its own, which can also fail in every way a real one can.

It knows nothing of any provider: a subclass answers a request with a list of steps.
"""

import argparse
import asyncio
import itertools
import json
import re
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Request:
    """A request as it came: header names in lower case, ``body`` decoded (None if empty)."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    """A whole answer that is no stream; ``body`` is sent as JSON, or as it is if it is text."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        is_text = isinstance(self.body, str)
        body = (self.body if is_text else json.dumps(self.body)).encode()
        kind = "text/html" if is_text else "application/json"
        headers = {"content-type": kind, "content-length": str(len(body)), **self.headers}
        return _head(self.status, headers) + body


@dataclass(frozen=True)
class Pause:
    """Send nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Cut:
    """End the stream here as if it were whole."""


@dataclass(frozen=True)
class Drop:
    """Close the connection in the middle of the response."""


@dataclass(frozen=True)
class Reset:
    """Reset the connection (TCP RST)."""


HANG = Pause(3600)


Step = bytes | Reply | Pause | Cut | Drop | Reset


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


_STREAM_HEAD = _head(
    200,
    {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        "transfer-encoding": "chunked",
    },
)


def cut(steps: Iterable[Step], grain: int | None) -> Iterator[Step]:
    """Yield the steps with what is streamed cut into pieces of so many bytes."""
    if grain is None:
        yield from steps
        return
    for streams, group in itertools.groupby(steps, lambda step: isinstance(step, bytes)):
        if not streams:
            yield from group
            continue
        stream = b"".join(step for step in group if isinstance(step, bytes))
        yield from (stream[at : at + grain] for at in range(0, len(stream), grain))


class _Connection(asyncio.Protocol):
    """One client's connection: requests one after the other, answered by a task each."""

    def __init__(self, server: "WireServer") -> None:
        self._server = server
        self._received = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._server.saw_connection(self)
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._next()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.lost_connection(self)
        if self._task is not None:
            self._server.saw_disconnect()
            self._task.cancel()

    def stop(self) -> None:
        """Leave an answer that is still going on; it is no disconnect."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self._transport.abort()

    def abort(self) -> None:
        """Close the connection at once."""
        self._transport.abort()

    def _next(self) -> None:
        if self._task is None and (request := self._parse()) is not None:
            self._server.saw_request(request)
            self._task = asyncio.get_running_loop().create_task(self._answer(request))

    def _parse(self) -> Request | None:
        head, end, rest = bytes(self._received).partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {k.strip().lower(): v.strip() for k, _, v in (x.partition(":") for x in lines)}
        length = int(headers.get("content-length", 0))
        if not end or len(rest) < length:
            return None
        self._received = bytearray(rest[length:])
        method, path, _ = first.split(" ")
        return Request(method, path, headers, json.loads(rest[:length]) if length else None)

    async def _answer(self, request: Request) -> None:
        streaming = False
        for step in cut(self._server.answer(request), self._server.grain):
            match step:
                case bytes():
                    frame = b"%x\r\n%b\r\n" % (len(step), step)
                    self._transport.write(frame if streaming else _STREAM_HEAD + frame)
                    streaming = True
                    await self._writable.wait()
                case Pause(seconds):
                    await asyncio.sleep(seconds)
                case Reply():
                    self._transport.write(step.encoded())
                case Cut():
                    break
                case Drop():
                    self._task = None  # so that this end of it is no disconnect
                    self._transport.close()
                    return
                case Reset():
                    self._task = None
                    self._reset()
                    return
        if streaming:
            self._transport.write(b"0\r\n\r\n")
        self._task = None
        self._next()

    def _reset(self) -> None:
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


class WireServer:
    """Serve while the ``with`` block runs, on 127.0.0.1; a port of 0 takes a free one.

    ``requests`` are those that came; ``connections`` counts the connections, ``disconnects`` the
    clients who left before their answer was whole. ``grain`` is how many bytes of a stream are
    sent at a time; None sends each step as it is.
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._started = threading.Event()
        self._changed = threading.Condition()
        self._open: set[_Connection] = set()
        self._played: dict[str, list[Sequence[Step]]] = {}
        self.grain: int | None = None
        self.requests: list[Request] = []
        self.connections = 0
        self.disconnects = 0

    @property
    def base_url(self) -> str:
        """Return what a client takes for the address of the service."""
        return self.origin

    def play(self, model: str, *answers: Sequence[Step]) -> None:
        """Let the model give these answers in turn, and the last one from then on."""
        self._played[model] = list(answers)

    def played(self, model: str) -> Sequence[Step] | None:
        """Return the answer that the model was set to give now, if it was."""
        if not (answers := self._played.get(model)):
            return None
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def reset(self) -> None:
        """Be as if just started, but for connections that nobody is answered on."""
        done = threading.Event()

        def forget() -> None:
            for connection in tuple(self._open):
                connection.stop()
            self._played.clear()
            self.requests.clear()
            self.grain, self.connections, self.disconnects = None, 0, 0
            done.set()

        self._loop.call_soon_threadsafe(forget)
        if not done.wait(timeout=60):
            raise RuntimeError("the server does not react")

    def answer(self, request: Request) -> Iterable[Step]:
        """Say, step by step, how to answer."""
        return [Reply(404, {"error": {"message": f"No such route: {request.path}"}})]

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), daemon=True)
        self._thread.start()
        if not self._started.wait(timeout=60):
            raise RuntimeError("the server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=60)

    def saw_connection(self, connection: _Connection) -> None:
        self.connections += 1
        self._open.add(connection)

    def lost_connection(self, connection: _Connection) -> None:
        self._open.discard(connection)

    def saw_request(self, request: Request) -> None:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()

    def saw_disconnect(self) -> None:
        with self._changed:
            self.disconnects += 1
            self._changed.notify_all()

    async def requested(self, count: int = 1) -> bool:
        """Wait until so many requests have come; False if they do not within a minute."""
        return await self._comes(lambda: len(self.requests) >= count)

    async def disconnected(self, count: int = 1) -> bool:
        """Wait until so many clients have left early; False if they do not within a minute."""
        return await self._comes(lambda: self.disconnects >= count)

    async def _comes(self, state: Callable[[], bool]) -> bool:
        def wait() -> bool:
            with self._changed:
                return self._changed.wait_for(state, timeout=60)

        return await asyncio.to_thread(wait)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", self._port)
        self._port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for connection in tuple(self._open):
            connection.abort()
        await asyncio.sleep(0)  # lets the connections say that they are lost


def calls_wanted(said: str) -> Iterator[tuple[str, str]]:
    """Find each ``call TOOL {json}`` in a text; yield the tool and the JSON as it stands."""
    decode: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().raw_decode
    for match in re.finditer(r"\bcall ([\w-]+) (?=\{)", said):
        try:
            _, end = decode(said, match.end())
        except ValueError:
            continue
        yield match[1], said[match.end() : end]


def serve(kind: type[WireServer], settings: str) -> None:
    """Serve until interrupted, for a human to point the service at.

    ``settings`` are the environment variables to set, ``{base_url}`` in place of the address.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with kind(parser.parse_args().port) as server:
        print(settings.format(base_url=server.base_url), flush=True)
        stop.wait()
