"""The limit: the least that a server in Python can do for a turn.

A bare ASGI application on uvicorn, uvloop and httptools. It knows no users, no history and no
tools, and keeps no run: it writes the question, relays the provider's answer, writes the answer.
Two statements a turn. The answer goes out as server-sent events, one send for each read; as one
JSON object; or over a WebSocket, a frame for each piece.

Its upstream is read by ``connection.py``, the cheapest way there is, and parsed by orjson: a server
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
from connection import Connection

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
_STREAM: Final = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
_OBJECT: Final = [(b"content-type", b"application/json")]


class Relay:
    """The ASGI application. ``write`` keeps a message: conversation, role, content."""

    def __init__(self, upstream: int, write: Write) -> None:
        self._upstream = upstream
        self._write = write
        self._idle: list[Connection] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a turn, or all turns over one socket; a GET is a probe."""
        if scope["type"] == "websocket":
            await self._serve(receive, send)
        elif scope["method"] == "GET":
            await _respond(send, {"status": "healthy"})
        else:
            question = orjson.loads(await _body(receive))
            answer = self._stream if question["stream"] else self._collect
            await answer(question["message"], send)

    async def _stream(self, question: str, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
        async for pieces in self._answer(question):
            events = b"".join([_event({"type": "chunk", "content": piece}) for piece in pieces])
            await send({"type": "http.response.body", "body": events, "more_body": True})
        await send({"type": "http.response.body", "body": _event({"type": "done"})})

    async def _collect(self, question: str, send: Send) -> None:
        texts = [piece async for pieces in self._answer(question) for piece in pieces]
        await _respond(send, {"message": "".join(texts)})

    async def _serve(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send(_frame({"type": "ready"}))
        while (message := await receive())["type"] == "websocket.receive":
            question = orjson.loads(message["text"])["message"]
            async for pieces in self._answer(question):
                for piece in pieces:
                    await send(_frame({"type": "chunk", "content": piece}))
            await send(_frame({"type": "done"}))

    async def _answer(self, question: str) -> AsyncIterator[list[str]]:
        """Keep the question, yield the pieces of text that came together, keep the answer."""
        conversation_id = str(uuid4())
        await self._write(conversation_id, "user", question)
        texts: list[str] = []
        async for pieces in self._ask(question):
            texts += pieces
            yield pieces
        await self._write(conversation_id, "assistant", "".join(texts))

    async def _ask(self, question: str) -> AsyncIterator[list[str]]:
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


def _frame(value: object) -> Message:
    return {"type": "websocket.send", "text": orjson.dumps(value).decode()}


async def _respond(send: Send, value: object) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _OBJECT})
    await send({"type": "http.response.body", "body": orjson.dumps(value)})


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
            ws="websockets-sansio",
            ws_per_message_deflate=False,
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
