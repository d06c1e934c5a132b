"""Health, as probes see it."""

import pytest

from adapters.llm.registry import Provider, Providers
from adapters.llm.scripted.model import ScriptedChat
from domain.models.circuit_breaker import CircuitBreaker
from domain.shared.errors import ProviderReason
from entrypoints.http.app import create_app
from entrypoints.settings.version import VERSION
from tests.entrypoints.http.conftest import Client, Install, Installation, other_than
from tests.fakes.clock import FakeClock
from tests.support.log_lines import log_lines, with_words


async def no() -> bool:
    return False


@pytest.fixture
def severed(installation: Installation) -> Client:
    """A client of an application whose database does not answer."""
    return Client(create_app(other_than(installation.services, database_answers=no)))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/health", {"status": "healthy"}),
        ("/api/ready", {"status": "ready"}),
        ("/api/live", {"status": "alive"}),
        ("/status", {"status": "running", "version": VERSION, "openai_connected": False}),
        (
            "/api/health",
            {
                "status": "healthy",
                "service": "puerto",
                "version": VERSION,
                "llm_providers": {
                    "offline": "ready",
                    **dict.fromkeys(
                        ["openai", "anthropic", "google", "perplexity"], "not configured"
                    ),
                    "scripted": "ready",
                },
                "database": "connected",
                "vector_db": "not configured",
            },
        ),
    ],
)
async def test_all_is_well(
    installation: Installation, path: str, expected: dict[str, object]
) -> None:
    assert await installation.anyone.get(path) == expected


async def test_a_full_disk_turns_readiness_red(installation: Installation) -> None:
    full = other_than(installation.services, storage_problem=lambda: "database or disk is full")
    anyone = Client(create_app(full))
    with log_lines() as lines:
        error = await anyone.error("GET", "/api/ready", 503, "UNAVAILABLE")
        health = await anyone.json("GET", "/api/health", status=503)
    assert "database or disk is full" in error["message"]
    assert (health["status"], health["database"]) == ("unhealthy", "connected")
    assert not with_words(lines, " WARNING ")  # its one line came when it began


@pytest.mark.one_engine
async def test_openai_is_connected_when_it_has_a_key(install: Install) -> None:
    async with install(OPENAI_API_KEY="sk-4f9a6c1be27d") as configured:
        assert (await configured.anyone.get("/status"))["openai_connected"] is True


@pytest.mark.one_engine
async def test_a_provider_that_fails_is_shown_until_it_answers(installation: Installation) -> None:
    circuit_breaker = CircuitBreaker(FakeClock(), threshold=1)
    models = Providers({"openai": Provider(lambda: ScriptedChat([]), "demo")}, circuit_breaker)
    anyone = Client(create_app(other_than(installation.services, models=models)))
    circuit_breaker.failed("openai", ProviderReason.RATE_LIMITED)
    health = await anyone.get("/api/health")
    assert health["llm_providers"] == {"openai": "failing: rate_limited"}
    assert health["status"] == "healthy"
    assert (await anyone.get("/status"))["openai_connected"] is False
    circuit_breaker.answered("openai")
    assert (await anyone.get("/status"))["openai_connected"] is True


async def test_without_the_database(severed: Client) -> None:
    health = await severed.json("GET", "/api/health", status=503)

    assert (health["status"], health["database"]) == ("unhealthy", "disconnected")
    await severed.error("GET", "/api/ready", 503, "UNAVAILABLE")
    for path in ("/health", "/api/live", "/status"):
        await severed.get(path)


@pytest.mark.one_engine
async def test_not_ready_while_stopping(installation: Installation) -> None:
    await installation.services.worker.stop(0)

    await installation.anyone.error("GET", "/api/ready", 503, "UNAVAILABLE")
    await installation.anyone.get("/api/live")
