"""The HTTP server: uvicorn with connection limits and a graceful shutdown."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import uvicorn

from entrypoints.http.app import create_app
from entrypoints.http.security.connections import ConnectionLimits, Connections
from entrypoints.server.lifecycle import drain, running
from entrypoints.server.listener import address
from entrypoints.server.memory import freeze_objects, tune_heap
from entrypoints.server.open_files import raise_open_files_limit
from entrypoints.server.protocols import protocol_over
from entrypoints.server.start import log_start, log_stopped, log_stopping
from entrypoints.settings.settings import Settings
from entrypoints.wiring.container import build
from entrypoints.wiring.services import Services
from plugins.containment.process_state import holding_signals

FRAME_BYTES: Final = 1024 * 1024

_log = logging.getLogger("puerto")


class Server(uvicorn.Server):
    """Uvicorn's server with a shutdown in order: listener, runs within their grace, the rest."""

    def __init__(
        self, config: uvicorn.Config, services: Services, on_ready: Callable[[], None] | None = None
    ) -> None:
        super().__init__(config)
        self._services = services
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections, and call ``on_ready``."""
        await super().startup(sockets)
        if self._on_ready is not None:
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals that stop the service, and keep plugins from replacing handlers."""
        with super().capture_signals(), holding_signals():
            yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop, and keep the exit status 0: a requested stop is no failure."""
        super().handle_exit(sig, frame)
        self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, drain the runs, then close the remaining connections."""
        log_stopping(self._services)
        for server in self.servers:
            server.close()
        await drain(self._services)
        await super().shutdown(sockets)


def connections_within(settings: Settings) -> Connections:
    """Return the bounded connections of this process, after raising its limit of open files."""
    limits = ConnectionLimits(
        settings.max_connections,
        settings.max_anonymous_per_address,
        settings.anonymous_seconds,
        raise_open_files_limit(),
    )
    possible = limits.fitting()
    if possible.total < limits.total:
        _log.warning(
            "PUERTO_MAX_CONNECTIONS is %d, but with at most %d open files there can be %d; "
            "raise the limit (ulimit -n, LimitNOFILE)",
            limits.total,
            limits.open_files,
            possible.total,
        )
    return Connections(possible)


def server_config(app: Any, settings: Settings, **options: Any) -> uvicorn.Config:
    """Return uvicorn's configuration for Puerto's application."""
    return uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        http=protocol_over(connections_within(settings)),
        ws="websockets-sansio",
        ws_max_size=FRAME_BYTES,
        ws_per_message_deflate=False,  # compression saves nothing on pieces of text this small
        lifespan="off",
        log_config=None,
        access_log=False,  # Puerto's own omits the query string, where a token may stand
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
    """Run the service until a signal stops it; ``on_ready`` is called when it accepts connections.

    Raises:
        Unavailable: the service cannot start; the message says why, in one line.

    """
    tune_heap()
    async with running(build(settings), announce=_announce) as services:
        listens_on = address(listener) if listener is not None else settings.api_host
        await log_start(services, listens_on)
        for line in await services.database_warnings():
            _log.warning("%s", line)
        config = server_config(create_app(services), settings)
        server = Server(config, services, on_ready)
        freeze_objects()
        await server.serve([listener] if listener is not None else None)
    log_stopped()


def _announce(line: str) -> None:
    print(line, flush=True)  # noqa: T201  for the person at the terminal, and never in a log
