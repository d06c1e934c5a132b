"""The trace context of work goes out with its requests, and only then."""

from collections.abc import AsyncGenerator, Mapping

import pytest

from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.plugin_clients import PluginHttpClients
from adapters.http.transport import streaming_client
from domain.telemetry.traces import send_along, send_no_longer
from domain.web.open_hosts import read_open_hosts
from domain.web.ports import ExchangeLimits, WebRequest
from tests.adapters.http.conftest import web_through
from tests.support.web_server import WebServer

OURS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
THEIRS = OURS.replace("b7", "c8")


@pytest.fixture
async def server() -> AsyncGenerator[WebServer]:
    async with WebServer() as started:
        yield started


async def by_learned_api(url: str, headers: Mapping[str, str]) -> None:
    async with web_through("127.0.0.1") as web:
        request = WebRequest("GET", url, tuple(headers.items()))
        await web.send(request, ExchangeLimits())


async def by_plugin(url: str, headers: Mapping[str, str]) -> None:
    clients = PluginHttpClients("puerto/1", SsrfGuard(read_open_hosts(["127.0.0.1"])))
    await clients.of("crm").get(url, headers=dict(headers))
    await clients.close()


async def by_model(url: str, headers: Mapping[str, str]) -> None:
    async with streaming_client(60) as client:
        await client.get(url, headers=dict(headers))


async def through_proxy(url: str, headers: Mapping[str, str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTP_PROXY", url)
        patch.delenv("NO_PROXY", raising=False)
        async with streaming_client(60) as client:
            await client.get("http://far.test/", headers=dict(headers))


@pytest.mark.parametrize("send", [by_learned_api, by_plugin, by_model, through_proxy])
async def test_requests_of_work_carry_its_trace(server: WebServer, send: object) -> None:
    assert callable(send)
    await send(server.url, {})
    token = send_along(OURS)
    await send(server.url, {})
    await send(server.url, {"Traceparent": THEIRS})
    send_no_longer(token)
    await send(server.url, {})
    seen = [
        [value for name, value in each.headers if name == "traceparent"] for each in server.seen
    ]
    assert seen == [[], [OURS], [THEIRS], []]
