"""A local server that has each request judged, and says in its answer what was wrong."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import h11
from calls_judge import Received

Judged = Callable[[Received], list[str]]

_PIECE = 65_536


@asynccontextmanager
async def serving(judged: Judged) -> AsyncIterator[int]:
    """Serve on a free port, which is yielded, until the block ends."""

    open_lines: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_lines[asyncio.current_task()] = writer
        try:
            await _answer_all(reader, writer, judged)
        except (ConnectionError, h11.RemoteProtocolError):
            pass  # the client went away, or has to be told so
        finally:
            writer.close()
            del open_lines[asyncio.current_task()]

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in open_lines.values():
            writer.close()
        await asyncio.gather(*(task for task in open_lines if task is not None))


async def _answer_all(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, judged: Judged
) -> None:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1_000_000)
    request: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_PIECE))
        elif isinstance(event, h11.Request):
            request, body = event, b""
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            problems = judged(_received(request, body))
            writer.write(_answer(connection, request, problems))
            await writer.drain()
            if connection.our_state is h11.MUST_CLOSE:
                return
            connection.start_next_cycle()
        else:
            return


def _received(request: h11.Request, body: bytes) -> Received:
    return Received(
        method=request.method.decode(),
        target=request.target.decode(),
        headers=[(name.decode(), value.decode()) for name, value in request.headers],
        body=body,
    )


def _answer(connection: h11.Connection, request: h11.Request, problems: list[str]) -> bytes:
    body = json.dumps(problems).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    status = 422 if problems else 200
    sent = connection.send(h11.Response(status_code=status, headers=headers)) or b""
    if request.method != b"HEAD":
        sent += connection.send(h11.Data(data=body)) or b""
    return sent + (connection.send(h11.EndOfMessage()) or b"")
