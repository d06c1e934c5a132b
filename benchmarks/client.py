"""Drives turns: so many at a time, each a question and its whole answer."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median

from provider import prompt
from wire import Connection


@dataclass(frozen=True, slots=True)
class Target:
    """A service that answers ``{"message", "stream"}`` with events of the type ``chunk``."""

    name: str
    pid: int
    port: int
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Load:
    """So many turns, so many at a time; answers of ``pieces``, ``pause`` ms apart."""

    name: str
    turns: int
    concurrency: int
    pieces: int
    pause: int


@dataclass(frozen=True, slots=True)
class Timing:
    """What a client sees of a load: seconds it took, median seconds to the first piece."""

    seconds: float
    first_piece: float


async def drive(target: Target, load: Load) -> Timing:
    """Send the turns, each in a new conversation, over one connection for each at a time.

    Raises:
        RuntimeError: an answer is not whole; a wrong answer has no speed.

    """
    waits: list[float] = []
    turns = iter(range(load.turns))
    connections = [await Connection.to(target.port) for _ in range(load.concurrency)]
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for connection in connections:
            group.create_task(_turns(connection, target, load, turns, waits))
    seconds = time.perf_counter() - began
    for connection in connections:
        connection.close()
    return Timing(seconds, median(waits))


async def _turns(
    connection: Connection,
    target: Target,
    load: Load,
    turns: Iterator[int],
    waits: list[float],
) -> None:
    body = json.dumps({"message": prompt(load.pieces, load.pause), "stream": True}).encode()
    for _ in turns:  # shared: whoever is free takes the next
        wait = await _turn(connection, target, body, load.pieces)
        waits.append(wait)


async def _turn(connection: Connection, target: Target, body: bytes, pieces: int) -> float:
    """Return the seconds to the first piece."""
    began, first, answer = time.perf_counter(), 0.0, b""
    async for data in connection.post(target.path, body, target.headers):
        answer += data
        if not first and b'"chunk"' in answer:
            first = time.perf_counter() - began
    if answer.count(b'"type":"chunk"') != pieces or b'"type":"done"' not in answer:
        raise RuntimeError(f"{target.name}: {connection.status}, not whole: {answer[-500:]!r}")
    return first
