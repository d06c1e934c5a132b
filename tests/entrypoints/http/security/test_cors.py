"""Pages of other origins."""

import pytest
from werkzeug.datastructures import Headers

from tests.entrypoints.http.conftest import Install, Installation

pytestmark = pytest.mark.one_engine

ORIGIN = "https://app.example.com"
ANOTHER = "https://evil.example.com"


def granted(headers: Headers) -> dict[str, str]:
    """Return the CORS headers of an answer."""
    return {key: value for key, value in headers if key.lower().startswith("access-")}


async def test_no_origin_is_allowed_unless_named(installation: Installation) -> None:
    response = await installation.anyone.send("GET", "/health", headers={"Origin": ORIGIN})

    assert granted(response.headers) == {}


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_pages_that_are_being_written_may_call_this_machine(
    install: Install, host: str
) -> None:
    page = "http://localhost:4200"
    async with install(API_HOST=host) as shared:
        response = await shared.anyone.send("GET", "/health", headers={"Origin": page})

    allowed = response.headers.get("Access-Control-Allow-Origin")
    assert allowed == (page if host == "127.0.0.1" else None)


async def test_answers_and_errors_can_be_read(install: Install) -> None:
    async with install(CORS_ORIGINS=f"{ORIGIN},http://localhost:3000") as shared:
        for path in ("/health", "/api/auth/me", "/nothing"):
            response = await shared.anyone.send("GET", path, headers={"Origin": ORIGIN})

            headers = response.headers
            assert headers["Access-Control-Allow-Origin"] == ORIGIN
            assert headers["Access-Control-Allow-Credentials"] == "true"
            exposed = headers["Access-Control-Expose-Headers"]
            assert {"X-Request-ID", "Retry-After"} < set(exposed.split(", "))
            assert "Origin" in headers["Vary"]


async def test_a_preflight_needs_no_credentials(install: Install) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    async with install(CORS_ORIGINS=ORIGIN) as shared:
        response = await shared.anyone.send("OPTIONS", "/api/chat", headers=asked)

        assert response.status_code == 200
        headers = response.headers
        assert headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "POST" in headers["Access-Control-Allow-Methods"]
        assert headers["Access-Control-Allow-Headers"] == "authorization, content-type"


async def test_other_origins_get_nothing(install: Install) -> None:
    async with install(CORS_ORIGINS=ORIGIN) as shared:
        for method in ("GET", "OPTIONS"):
            response = await shared.anyone.send(method, "/health", headers={"Origin": ANOTHER})

            assert granted(response.headers) == {}
