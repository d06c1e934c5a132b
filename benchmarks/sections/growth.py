"""Growth: what a turn or a list costs when there is more of something."""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

import uvloop
from client import Load, Target
from connection import Connection
from databases import Databases
from installation import HERE, as_bearer, known, provider, puerto, register
from processes import ROOT, memory
from provider import prompt
from report import Comparison, Sample, markdown, number
from sampling import in_turn, repeated, turns
from section import Goal, Scale, Section
from seeding import add_conversations, settle

FIGURES: Final = {"cpu_ms": "CPU ms", "database_cpu_ms": "database ms", "ms": "ms in all"}
TOOL_FIGURES: Final = {
    **FIGURES,
    "tokens": "tokens read",
    "start_seconds": "start, s",
    "rest_rss_mb": "memory at rest (RSS), MB",
}
PIECES: Final = 20  # a short answer, so that it does not hide the rest
_MOST_FOR_HISTORY: Final = 3.0
_MOST_FOR_TOOLS: Final = 1.5
_THE_SAME: Final = 1.25  # as near as these figures come
_MB: Final = 1_000_000
_Takes = Mapping[int, Callable[[], Awaitable[Sample]]]


def measure(scale: Scale, folder: Path, database: Databases) -> Section:
    """Measure each kind of growth, the sizes in turn."""
    with provider(folder) as upstream:
        found = {
            "messages in the conversation, a turn": _history(scale, folder, database, upstream),
            "tools, a turn": _tools(scale, folder, database, upstream),
            "conversations of the user, `GET /api/conversations`": _list(
                scale, folder, database, upstream
            ),
        }
    history, tools, conversations = found.values()
    return Section(
        "Growth",
        "One request at a time; a turn is streamed, in a burst, "
        f"{PIECES} pieces. In brackets: the ratio to the first line.\n\n"
        + "\n\n".join(_table(title, lines) for title, lines in found.items()),
        {title: [_json(line) for line in lines] for title, lines in found.items()},
        [
            *_goals("a turn", "messages", history, _MOST_FOR_HISTORY),
            *_goals("a turn", "tools", tools, _MOST_FOR_TOOLS),
            *_goals("the list", "conversations", conversations, _THE_SAME),
        ],
    )


def _history(scale: Scale, folder: Path, database: Databases, upstream: int) -> list[Comparison]:
    url = database.url("growth_history")
    with puerto(folder / "history", upstream, url) as bare:
        token, user = asyncio.run(register(bare.port, "b@example.com"))
        return uvloop.run(_history_of(as_bearer(bare, token), database, url, user, scale))


async def _history_of(
    target: Target, database: Databases, url: str, user: str, scale: Scale
) -> list[Comparison]:
    load = _load(scale)
    every = load.turns * (scale.rounds + 1)  # a turn adds messages, so each has a fresh one
    unused = {n: iter(await add_conversations(url, user, every, n)) for n in scale.messages}
    await settle(url)

    async def take(size: int) -> Sample:
        conversations = [next(unused[size]) for _ in range(load.turns)]
        return await turns(target, load, database, conversations)

    return await _compared({size: partial(take, size) for size in scale.messages}, scale)


def _tools(scale: Scale, folder: Path, database: Databases, upstream: int) -> list[Comparison]:
    load = _load(scale)
    paths = os.pathsep.join(map(str, (ROOT, HERE / "tools_plugin", _packaged(folder))))
    with ExitStack() as stack:
        takes = {}
        for size in scale.tools:
            name = f"tools_{size}"
            more = {"PYTHONPATH": paths, "MANY_TOOLS": str(size)}
            began = time.perf_counter()
            bare = stack.enter_context(
                puerto(folder / name, upstream, database.url(name), more=more)
            )
            uvloop.run(_require_health(bare))
            started = time.perf_counter() - began
            time.sleep(scale.rest_seconds)
            held = memory(bare.pid)
            of_start = {
                "start_seconds": started,
                "rest_rss_mb": held.rss / _MB if held is not None else None,
            }
            target = known(bare)
            uvloop.run(_require_tools(target, size))
            takes[size] = partial(_turns_with_tools, target, load, database, of_start)
        return uvloop.run(_compared(takes, scale))


