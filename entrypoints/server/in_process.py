"""A server that runs as a task in a process that does other work, too, such as a demonstration."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from entrypoints.http.app import create_app
from entrypoints.server.listener import address, listen
from entrypoints.server.server import Server, server_config
from entrypoints.wiring.services import Services


class _UnsignalledServer(Server):
    """A server that handles no signals, since Ctrl-C must end the other work, too."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture nothing."""
        yield


@asynccontextmanager
async def in_process_server(services: Services, port: int = 0) -> AsyncGenerator[str, None]:
    """Serve on a port of the loopback interface, 0: a free one, and yield the address.

    Raises:
        Unavailable: the port is in use.

    """
    listener = listen("127.0.0.1", port)
    server = _UnsignalledServer(server_config(create_app(services), services.settings), services)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield address(listener)
    finally:
        server.should_exit = True
        await serving
