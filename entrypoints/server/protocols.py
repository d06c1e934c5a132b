"""Uvicorn's protocol classes with limits against abuse; each class names what it mends."""

import asyncio
from functools import partial
from typing import Any, Final

from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent
from uvicorn._types import Scope as ASGIScope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from domain.shared.error_codes import ErrorCode
from domain.shared.ids import new_id
from entrypoints.encoding import dump
from entrypoints.http.security.connections import Admission, ClientConnection, Connections, state_of

HEADER_BYTES: Final = 64 * 1024
HEADER_SECONDS: Final = 15.0
LINGER_SECONDS: Final = 2.0  # that a client has to read an early answer before its line is cut
PROBES: Final = frozenset({"/health", "/status", "/api/health", "/api/live", "/api/ready"})
_RETRY_SECONDS: Final = 5
_BODIES: Final = frozenset({b"content-length", b"transfer-encoding"})


class BoundedHttpProtocol(HttpToolsProtocol):
    """HTTP/1 with limits of connections, head size and head time, and support of HTTP/1.0.

    Uvicorn waits for a request's head without a limit in time (slowloris) or size, upgrades
    requests whose body it then never reads, goes on reading the body of a request that is answered,
    and sends chunks to clients of HTTP/1.0.
    """

    open_connections: Connections
    _connection: ClientConnection
    _admission = Admission.REFUSED
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    _linger_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Admit the connection or abort it; start the timeout of the first request's head."""
        super().connection_made(transport)
        self._connection = ClientConnection(
            self.open_connections, transport, self._is_idle, self.shutdown
        )
        self._admission = self.open_connections.admit(self._connection)
        if self._admission is Admission.REFUSED:
            transport.abort()
            return
        self.app_state = self.app_state | state_of(self._connection)
        self.ws_protocol_class = partial(BoundedSocketProtocol, self._connection)  # type: ignore[assignment]
        self._start_head_timeout()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timers, and release the connection's slot."""
        self._cancel_head_timeout()
        if self._linger_timer is not None:
            self._linger_timer.cancel()
        self._connection.closed()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Limit the bytes of an incomplete head; discard what follows an early answer."""
        if self._linger_timer is not None:
            return
        if self._head_timer is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_timer is not None and self._head_bytes > HEADER_BYTES:
            self._refuse_large_head()

    def on_message_begin(self) -> None:
        """Start the timeout of the head of a further request on the connection."""
        super().on_message_begin()
        self._start_head_timeout()

    def on_headers_complete(self) -> None:
        """Cancel the timeout: the head is complete."""
        self._cancel_head_timeout()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Close the connection after a pause if the answer came before the request's end."""
        is_early = self.cycle.more_body and not self.pipeline
        if not is_early or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        # Closed at once, what still comes would be answered by a reset, which can take the answer
        # from the client before it was read (RFC 9112, 9.6).
        self._linger_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to the WebSocket protocol."""
        self._cancel_head_timeout()
        super().handle_websocket_upgrade()

    def _should_upgrade(self) -> bool:
        """Upgrade a GET without a body, and nothing else (RFC 6455, 4.1)."""
        return (
            self._admission is Admission.OPEN
            and self.parser.get_method() == b"GET"
            and self.parser.get_http_version() == "1.1"
            and not any(name in _BODIES and value != b"0" for name, value in self.headers)
            and super()._should_upgrade()
        )

    def _unsupported_upgrade_warning(self) -> None:
        """Serve the request without the upgrade, then close: the parser has lost its position.

        Nothing is logged, since anybody can ask for any protocol.
        """
        self.cycle.keep_alive = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if self._admission is Admission.PROBES:
            cycle.keep_alive = False
            if cycle.scope["path"] not in PROBES:
                app = _unavailable
        super()._start_asgi_task(cycle, partial(_call_application, app, cycle))

    def _is_idle(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        waits = cycle is None or cycle.response_complete or cycle.more_body
        return self.flow.write_paused or (waits and not self.pipeline)

    def _start_head_timeout(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _cancel_head_timeout(self) -> None:
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse_large_head(self) -> None:
        self._cancel_head_timeout()
        self.send_400_response("The request's head is too large.")


def protocol_over(connections: Connections) -> type[BoundedHttpProtocol]:
    """Return the protocol class of a server that has these connections."""

    class Protocol(BoundedHttpProtocol):
        """The protocol class of one server."""

        open_connections = connections

    return Protocol


class BoundedSocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket that keeps the slot of the HTTP connection from which it was upgraded."""

    def __init__(self, connection: ClientConnection, **options: Any) -> None:
        super().__init__(**options)
        self._connection = connection
        connection.is_idle = lambda: True  # without authentication there is no work to interrupt
        connection.retire = connection.abort

    def connection_lost(self, exc: Exception | None) -> None:
        """Release the connection's slot."""
        self._connection.closed()
        super().connection_lost(exc)


async def _call_application(
    app: ASGI3Application,
    cycle: RequestResponseCycle,
    scope: ASGIScope,
    receive: ASGIReceiveCallable,
    send: ASGISendCallable,
) -> None:
    """Call the application, with a ``send`` for HTTP/1.0 or for an early answer where needed."""
    if cycle.scope["http_version"] == "1.0":
        send = _Unchunked(cycle, send)
    elif cycle.more_body:
        send = partial(_send_early, cycle, send)
    await app(scope, receive, send)


class _Unchunked:
    """Sends to an HTTP/1.0 client without chunks: the closed connection ends the body.

    See RFC 9112, 6.1. Uvicorn counts down the announced length; where none was announced, its
    counter is set to the length of each part before that is sent.
    """

    def __init__(self, cycle: RequestResponseCycle, send: ASGISendCallable) -> None:
        self._cycle = cycle
        self._send = send
        self._has_length = True

    async def __call__(self, message: ASGISendEvent) -> None:
        """Send an ASGI message."""
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message.get("headers", ())}
            self._has_length = b"content-length" in names
            if not self._has_length:
                self._cycle.chunked_encoding = False
        elif message["type"] == "http.response.body" and not self._has_length:
            self._cycle.expected_content_length = len(message.get("body", b""))
        await self._send(message)


async def _send_early(
    cycle: RequestResponseCycle, send: ASGISendCallable, message: ASGISendEvent
) -> None:
    """Send ``Connection: close`` if the answer begins before the request has ended.

    Uvicorn must not close it at once: `BoundedHttpProtocol.on_response_complete` does so later.
    """
    if message["type"] == "http.response.start" and cycle.more_body:
        cycle.keep_alive = False
        await send(message)
        cycle.keep_alive = True
    else:
        await send(message)


async def _unavailable(
    _scope: ASGIScope, _receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    """Answer 503: all connections are in use."""
    request_id = new_id()
    message = "All connections of the service are in use. Try again later."
    error = {
        "code": ErrorCode.UNAVAILABLE,
        "message": message,
        "details": {},
        "request_id": request_id,
    }
    body = dump({"error": error})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"retry-after", b"%d" % _RETRY_SECONDS),
        (b"x-request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
