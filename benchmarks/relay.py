"""The limit: the least that a server in Python can do for a streamed turn.

A bare ASGI application on uvicorn, uvloop and httptools. It knows no users, no history and no
tools, and keeps no run: it writes the question, relays the provider's answer as server-sent
events of its own, writes the answer. Two statements a turn, and one send for each read.

Its upstream is read by ``wire.py``, the cheapest way there is, and parsed by orjson: a server
has to know the text in order to keep it. On SQLite the statements are made in the event loop
itself, which no server should do, but nothing is cheaper.
"""

import argparse
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import asyncpg
import orjson
import uvicorn
import uvloop
from wire import Connection

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Write = Callable[[str, str, str], Awaitable[None]]

_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS messages (
        id TEXT PRIMARY KEY, conversation_id TEXT, role TEXT, content TEXT, created_at TEXT
    )
"""
_INSERT: Final = "INSERT INTO messages VALUES ($1, $2, $3, $4, $5)"
_HEADERS: Final = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]


class Relay:
    """The ASGI application. ``write`` keeps a message: conversation, role, content."""

    def __init__(self, upstream: int, write: Write) -> None:
        self._upstream = upstream
        self._write = write
        self._idle: list[Connection] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Answer one turn."""
        question = orjson.loads(await _body(receive))["message"]
        conversation_id = str(uuid4())
        await self._write(conversation_id, "user", question)
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        texts: list[str] = []
        async for pieces in self._ask(question):
            texts += pieces
            events = b"".join([_event({"type": "chunk", "content": piece}) for piece in pieces])
            await send({"type": "http.response.body", "body": events, "more_body": True})
        await self._write(conversation_id, "assistant", "".join(texts))
        await send({"type": "http.response.body", "body": _event({"type": "done"})})

    async def _ask(self, question: str) -> AsyncIterator[list[str]]:
        """Yield the pieces of text that came together."""
        messages = [{"role": "user", "content": question}]
        body = orjson.dumps({"model": "stand-in", "stream": True, "messages": messages})
        connection = self._idle.pop() if self._idle else await Connection.to(self._upstream)
        held = b""
        async for data in connection.post("/v1/chat/completions", body):
            *events, held = (held + data).split(b"\n\n")
            if pieces := [text for event in events if (text := _text(event))]:
                yield pieces
        self._idle.append(connection)


def _text(event: bytes) -> str | None:
    data = event.removeprefix(b"data: ")
    choices = orjson.loads(data)["choices"] if data != b"[DONE]" else ()
    text: str | None = choices[0]["delta"].get("content") if choices else None
    return text


def _event(value: object) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    return body


@asynccontextmanager
async def writing(url: str) -> AsyncIterator[Write]:
    """Open the database and give the one thing done with it."""
    if url.startswith("sqlite://"):
        file = sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("PRAGMA synchronous=NORMAL")
        file.execute(_TABLE)
        insert = _INSERT.replace("$", "?")

        async def write_file(conversation_id: str, role: str, content: str) -> None:
            file.execute(insert, _row(conversation_id, role, content))

        yield write_file
        file.close()
        return
    async with asyncpg.create_pool(url, min_size=1, max_size=10, reset=_as_it_is) as pool:
        await pool.execute(_TABLE)

        async def write(conversation_id: str, role: str, content: str) -> None:
            await pool.execute(_INSERT, *_row(conversation_id, role, content))

        yield write


async def _as_it_is(_: object) -> None:
    """Leave a returned connection alone: asyncpg's own reset is a statement more."""


def _row(conversation_id: str, role: str, content: str) -> tuple[str, ...]:
    return (str(uuid4()), conversation_id, role, content, datetime.now(UTC).isoformat())


async def serve(port: int, upstream: int, database: str) -> None:
    """Serve on 127.0.0.1 until the process is told to stop."""
    async with writing(database) as write:
        config = uvicorn.Config(
            Relay(upstream, write),
            port=port,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        await uvicorn.Server(config).serve()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, default=8101)
    parser.add_argument("--upstream", type=int, default=8100, help="port of the provider")
    parser.add_argument("--database", required=True, help="postgresql://... or sqlite://file")
    options = parser.parse_args()
    uvloop.run(serve(options.port, options.upstream, options.database))


if __name__ == "__main__":
    main()
