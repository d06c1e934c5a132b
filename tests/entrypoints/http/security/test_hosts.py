"""The names of this server."""

import pytest
from quart.testing import WebsocketResponseError

from entrypoints.http.security.hosts import is_allowed
from tests.entrypoints.http.conftest import Install, Installation, read_error

pytestmark = pytest.mark.one_engine

ALLOWED = ("agent.example.com", "10.0.0.5:8000", "[::1]")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("agent.example.com", True),
        ("AGENT.example.com:8443", True),
        ("10.0.0.5:8000", True),
        ("10.0.0.5:8001", False),
        ("10.0.0.5", False),
        ("[::1]", True),
        ("[::1]:8000", True),
        ("evil.example.com", False),
        ("agent.example.com.evil.org", False),
        ("agent.example.com:x", False),
        ("", False),
    ],
)
def test_hosts(host: str, expected: bool) -> None:
    assert is_allowed(host, ALLOWED) is expected


async def test_any_host_when_none_is_named(installation: Installation) -> None:
    response = await installation.anyone.send("GET", "/health", headers={"Host": "x.org"})

    assert response.status_code == 200


async def test_requests_and_handshakes_to_other_names_are_refused(install: Install) -> None:
    async with install(PUERTO_ALLOWED_HOSTS="agent.example.com") as named:
        ours = await named.anyone.send("GET", "/status", headers={"Host": "agent.example.com:80"})
        assert ours.status_code == 200
        for path in ("/status", "/api/health", "/api/auth/me", "/nothing"):
            response = await named.anyone.send("GET", path, headers={"Host": "evil.org"})
            await read_error(response, 400, "INVALID_REQUEST")
        with pytest.raises(WebsocketResponseError) as refused:
            async with named.app.test_client().websocket(
                "/ws", headers={"Host": "evil.org"}
            ) as socket:
                await socket.receive()
        assert refused.value.response.status_code == 400


async def test_health_checks_come_by_address(install: Install) -> None:
    async with install(PUERTO_ALLOWED_HOSTS="agent.example.com") as named:
        for path in ("/health", "/api/live", "/api/ready"):
            response = await named.anyone.send("GET", path, headers={"Host": "10.0.0.7:8000"})
            assert response.status_code == 200
