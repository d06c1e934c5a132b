"""Rate limits of requests and of frames, as clients see them."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from quart.testing import WebsocketResponseError
from quart.testing.connections import WebsocketDisconnectError

from domain.accounts.users import Role
from entrypoints.http.openapi.document import openapi_document
from entrypoints.http.security.limits import HEADERS, is_free
from entrypoints.http.streaming import socket_session
from entrypoints.settings.loading import load_settings
from tests.entrypoints.http.conftest import PASSWORD, Client, Install, Installation, read_error
from tests.fakes.clock import FakeClock
from tests.support.log_lines import log_lines, with_words

pytestmark = pytest.mark.one_engine

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LOGIN = {"username": "ada", "password": PASSWORD}
# So few a minute that none comes back while a test runs.
FEW = {"RATE_LIMIT_PER_MINUTE": "3"}


def limit_of(response: Any) -> dict[str, str]:
    """Return the headers of an answer that tell of a limit."""
    return {name: response.headers[name] for name in HEADERS if name in response.headers}


async def test_unless_told_otherwise_it_is_sixty_a_minute() -> None:
    settings = load_settings({}, None)
    assert (settings.rate_limit_per_minute, settings.login_limit_per_minute) == (60, 10)
    assert settings.trusted_proxies == ()


async def test_every_answer_tells_what_is_left(install: Install) -> None:
    clock = FakeClock(NOW)
    async with install(clock, RATE_LIMIT_PER_MINUTE="60") as installation:
        ada = await installation.user("ada")
        first, second = await ada.send("GET", "/api/auth/me"), await ada.send("GET", "/api/x")
        await read_error(second, 404, "NOT_FOUND")
        told = limit_of(first)
        assert told.keys() == set(HEADERS)
        assert told["RateLimit"] == '"default";r=59;t=1'
        assert told["RateLimit-Policy"] == '"default";q=60;w=60'
        assert (told["X-RateLimit-Limit"], told["X-RateLimit-Remaining"]) == ("60", "59")
        assert int(told["X-RateLimit-Reset"]) == NOW.timestamp() + 1
        stream = await ada.send("POST", "/api/chat", {"message": "17 * 23?", "stream": True})
        assert stream.content_type == "text/event-stream"
        assert limit_of(stream).keys() == set(HEADERS)
        for path in ("/health", "/api/docs", "/openapi.json", "/"):
            assert limit_of(await ada.send("GET", path)) == {}
        assert limit_of(await ada.send("OPTIONS", "/api/chat")) == {}


async def test_too_many_are_refused_and_others_are_not(install: Install) -> None:
    async with install(**FEW) as installation:
        ada, bob = await installation.user("ada"), await installation.user("bob")
        answers = [await ada.send("GET", "/api/auth/me") for _ in range(4)]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        refused = answers[-1]
        error = await read_error(refused, 429, "RATE_LIMITED")
        seconds = int(refused.headers["Retry-After"])
        assert 0 < seconds <= 20
        assert error["details"] == {"retry_after": seconds}
        assert limit_of(refused)["X-RateLimit-Remaining"] == "0"
        assert (await bob.send("GET", "/api/auth/me")).status_code == 200
        assert (await installation.anyone.send("GET", "/api/auth/me")).status_code == 401
        assert (await ada.send("GET", "/health")).status_code == 200


async def test_a_key_has_a_bucket_of_its_own(install: Install) -> None:
    async with install(**FEW) as installation:
        ada = await installation.user("ada")
        made = await ada.json("POST", "/api/auth/keys", {"name": "x", "scopes": ["chat"]}, 201)
        program = Client(installation.app, made["key"])
        left = [
            (await each.send("GET", "/api/auth/me")).headers["X-RateLimit-Remaining"]
            for each in (program, ada, program)
        ]
        assert left == ["2", "1", "1"]


@pytest.mark.parametrize("path", ["/api/auth/me", "/metrics", "/ws"])
async def test_wrong_credentials_are_counted_by_address(install: Install, path: str) -> None:
    async with install(**FEW) as installation:
        ada = Client(installation.app, "pto_guess")
        statuses = [await status_of(installation, ada, path) for _ in range(4)]
        assert statuses == [401, 401, 401, 429]


async def status_of(installation: Installation, client: Client, path: str) -> int:
    """Return the status of a request, or of a handshake, that is refused."""
    if path != "/ws":
        return (await client.send("GET", path)).status_code
    headers = {"Authorization": f"Bearer {client.token}"}
    with pytest.raises(WebsocketResponseError) as refused:
        async with installation.app.test_client().websocket(path, headers=headers) as socket:
            await socket.receive()
    assert limit_of(refused.value.response).keys() == set(HEADERS)
    return refused.value.response.status_code


async def test_a_request_that_is_refused_for_itself_is_counted(install: Install) -> None:
    async with install(PUERTO_ALLOWED_HOSTS="localhost", **FEW) as installation:
        headers = [{"Host": "evil.org"}] * 3 + [{}]
        statuses = [
            (await installation.anyone.send("GET", "/nothing", headers=each)).status_code
            for each in headers
        ]
        assert statuses == [400, 400, 400, 429]


async def test_a_forged_header_changes_nothing(install: Install) -> None:
    async with install(**FEW) as installation:
        statuses = [
            (await installation.anyone.send("GET", "/x", headers=forged)).status_code
            for forged in (
                {"X-Forwarded-For": "1.2.3.4"},
                {"X-Forwarded-For": "1.2.3.5", "X-Real-IP": "1.2.3.5"},
                {"Forwarded": "for=1.2.3.6"},
                {"X-Forwarded-For": "1.2.3.7", "Remote-Addr": "1.2.3.7"},
            )
        ]
        assert statuses == [404, 404, 404, 429]


async def test_a_named_proxy_is_believed(install: Install) -> None:
    # Quart's test client has no address: what it is called is no network that can be named.
    async with install(TRUSTED_PROXIES="127.0.0.1", **FEW) as installation:
        scope = {"client": ("127.0.0.1", 1)}
        statuses = [
            await status_from(installation, scope, address)
            for address in ("1.2.3.4", "1.2.3.4", "evil, 1.2.3.4", "1.2.3.4", "1.2.3.5")
        ]
        assert statuses == [404, 404, 404, 429, 404]


async def test_a_proxy_that_nobody_named_is_told_of_once(install: Install) -> None:
    async with install() as installation:
        with log_lines() as lines:
            for address in ("8.8.8.8", "10.0.0.1", "10.0.0.2"):
                await status_from(installation, {"client": (address, 1)}, "1.2.3.4")
            await installation.anyone.send("GET", "/x")
    assert len(with_words(lines, " WARNING ", "10.0.0.1", "TRUSTED_PROXIES")) == 1
    assert len(with_words(lines, " WARNING ")) == 1


async def status_from(installation: Installation, scope: dict[str, Any], address: str) -> int:
    client = installation.app.test_client()
    headers = {"X-Forwarded-For": address}
    return (await client.get("/x", headers=headers, scope_base=scope)).status_code


async def test_logins_are_limited_by_themselves(install: Install) -> None:
    async with install(PUERTO_LOGIN_LIMIT_PER_MINUTE="2", RATE_LIMIT_PER_MINUTE="60") as service:
        await service.services.authentication.add_user("ada", "a@x.org", "A", PASSWORD, Role.USER)
        answers = [await service.anyone.send("POST", "/api/auth/login", LOGIN) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        await read_error(answers[-1], 429, "RATE_LIMITED")
        assert limit_of(answers[-1])["RateLimit-Policy"] == '"login";q=2;w=60'
        assert limit_of(answers[-1])["X-RateLimit-Remaining"] == "0"
        assert limit_of(answers[0])["RateLimit-Policy"] == '"default";q=60;w=60'
        assert int(answers[-1].headers["Retry-After"]) <= 30


async def test_messages_over_a_socket_are_requests(install: Install) -> None:
    async with install(**FEW) as installation:
        ada = await installation.user("ada")
        kinds = await pings(installation, ada, 4)
        assert kinds == ["pong", "pong", "RATE_LIMITED", "RATE_LIMITED"]  # and the handshake
        await read_error(await ada.send("GET", "/api/auth/me"), 429, "RATE_LIMITED")


async def test_a_flood_closes_the_socket(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_session, "FLOOD", 3)
    async with install(**FEW) as installation:
        ada = await installation.user("ada")
        kinds = await pings(installation, ada, 9)
        assert kinds == ["pong", "pong", *["RATE_LIMITED"] * 4, "closed 1008"]


async def pings(installation: Installation, client: Client, number: int) -> list[str]:
    """Ping so often over one socket; return what the answers are."""
    headers, kinds = {"Authorization": f"Bearer {client.token}"}, []
    try:
        async with (
            asyncio.timeout(60),
            installation.app.test_client().websocket("/ws", headers=headers) as socket,
        ):
            assert json.loads(await socket.receive()) == {"type": "ready"}
            for _ in range(number):
                await socket.send(json.dumps({"type": "ping"}))
                answer = json.loads(await socket.receive())
                kinds.append(answer["error"]["code"] if "error" in answer else answer["type"])
    except WebsocketDisconnectError as closed:
        kinds.append(f"closed {closed.args[0]}")
    return kinds


async def test_the_document_says_what_is_limited(installation: Installation) -> None:
    document = json.loads(openapi_document(installation.app))
    counted = {
        operation["operationId"]: "429" in operation["responses"]
        for item in document["paths"].values()
        for operation in item.values()
    }
    assert {name for name, has in counted.items() if not has} == {
        name for name in counted if is_free(name.replace("_", ".", 1))
    }
    refusal = document["components"]["responses"]["TooManyRequests"]
    assert refusal["headers"].keys() == {"X-Request-ID", "Retry-After", *HEADERS}
