"""A body that does not come in time is answered, and its connection ends."""

import asyncio
from contextlib import suppress

import pytest
import uvicorn
from uvicorn.server import ServerState

from entrypoints.server.server import server_config
from tests.entrypoints.http.conftest import Client, Installation

pytestmark = pytest.mark.one_engine

PATIENCE = 60.0


@pytest.mark.parametrize("length", [b"Content-Length: 1000", b"Transfer-Encoding: chunked"])
async def test_a_body_that_stays_out_is_answered_with_408_and_not_waited_for(
    installation: Installation, ada: Client, length: bytes
) -> None:
    installation.app.config["BODY_TIMEOUT"] = 0.1
    config = server_config(installation.app, installation.services.settings)
    config.load()
    async with asyncio.timeout(PATIENCE), await listening(config) as listener:
        host, port = listener.sockets[0].getsockname()[:2]
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(
            b"POST /api/conversations HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nAuthorization: Bearer "
            + f"{ada.token}".encode()
            + b"\r\n%s\r\n\r\n" % length
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
        assert b"\r\nconnection: close\r\n" in head.lower()
        assert b"did not arrive in time" in await rest(reader)
        writer.close()


async def listening(config: uvicorn.Config) -> asyncio.Server:
    """Serve as the program does, on a port of its own."""
    state = ServerState()
    return await asyncio.get_running_loop().create_server(
        lambda: config.http_protocol_class(config=config, server_state=state, app_state={}),  # type: ignore[call-arg]
        "127.0.0.1",
        0,
    )


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Return what comes until the server ends the connection, which its client does not."""
    body = b""
    with suppress(ConnectionResetError):
        while more := await reader.read(65536):
            body += more
    return body
