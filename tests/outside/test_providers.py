"""Every provider behind one service: a switch in the middle, their failures, and who steps in."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.adapters.llm.wire.anthropic import AnthropicWireServer
from tests.adapters.llm.wire.google import GoogleWireServer
from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.outside.clients import client, events_of, text_of
from tests.support.service import RunningService

KEY = "sk-wire-secret"
PROVIDERS = ("openai", "anthropic", "google")


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with ExitStack() as stack:
        openai = stack.enter_context(OpenAIWireServer())
        settings = {
            "OPENAI_BASE_URL": openai.base_url,
            "PUERTO_OPENAI_API": "responses",
            "OPENAI_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": stack.enter_context(AnthropicWireServer()).origin,
            "ANTHROPIC_API_KEY": KEY,
            "GEMINI_BASE_URL": stack.enter_context(GoogleWireServer()).origin,
            "GEMINI_API_KEY": KEY,
        }
        running = stack.enter_context(RunningService(None, **settings))
        yield running
        assert "Traceback" not in running.log
        assert KEY not in running.log


@pytest.fixture(scope="module")
def token(service: RunningService) -> str:
    return service.user("ann")


async def say(service: RunningService, token: str, **body: Any) -> list[dict[str, Any]]:
    """Return the events of the answer, which are those that are stored."""
    async with client(service.url, token) as http:
        sent = {"message": "hello", "stream": True, **body}
        async with http.stream("POST", "/api/chat", json=sent) as response:
            assert response.status_code == 200, await response.aread()
            events = [event async for event in events_of(response)]
        async with http.stream("GET", f"/api/runs/{events[0]['run_id']}/events") as response:
            assert [event async for event in events_of(response)] == events
    return events


async def test_a_conversation_goes_on_with_another_provider(
    service: RunningService, token: str
) -> None:
    conversation = None
    for provider in (*PROVIDERS, *PROVIDERS):
        events = await say(
            service,
            token,
            message='call calculator {"expression": "6*7"} call calculator {"expression": "2*3"}',
            provider=provider,
            model="echo",
            **({"conversation_id": conversation} if conversation else {}),
        )
        conversation = events[0]["conversation_id"]
        # The two run at the same time: either may end first.
        results = {e["result"]["result"] for e in events if e["type"] == "tool_result"}
        assert results == {"42", "6"}
        assert '"42"' in text_of(events), provider
        assert events[-1]["status"] == "completed"
    async with client(service.url, token) as http:
        history = (await http.get(f"/api/chat/{conversation}/history")).json()
    assert len(history["messages"]) == 12


FAULTS = [
    ("status-401", "authentication", ""),
    ("status-404", "model_not_found", ""),
    ("truncated", "truncated", "Half an ans"),
    ("error-mid-stream", "", "Half an ans"),
    ("malformed-json", "malformed", "Half an ans"),
]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("model", "reason", "text"), FAULTS)
async def test_a_fault_gives_an_error_and_an_end(
    service: RunningService, token: str, provider: str, model: str, reason: str, text: str
) -> None:
    events = await say(service, token, provider=provider, model=model)
    error = next(event["error"] for event in events if event["type"] == "error")
    assert error["code"] == "UPSTREAM_ERROR"
    assert error["details"]["provider"] == provider
    assert error["details"]["reason"] == reason or not reason
    assert KEY not in str(events)
    assert text_of(events) == text
    assert events[-1]["status"] == "failed"


async def test_a_fallback_answers_and_health_tells(service: RunningService, token: str) -> None:
    admin = service.admin()
    fallbacks = [
        {"provider": "google", "model": "status-404"},
        {"provider": "openai", "model": "echo"},
    ]
    service.call("PUT", "/api/config", {"llm": {"fallbacks": fallbacks}}, admin)
    try:
        events = await say(service, token, provider="anthropic", model="status-401")
        assert text_of(events) == "You said: hello"
        assert events[-1]["status"] == "completed"
        for _ in range(4):
            await say(service, token, provider="anthropic", model="status-401")
        states = service.call("GET", "/api/health")["llm_providers"]
        assert states["anthropic"] == "failing: authentication"
        assert states["google"] == "ready"
        events = await say(service, token, provider="anthropic", model="truncated")
        assert text_of(events) == "You said: hello"  # nobody asked the one that keeps failing
        assert "Half" in text_of(await say(service, token, provider="openai", model="truncated"))
    finally:
        service.call("PUT", "/api/config", {"llm": {"fallbacks": []}}, admin)
