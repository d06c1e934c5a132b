"""Whole calls through the gate, to a server that is there."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from aiolimiter import AsyncLimiter

from adapters.http.client import GuardedWeb
from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guarded_transport import GuardedTransport
from adapters.http.oauth import OAuthTokens
from domain.learning.api.credentials import Credentials
from domain.shared.errors import ToolFailed, ToolTimeout
from domain.tools.artifacts import Artifact
from domain.web.open_hosts import read_open_hosts
from domain.web.ports import ExchangeLimits
from plugins.openapi.operation import Operation, ParameterLocation, SecurityScheme
from plugins.openapi.wire.calling import ApiCall, ApiCaller
from tests.plugins.openapi.wire.operations import CALL, operation, parameter
from tests.support.web_server import Reply, Seen, WebServer

KEY = "a-key-that-is-secret"
BUSY = Reply(429, {"Retry-After": "0"})


@asynccontextmanager
async def calling(*opened: str) -> AsyncIterator[ApiCaller]:
    ssrf_guard = SsrfGuard(read_open_hosts(opened or ["127.0.0.1"]))
    transport = GuardedTransport(ssrf_guard)
    web = GuardedWeb(ssrf_guard, transport)
    try:
        yield ApiCaller(web, OAuthTokens(transport))
    finally:
        await web.close()


def keyed(place: str, **fields: Any) -> Operation:
    scheme = SecurityScheme("apiKey", "x-key", ParameterLocation(place))
    return operation(path="/p", security=[{"k": []}], schemes={"k": scheme}, **fields)


class Turns:
    """Answers with one reply after the other, the last one for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)

    def __call__(self, _seen: Seen) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


async def test_arguments_go_out_and_the_answer_is_the_result() -> None:
    def echo(seen: Seen) -> Reply:
        return Reply(body=json.dumps(seen.target).encode())

    async with WebServer(echo) as server, calling() as caller:
        one = operation(parameter("path", required=True), parameter("query", "q"))
        call = ApiCall(one, server=f"{server.url}/v1")
        result = await caller.result(call, {"it": "a/b", "q": ["x", "y"]})
    assert result == "/v1/p/a%2Fb/z?q=x&q=y"


@pytest.mark.parametrize(
    ("method", "is_keyed", "can_repeat", "tries"),
    [
        ("GET", False, True, 3),
        ("GET", False, False, 1),  # one that is no read
        ("PUT", False, False, 1),
        ("PUT", False, True, 3),
        ("DELETE", False, False, 1),
        ("POST", False, False, 1),
        ("POST", True, False, 3),
    ],
)
async def test_what_may_be_repeated_is_when_the_api_says_so(
    method: str, is_keyed: bool, can_repeat: bool, tries: int
) -> None:
    date = Reply(503, {"Retry-After": format_datetime(datetime.now(UTC))})
    async with WebServer(Turns(BUSY, date, Reply())) as server, calling() as caller:
        key = [parameter("header", "Idempotency-Key")] if is_keyed else []
        call = ApiCall(
            operation(*key, method=method),
            call_id=CALL,
            can_repeat=can_repeat,
            server=server.url,
        )
        response = await caller.exchange(call, {})
        assert len(server.seen) == tries
        assert response.status == (200 if tries == 3 else 429)
        assert {seen.header("idempotency-key") for seen in server.seen} == {
            CALL if is_keyed else None
        }


@pytest.mark.parametrize("retry_after", ["3600", "soon", ""])
async def test_nobody_waits_longer_than_the_call_may_take(retry_after: str) -> None:
    reply = Reply(429, {"Retry-After": retry_after})
    async with WebServer(lambda _: reply) as server, calling() as caller:
        call = ApiCall(operation(path="/p"), can_repeat=True, server=server.url)
        with pytest.raises(ToolFailed, match="429"):
            await caller.result(call, {})
        assert len(server.seen) == 1


async def test_a_busy_api_is_not_asked_for_ever() -> None:
    async with WebServer(lambda _: BUSY) as server, calling() as caller:
        await caller.exchange(ApiCall(operation(), can_repeat=True, server=server.url), {})
        assert len(server.seen) == 4


