"""The sender of webhooks: the status counts, whatever else an answer is."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guarded_transport import GuardedTransport
from adapters.http.webhook_sender import GuardedWebhookSender
from domain.shared.errors import AddressRefused, WebError, WebTimeout
from domain.web.open_hosts import read_open_hosts
from tests.adapters.raw_server import Act, RawServer
from tests.support.web_server import Reply, WebServer

HEADERS = (("webhook-id", "msg_1"), ("webhook-signature", "v1,a v1,b"))


@asynccontextmanager
async def sending(seconds: float = 20.0) -> AsyncGenerator[GuardedWebhookSender]:
    guard = SsrfGuard(read_open_hosts(["127.0.0.1"]))
    transport = GuardedTransport(guard)
    yield GuardedWebhookSender(guard, transport, "puerto/test", seconds=seconds)
    await transport.aclose()


async def test_a_delivery_goes_out_as_it_is_signed() -> None:
    async with WebServer() as server, sending() as sender:
        assert await sender.send(f"{server.url}/a?b=c", HEADERS, b'{"a": 1}') == 200
        assert await sender.send(f"{server.url}/a?b=c", HEADERS, b"{}") == 200
        seen = server.seen[0]
        assert (seen.method, seen.target, seen.body) == ("POST", "/a?b=c", b'{"a": 1}')
        assert seen.header("content-type") == "application/json"
        assert seen.header("user-agent") == "puerto/test"
        assert [(name, seen.header(name)) for name, _ in HEADERS] == list(HEADERS)


@pytest.mark.parametrize("status", [200, 202, 302, 410, 500])
async def test_a_status_is_returned_and_no_redirect_followed(status: int) -> None:
    async with WebServer() as server, sending() as sender:
        server.reply = lambda _: Reply(status, {"Location": f"{server.url}/other"})
        assert await sender.send(server.url, HEADERS, b"{}") == status
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    "rest",
    [
        [b"content-length: 100000000\r\n\r\n", Act.STUFF],
        [b"transfer-encoding: chunked\r\n\r\nno chunk", Act.CLOSE],
        [b"content-encoding: gzip\r\ncontent-length: 7\r\n\r\nno gzip"],
    ],
)
async def test_a_strange_body_is_no_failure(rest: list[bytes | Act]) -> None:
    async with RawServer(b"HTTP/1.1 200 OK\r\n", *rest) as server, sending() as sender:
        assert await sender.send(f"http://127.0.0.1:{server.port}/", HEADERS, b"{}") == 200


async def test_no_answer_is_an_error() -> None:
    async with RawServer(Act.CLOSE) as server, sending() as sender:
        with pytest.raises(WebError, match="could not be reached"):
            await sender.send(f"http://127.0.0.1:{server.port}/", HEADERS, b"{}")
    async with RawServer(Act.WAIT) as server, sending(0.05) as sender:
        with pytest.raises(WebTimeout, match=r"within 0\.05 seconds"):
            await sender.send(f"http://127.0.0.1:{server.port}/", HEADERS, b"{}")
    async with sending() as sender:
        with pytest.raises(AddressRefused, match="not on the public internet"):
            await sender.send("http://169.254.169.254/", HEADERS, b"{}")
