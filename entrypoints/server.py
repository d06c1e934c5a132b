"""The HTTP server: uvicorn, bounded where strangers push, and patient when it is told to stop."""

import asyncio
import logging
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from entrypoints.http.app import create_app
from entrypoints.service import drain, running
from entrypoints.services import Services
from entrypoints.settings import Settings

HEADER_BYTES: Final = 64 * 1024
HEADER_SECONDS: Final = 15.0
FRAME_BYTES: Final = 1024 * 1024

_log = logging.getLogger("puerto")


class BoundedHttpProtocol(HttpToolsProtocol):
    """Uvicorn's protocol with a bound on how large and how slow a request's head may be."""

    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a head that is not whole yet."""
        if self._head_timer is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_timer is not None and self._head_bytes > HEADER_BYTES:
            self._refuse()

    def on_message_begin(self) -> None:
        """Begin to wait for the head of a further request on the connection."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """Stop waiting: the head is whole."""
        self._head_came()
        super().on_headers_complete()

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _head_came(self) -> None:
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self) -> None:
        self._head_came()
        self.send_400_response("The request's head is too large.")


class Server(uvicorn.Server):
    """Stops in order: no new connections, runs end within their grace, then the rest closes."""

    def __init__(
        self, config: uvicorn.Config, services: Services, on_ready: Callable[[], None] | None = None
    ) -> None:
        super().__init__(config)
        self._services = services
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections, and say so."""
        await super().startup(sockets)
        if self._on_ready is not None:
            self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop, and keep the exit status 0: being told to stop is no failure."""
        super().handle_exit(sig, frame)
        self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, drain the runs, then close what is left."""
        for server in self.servers:
            server.close()
        await drain(self._services)
        await super().shutdown(sockets)


def server_config(app: Any, settings: Settings, **options: Any) -> uvicorn.Config:
    """Return uvicorn's configuration for our application."""
    return uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        http=BoundedHttpProtocol,
        ws="websockets-sansio",
        ws_max_size=FRAME_BYTES,
        ws_per_message_deflate=False,  # a piece of text is smaller than what compression costs
        lifespan="off",
        log_config=None,
        access_log=False,  # ours names no query string, where a token may stand
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        **options,
    )


async def serve(
    settings: Settings,
    listener: socket.socket | None = None,
    on_ready: Callable[[], None] | None = None,
) -> None:
    """Run the service until it is told to stop; ``on_ready`` is called when it can be talked to.

    Raises:
        Unavailable: it cannot start; the message says why, in one line.

    """
    async with running(settings, announce=_announce) as services:
        config = server_config(create_app(services), settings)
        server = Server(config, services, on_ready)
        await server.serve([listener] if listener is not None else None)


def _announce(line: str) -> None:
    print(line, flush=True)  # noqa: T201  for the person at the terminal, and never in a log