async def _require_health(target: Target) -> None:
    """Wait for the service: it listens before it answers."""
    connection = await Connection.to(target.port)
    answer = await connection.get("/health")
    connection.close()
    if connection.status != 200:
        raise RuntimeError(f"not healthy: {connection.status} {answer[:500]!r}")


async def _turns_with_tools(
    target: Target, load: Load, database: Databases, of_start: Sample
) -> Sample:
    found = await turns(target, load, database)
    return {**found, **of_start, "tokens": await _tokens(target, load)}


async def _tokens(target: Target, load: Load) -> float:
    """Return the tokens that the model reads for a turn in a new conversation."""
    connection = await Connection.to(target.port)
    body = json.dumps({"message": prompt(load.pieces, load.pause)}).encode()
    received = connection.post("/api/chat", body, target.headers)
    answer = json.loads(b"".join([data async for data in received]))
    connection.close()
    return float(answer["usage"]["input_tokens"])


async def _require_tools(target: Target, size: int) -> None:
    connection = await Connection.to(target.port)
    path, found = "/api/tools?limit=100", 0
    while path:
        answer = await connection.get(path, target.headers)
        found += answer.count(b'"name":"lookup_')
        cursor = json.loads(answer).get("next_cursor")
        path = f"/api/tools?limit=100&cursor={cursor}" if cursor else ""
    connection.close()
    if found != size:
        raise RuntimeError(f"not {size} tools: {connection.status} {answer[:500]!r}")


def _packaged(folder: Path) -> Path:
    """Return a folder that makes a plugin of the many tools, as an installer does."""
    info = folder / "site" / "many_tools-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: many-tools\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[puerto]\nmany = many_tools\n")
    return info.parent


def _list(scale: Scale, folder: Path, database: Databases, upstream: int) -> list[Comparison]:
    url = database.url("growth_list")
    with puerto(folder / "list", upstream, url) as bare:
        return uvloop.run(_list_of(bare, database, url, scale))


async def _list_of(bare: Target, database: Databases, url: str, scale: Scale) -> list[Comparison]:
    connection = await Connection.to(bare.port)
    takes = {}
    for size in scale.conversations:
        token, user = await register(bare.port, f"b{size}@example.com")
        await add_conversations(url, user, size)
        read = partial(_read_list, connection, as_bearer(bare, token))
        takes[size] = partial(repeated, read, scale.requests, bare.pid, database)
    await settle(url)
    found = await _compared(takes, scale)
    connection.close()
    return found


async def _read_list(connection: Connection, target: Target) -> None:
    answer = await connection.get("/api/conversations", target.headers)
    if connection.status != 200 or answer.count(b'"title"') != 20:
        raise RuntimeError(f"no list: {connection.status} {answer[:500]!r}")


def _load(scale: Scale) -> Load:
    return Load("grown", scale.turns, 1, min(scale.pieces, PIECES), 0)


async def _compared(takes: _Takes, scale: Scale) -> list[Comparison]:
    samples = await in_turn(takes, scale.rounds)
    smallest = samples[min(samples)]
    return [Comparison(f"{size:,}", smallest, found) for size, found in samples.items()]


def _goals(what: str, of: str, lines: list[Comparison], most: float) -> list[Goal]:
    first, last = lines[0], lines[-1]
    return [
        Goal(f"{title} of {what}: {last.load} {of} to {first.load}", most, "x", last.ratio(name))
        for name, title in (("cpu_ms", "CPU"), ("database_cpu_ms", "database"), ("ms", "time"))
    ]


def _table(title: str, lines: list[Comparison]) -> str:
    names = _names(lines)
    rows = [
        [line.load]
        + [f"{number(line.of_service(name))} ({number(line.ratio(name), 'x')})" for name in names]
        for line in lines
    ]
    return markdown((title, *names.values()), rows)


def _json(line: Comparison) -> dict[str, object]:
    names = _names([line])
    return {
        "size": line.load,
        "figures": {name: line.of_service(name) for name in names},
        "ratio": {name: line.ratio(name) for name in names},
    }


def _names(lines: list[Comparison]) -> Mapping[str, str]:
    return {name: title for name, title in TOOL_FIGURES.items() if name in lines[0].service[0]}
