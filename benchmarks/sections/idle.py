"""Doing nothing: how fast the service starts, and what it and an idle WebSocket hold."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from client import Target
from connection import Connection
from databases import Databases
from frames import Socket
from installation import as_bearer, provider, puerto, register, relay
from processes import Memory, memory
from report import Comparison, Sample, markdown, number
from section import Goal, Scale, Section

FIRST_SOCKETS: Final = 10  # what the first ones load or make is not theirs alone
FIGURES: Final = {
    "start_seconds": "start to first answered probe, s",
    "rest_rss_mb": "memory at rest (RSS), MB",
    "rest_pss_mb": "memory at rest (PSS), MB",
    "socket_kib": "an idle WebSocket, KiB",
}
_MB: Final = 1_000_000
_KIB: Final = 1024
_Start = Callable[[], AbstractContextManager[Target]]


def measure(scale: Scale, folder: Path, database: Databases) -> Section:
    """Start each in turn, on a database that has its tables, and look at it doing nothing."""
    with provider(folder) as upstream:
        ours, theirs = database.url("idle_puerto"), database.url("idle_relay")
        home = folder / "idle"
        with puerto(home, upstream, ours) as first:
            token, _ = asyncio.run(register(first.port, "b@example.com"))
        starts: dict[str, _Start] = {
            "relay": lambda: relay(folder, upstream, theirs),
            "puerto": lambda: puerto(home, upstream, ours),
        }
        samples: dict[str, list[Sample]] = {name: [] for name in starts}
        for _ in range(scale.rounds):
            for name, start in starts.items():
                samples[name].append(_sample(start, token, scale))
    return _section(Comparison("idle", samples["relay"], samples["puerto"]), scale)


def _section(found: Comparison, scale: Scale) -> Section:
    rows = [
        [title, number(found.of_limit(name)), number(found.of_service(name))]
        for name, title in FIGURES.items()
    ]
    return Section(
        "Idle",
        f"Memory of a WebSocket: what {scale.sockets} open and authenticated ones add, shared "
        f"out.\n\n{markdown(('', 'relay', 'puerto'), rows)}",
        found.to_json(tuple(FIGURES)),
        [
            Goal("an idle WebSocket", 40, " KiB", found.of_service("socket_kib")),
            Goal("memory at rest (RSS)", 100, " MB", found.of_service("rest_rss_mb")),
            Goal("start to first answered probe", 1.5, " s", found.of_service("start_seconds")),
        ],
    )


def _sample(start: _Start, token: str, scale: Scale) -> Sample:
    began = time.perf_counter()
    with start() as target:
        return asyncio.run(_watch(as_bearer(target, token), began, scale))


async def _watch(target: Target, began: float, scale: Scale) -> Sample:
    started = await _answered(target) - began
    await asyncio.sleep(scale.rest_seconds)
    rest = memory(target.pid)
    await _holding(target, FIRST_SOCKETS, scale.rest_seconds)
    before = memory(target.pid)
    after = await _holding(target, scale.sockets, scale.rest_seconds)
    return {
        "start_seconds": started,
        "rest_rss_mb": rest.rss / _MB if rest else None,
        "rest_pss_mb": rest.pss / _MB if rest else None,
        "socket_kib": (after.pss - before.pss) / scale.sockets / _KIB if before and after else None,
    }


async def _answered(target: Target) -> float:
    """Return when a probe was answered. It is sent once: the answer waits for the service."""
    connection = await Connection.to(target.port)
    answer = await connection.get("/health")
    if connection.status != 200:
        raise RuntimeError(f"{target.name} is not healthy: {answer!r}")
    connection.close()
    return time.perf_counter()


async def _holding(target: Target, sockets: int, seconds: float) -> Memory | None:
    """Open so many, and return what the service holds then."""
    held = [await Socket.to(target.port, "/ws", target.headers) for _ in range(sockets)]
    await asyncio.sleep(seconds)
    found = memory(target.pid)
    for socket in held:
        socket.close()
    await asyncio.sleep(seconds)
    return found
