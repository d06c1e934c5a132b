"""The HTTP clients of plugins, against a server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.plugin_clients import PluginHttpClients
from domain.shared.errors import ToolFailed
from domain.tools.http import HttpClients, NoHttpClient
from domain.web.open_hosts import read_open_hosts

LOOPBACK = SsrfGuard(read_open_hosts(["127.0.0.1"]))


@asynccontextmanager
async def serving(heard: list[str]) -> AsyncIterator[str]:
    """Yield the address of a server that answers everything with a cookie; it keeps the heads."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
        head = "HTTP/1.1 302 Found\r\nLocation: /away\r\nSet-Cookie: user=ada\r\n"
        writer.write(f"{head}Content-Length: 2\r\nConnection: close\r\n\r\nhi".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def test_a_plugin_has_one_client_which_says_who_asks() -> None:
    heard: list[str] = []
    clients: HttpClients = PluginHttpClients("puerto/1", LOOPBACK)
    crm = clients.of("crm")
    assert clients.of("crm") is crm
    assert clients.of("other") is not crm
    async with serving(heard) as url:
        for method in ("get", "head", "post", "put", "patch", "delete"):
            response = await getattr(crm, method)(url, params={"n": 1})
            assert response.status_code == 302  # followed by nobody
        async with crm.stream("GET", url, headers={"X-Mine": "yes"}) as response:
            assert [piece async for piece in response.aiter_bytes()] == [b"hi"]
    assert [head.split()[0] for head in heard] == [
        *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "GET")
    ]
    assert all("user-agent: puerto/1 (crm)\r\n" in head.lower() for head in heard)
    assert "/?n=1" in heard[0]
    assert "x-mine: yes" in heard[-1].lower()
    assert "cookie" not in "".join(heard).lower()  # they would be those of another user
    await clients.close()
    await clients.close()


async def test_errors_are_those_of_httpx2() -> None:
    clients = PluginHttpClients("puerto/1", LOOPBACK)
    with pytest.raises(httpx2.ConnectError):
        await clients.of("crm").get("http://127.0.0.1:1/")
    await clients.close()


async def test_where_there_is_no_network_every_request_fails() -> None:
    client = NoHttpClient()
    with pytest.raises(ToolFailed, match=r"GET http://x/: there is no network"):
        await client.get("http://x/")
    with pytest.raises(ToolFailed):
        client.stream("GET", "http://x/")


@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "[::1]"])
async def test_what_is_not_on_the_internet_has_to_be_opened(
    host: str, proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if proxied and host != "localhost":  # a proxy resolves names itself, by the operator's rules
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    clients = PluginHttpClients("puerto/1", SsrfGuard())
    heard: list[str] = []
    async with serving(heard) as url:
        port = url.rstrip("/").rpartition(":")[2]
        with pytest.raises(httpx2.ConnectError, match="PUERTO_OPEN_HOSTS"):
            await clients.of("crm").get(f"http://{host}:{port}/")
    assert heard == []
    await clients.close()