async def test_each_request_keeps_the_pace() -> None:
    async with WebServer(Turns(BUSY, Reply())) as server, calling() as caller:
        pace = AsyncLimiter(5, 3600)
        await caller.exchange(
            ApiCall(operation(), can_repeat=True, server=server.url, pace=pace), {}
        )
        assert pace.has_capacity(3)
        assert not pace.has_capacity(4)


async def test_time_is_that_of_the_whole_call() -> None:
    async with WebServer(lambda _: Reply(seconds=5)) as server, calling() as caller:
        call = ApiCall(operation(), server=server.url, limits=ExchangeLimits(seconds=0.1))
        with pytest.raises(ToolTimeout, match=r"127\.0\.0\.1"):
            await caller.result(call, {})


async def test_an_address_that_is_not_open_is_told_to_the_model() -> None:
    async with calling("10.0.0.1") as caller:
        with pytest.raises(ToolFailed, match="PUERTO_OPEN_HOSTS"):
            await caller.result(ApiCall(operation(), server="http://127.0.0.1:1"), {})


@pytest.mark.parametrize("place", ["header", "query", "cookie"])
@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "image/png"])
async def test_no_answer_shows_the_key(place: str, status: int, kind: str) -> None:
    def echo(seen: Seen) -> Reply:
        assert KEY in f"{seen}"
        return Reply(status, {"Content-Type": kind}, json.dumps({KEY: f"{seen}"}).encode())

    async with WebServer(echo) as server, calling() as caller:
        credentials = Credentials.of({"k": KEY})
        call = ApiCall(keyed(place), credentials=credentials, server=server.url)
        try:
            result = await caller.result(call, {})
        except ToolFailed as error:
            result = (error.message, error.details, repr(error.__cause__))
    shown = result.data.decode() if isinstance(result, Artifact) else str(result)
    assert KEY not in shown
    assert "***" in shown or "Unauthorized" in shown


async def test_no_answer_shows_an_access_token() -> None:
    token = "token-that-is-secret"

    def reply(seen: Seen) -> Reply:
        if seen.target == "/token":
            return Reply(body=json.dumps({"access_token": token, "token_type": "Bearer"}).encode())
        assert seen.header("authorization") == f"Bearer {token}"
        return Reply(body=json.dumps([token] * 20_000).encode())  # large enough for a thread

    async with WebServer(reply) as server, calling() as caller:
        scheme = SecurityScheme("oauth2", token_url=f"{server.url}/token")
        one = operation(path="/p", security=[{"o": []}], schemes={"o": scheme})
        credentials = Credentials.of({"o": {"client_id": "me"}})
        result = await caller.result(ApiCall(one, credentials=credentials, server=server.url), {})
    assert set(result) == {"***"}


async def test_a_missing_key_is_something_that_the_model_can_tell() -> None:
    async with WebServer(lambda _: Reply(401)) as server, calling() as caller:
        with pytest.raises(ToolFailed, match="No credentials are set for this API: it asks for k"):
            await caller.result(ApiCall(keyed("header"), server=server.url), {})


async def test_an_access_token_that_is_not_accepted_any_more_is_replaced() -> None:
    given = iter(["old", "new", "newest"])

    def reply(seen: Seen) -> Reply:
        if seen.target == "/token":
            token = {"access_token": next(given), "token_type": "Bearer", "expires_in": 999}
            return Reply(body=json.dumps(token).encode())
        return Reply(200 if seen.header("authorization") == "Bearer new" else 401)

    async with WebServer(reply) as server, calling() as caller:
        scheme = SecurityScheme("oauth2", token_url=f"{server.url}/token")
        one = operation(path="/p", security=[{"o": ["read"]}], schemes={"o": scheme})
        credentials = Credentials.of({"o": {"client_id": "me", "client_secret": KEY}})
        call = ApiCall(one, credentials=credentials, server=server.url)
        for _ in range(2):
            assert await caller.result(call, {}) == {}
        targets = [seen.target for seen in server.seen]
        assert targets == ["/token", "/p", "/token", "/p", "/p"]
