"""Drives turns: so many at a time, each a question and its whole answer."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final, Literal, Protocol

from connection import Connection
from frames import Socket
from provider import prompt, text

Way = Literal["streamed", "plain", "socket"]
"""``POST /api/chat`` with ``stream``, the same without, or a frame over ``/ws``."""


@dataclass(frozen=True, slots=True)
class Target:
    """A service that answers turns in each of the ways, with events of the type ``chunk``."""

    name: str
    pid: int
    port: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Load:
    """So many turns, so many at a time; answers of ``pieces``, ``pause`` ms apart."""

    name: str
    turns: int
    concurrency: int
    pieces: int
    pause: int
    way: Way = "streamed"


@dataclass(frozen=True, slots=True)
class Timing:
    """What a client sees of a load: seconds it took, median seconds to the first piece.

    None: the answers do not come in pieces.
    """

    seconds: float
    first_piece: float | None


class Line(Protocol):
    """What one client asks over, one turn after the other."""

    async def turn(self, question: Mapping[str, str], pieces: int) -> float | None:
        """Return the seconds to the first piece; None: the answer does not come in pieces.

        Raises:
            RuntimeError: the answer is not whole; a wrong answer has no speed.

        """
        ...

    def close(self) -> None:
        """Disconnect."""
        ...


class Streamed:
    """Asks for server-sent events."""

    def __init__(self, target: Target, connection: Connection) -> None:
        self._target = target
        self._connection = connection
        self.close = connection.close

    async def turn(self, question: Mapping[str, str], pieces: int) -> float | None:
        body = json.dumps({**question, "stream": True}).encode()
        began, first, answer = time.perf_counter(), 0.0, b""
        async for data in self._connection.post("/api/chat", body, self._target.headers):
            answer += data
            if not first and b'"chunk"' in answer:
                first = time.perf_counter() - began
        is_whole = answer.count(b'"type":"chunk"') == pieces and b'"type":"done"' in answer
        _require(is_whole, self._target, answer)
        return first


class Plain:
    """Asks for one JSON object."""

    def __init__(self, target: Target, connection: Connection) -> None:
        self._target = target
        self._connection = connection
        self.close = connection.close

    async def turn(self, question: Mapping[str, str], pieces: int) -> float | None:
        body = json.dumps({**question, "stream": False}).encode()
        received = self._connection.post("/api/chat", body, self._target.headers)
        answer = b"".join([data async for data in received])
        _require(json.dumps(text(pieces)).encode() in answer, self._target, answer)
        return None


class OverSocket:
    """Asks with a frame; the answer's events come as frames."""

    def __init__(self, target: Target, socket: Socket) -> None:
        self._target = target
        self._socket = socket
        self.close = socket.close

    async def turn(self, question: Mapping[str, str], pieces: int) -> float | None:
        began, first = time.perf_counter(), 0.0
        self._socket.send(json.dumps({"type": "chat", **question}).encode())
        answer: list[bytes] = []
        while not (answer and b'"type":"done"' in answer[-1]):
            answer += await self._socket.receive()
            if not first and b'"chunk"' in answer[-1]:
                first = time.perf_counter() - began
        chunks = sum(b'"type":"chunk"' in frame for frame in answer)
        _require(chunks == pieces, self._target, answer[-1])
        return first


def _require(is_whole: bool, target: Target, answer: bytes) -> None:  # noqa: FBT001  the one thing that is asked
    if not is_whole:
        raise RuntimeError(f"{target.name}: not whole: {answer[-500:]!r}")


async def _open(target: Target, way: Way) -> Line:
    if way == "socket":
        return OverSocket(target, await Socket.to(target.port, "/ws", target.headers))
    connection = await Connection.to(target.port)
    return Streamed(target, connection) if way == "streamed" else Plain(target, connection)


async def drive(target: Target, load: Load, conversations: Sequence[str] = ()) -> Timing:
    """Send the turns over one line for each at a time.

    Each is in a new conversation, or in the next one of those that are given.

    Raises:
        RuntimeError: an answer is not whole.

    """
    waits: list[float] = []
    questions = iter(_questions(load, conversations))
    lines = [await _open(target, load.way) for _ in range(load.concurrency)]
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for line in lines:
            group.create_task(_turns(line, questions, load.pieces, waits))
    seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    return Timing(seconds, median(waits) if waits else None)


def _questions(load: Load, conversations: Sequence[str]) -> list[dict[str, str]]:
    message = {"message": prompt(load.pieces, load.pause)}
    if conversations:
        return [message | {"conversation_id": each} for each in conversations[: load.turns]]
    return [message] * load.turns


async def _turns(
    line: Line, questions: Iterator[Mapping[str, str]], pieces: int, waits: list[float]
) -> None:
    for question in questions:  # shared: whoever is free takes the next
        wait = await line.turn(question, pieces)
        if wait is not None:
            waits.append(wait)


WAYS: Final[Mapping[Way, str]] = {
    "streamed": "`POST /api/chat`, streamed",
    "plain": "`POST /api/chat`, plain",
    "socket": "`/ws`",
}
