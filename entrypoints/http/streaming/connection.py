"""Quart's request and connection classes, hardened against abuse.

Each class fixes one weakness of Quart 0.22; the docstrings say which.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import orjson
from hypercorn.typing import (
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPResponseBodyEvent,
    HTTPScope,
    WebsocketScope,
)
from quart import Quart, Request, Response, Websocket
from quart.asgi import ASGIHTTPConnection, ASGIWebsocketConnection
from quart.typing import ResponseTypes
from quart.utils import encode_headers, raise_task_exceptions
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from entrypoints.http.packed_bodies import codings_of, unpacked
from entrypoints.http.public_path import without_public_path

MAX_DEPTH: Final = 64
FRAMES_WAITING: Final = 32

# orjson reads an integer beyond 64 bits as a float, and so loses digits.
_LONG_INTEGER: Final = re.compile(rb"\d{19}")
_HOST: Final = re.compile(rb"[A-Za-z0-9.:\[\]_-]{1,255}")

Scope = TypeVar("Scope", HTTPScope, WebsocketScope)
Send = ASGISendCallable


def read_json(body: bytes) -> Any:
    """Parse a body as JSON.

    Raises:
        BadRequest: it is not UTF-8, not JSON, nested too deeply, or holds a NUL character, which
            PostgreSQL cannot store.

    """
    try:
        value = orjson.loads(body)
        if _LONG_INTEGER.search(body):
            value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not valid JSON: {error}") from error
    if b"\\u0000" in body or body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check(value, MAX_DEPTH)
    return value


def _check(value: Any, depth: int) -> None:
    if depth == 0:
        raise BadRequest(f"The body is nested more than {MAX_DEPTH} levels deep.")
    match value:
        case str():
            if "\0" in value:
                raise BadRequest("The body holds a NUL character (\\u0000), which is not allowed.")
        case list():
            for item in value:
                _check(item, depth - 1)
        case dict():
            for key, item in value.items():
                _check(key, depth - 1)
                _check(item, depth - 1)


class JsonRequest(Request):
    """A request with a JSON body: 415 for another media type, 400 for invalid JSON.

    No body at all is an empty object, since many clients send none where nothing is to be said. A
    gzip body is decompressed; the size limit applies to the result.
    """

    _plain: bytes | None = None

    async def get_data(  # type: ignore[override]
        self,
        cache: bool = True,  # noqa: FBT001, FBT002  Quart's signature
        as_text: bool = False,  # noqa: FBT001, FBT002
        parse_form_data: bool = False,  # noqa: ARG002, FBT001, FBT002
    ) -> bytes | str:
        """Return the body, decompressed."""
        if self._plain is not None:
            plain = self._plain
        else:
            codings = codings_of(self.headers.getlist("Content-Encoding"))
            body = await super().get_data(cache=cache, as_text=False)
            plain = body if isinstance(body, bytes) else body.encode()
            if codings and plain:
                limit = self.max_content_length or len(plain)
                plain = self._plain = await asyncio.to_thread(unpacked, plain, limit)
        return plain.decode() if as_text else plain

    async def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ARG002, FBT001, FBT002  Quart's signature
        """Return the body parsed as JSON."""
        if not self.is_json and ("Content-Type" in self.headers or self.content_length):
            raise _no_json()  # before a body is read that is of no use
        body = await self.get_data(cache=cache, as_text=False)
        if not self.is_json:
            if body:
                raise _no_json()
            return {}
        return read_json(body if isinstance(body, bytes) else body.encode())


def _no_json() -> UnsupportedMediaType:
    return UnsupportedMediaType("Send the body as Content-Type: application/json.")


def requests_with(most: int, beneath: str) -> type[JsonRequest]:
    """Return a request class whose limit of body size is ``most`` bytes higher beneath a path."""

    class RoomyRequest(JsonRequest):
        """A request with a higher limit of body size beneath a path."""

        def __init__(
            self,
            method: str,
            scheme: str,
            path: str,
            *args: Any,
            max_content_length: int | None = None,
            **options: Any,
        ) -> None:
            if max_content_length is not None and method == "POST" and path.startswith(beneath):
                max_content_length += most
            options["max_content_length"] = max_content_length
            super().__init__(method, scheme, path, *args, **options)

    return RoomyRequest


def _with_usable_host(scope: Scope) -> Scope:
    """Remove an invalid Host header: werkzeug would raise where no error handler catches it.

    No response is made from the header.
    """
    headers = [
        (name, value)
        for name, value in scope["headers"]
        if name != b"host" or _HOST.fullmatch(value)
    ]
    return scope | {"headers": headers}


class Stream(Response):
    """A response that sends its own body: Quart would send the end of it in a packet of its own.

    ``body`` sends events of `stream_part`, the last one without ``more``. It has no timeout.
    """

    def __init__(self, body: Callable[[Send], Awaitable[None]], **options: Any) -> None:
        super().__init__(**options)
        self.timeout = None
        self.body = body


def stream_part(data: bytes, *, more: bool) -> HTTPResponseBodyEvent:
    """Return the ASGI event of a part of a body."""
    return {"type": "http.response.body", "body": data, "more_body": more}


def sent_at_once(sending: Awaitable[None]) -> bool:
    """Send without waiting; return False if the write buffer is full, and nothing was sent.

    Both of uvicorn's protocols wait, if they must, before they write.
    """
    steps = sending.__await__()
    try:
        next(steps)
    except StopIteration:
        return True
    steps.close()
    return False


class HttpConnection(ASGIHTTPConnection):
    """Cancels the handler when the server cancels the connection; Quart lets it go on.

    A `Stream` sends its own body.
    """

    def __init__(self, app: Quart, scope: HTTPScope) -> None:
        super().__init__(app, without_public_path(app, _with_usable_host(scope)))

    async def __call__(self, receive: ASGIReceiveCallable, send: Send) -> None:
        """Serve one request."""
        request = self._create_request_from_scope(send)
        tasks = {
            asyncio.create_task(self.handle_messages(request, receive)),
            asyncio.create_task(self.handle_request(request, send)),
        }
        done: set[asyncio.Task[None]] = set()
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        raise_task_exceptions(done)

    async def _send_response(self, send: Send, response: ResponseTypes) -> None:
        if not isinstance(response, Stream):
            await super()._send_response(send, response)
            return
        headers = encode_headers(response.headers)
        status = response.status_code
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await response.body(send)


class Socket(Websocket):
    """Sends a frame at once; Quart yields to the event loop before each frame.

    The caller must have accepted the socket; Quart checks that for each frame.
    """

    async def send(self, data: str | bytes) -> None:
        """Send a frame."""
        await self._send(data)


class WebsocketConnection(ASGIWebsocketConnection):
    """A bounded queue of received frames (backpressure); Quart's has no bound.

    Empty binary frames are received, too; Quart loses them.
    """

    def __init__(self, app: Quart, scope: WebsocketScope) -> None:
        super().__init__(app, without_public_path(app, _with_usable_host(scope)))
        self.queue = asyncio.Queue(FRAMES_WAITING)

    async def handle_messages(self, receive: ASGIReceiveCallable) -> None:
        """Put the client's frames into the queue, until it disconnects."""
        while True:
            event = await receive()
            if event["type"] == "websocket.receive":
                text = event.get("text")
                await self.queue.put(text if text is not None else event.get("bytes") or b"")
            elif event["type"] == "websocket.disconnect":
                return
