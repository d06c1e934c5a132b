"""What a person sees when the provider fails: an error that says who must act, and an end."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.adapters.llm.wire.server import Reply
from tests.outside.clients import client, events_of, streamed, text_of
from tests.support.service import RunningService


@pytest.fixture(scope="module")
def wire() -> Iterator[OpenAIWireServer]:
    with OpenAIWireServer() as server:
        busy = {"error": {"message": "Slow down.", "type": "rate_limit_exceeded"}}
        server.play("status-429", [Reply(429, busy, {"retry-after": "0.01"})])
        yield server


@pytest.fixture(scope="module")
def service(wire: OpenAIWireServer) -> Iterator[RunningService]:
    settings = {"OPENAI_BASE_URL": wire.base_url, "OPENAI_API_KEY": "sk-wire-secret"}
    with RunningService(None, **settings) as running:
        yield running
        assert "Traceback" not in running.log
        assert "sk-wire-secret" not in running.log


@pytest.fixture(scope="module")
def admin(service: RunningService) -> str:
    return service.admin()


@pytest.fixture(scope="module")
def token(service: RunningService) -> str:
    return service.user("ann")


def choose(service: RunningService, admin: str, model: str) -> None:
    body = {"llm": {"provider": "openai", "model": model}}
    assert service.call("PUT", "/api/config", body, admin)["llm"]["model"] == model


async def test_text_and_parallel_tool_calls(
    service: RunningService, admin: str, token: str
) -> None:
    choose(service, admin, "echo")
    message = 'call calculator {"expression": "6*7"} call current_time {"timezone": "UTC"}'
    events = await streamed(service.url, token, message)
    calls = {e["id"]: e["tool"] for e in events if e["type"] == "tool_call"}
    results = {e["id"]: e for e in events if e["type"] == "tool_result"}
    assert sorted(calls.values()) == ["calculator", "current_time"]
    assert calls.keys() == results.keys()
    assert '"42"' in text_of(events)
    assert events[-2]["type"] == "message"
    assert events[-2]["content"] == text_of(events)
    assert events[-1]["status"] == "completed"
    assert events[-1]["usage"] == {
        "input_tokens": 42,
        "output_tokens": 18,
        "total_tokens": 60,
        "cached_tokens": 32,
    }


FAULTS: list[tuple[str, str, str, str]] = [
    ("status-401", "UPSTREAM_ERROR", "authentication", ""),
    ("status-403", "UPSTREAM_ERROR", "authentication", ""),
    ("status-404", "UPSTREAM_ERROR", "model_not_found", ""),
    ("status-400", "UPSTREAM_ERROR", "rejected", ""),
    ("status-429", "UPSTREAM_ERROR", "rate_limited", ""),
    ("truncated", "UPSTREAM_ERROR", "truncated", "Half an ans"),
    ("dropped-mid-stream", "UPSTREAM_ERROR", "truncated", "Half an ans"),
    ("reset-mid-stream", "UPSTREAM_ERROR", "", "Half an ans"),
    ("error-mid-stream", "UPSTREAM_ERROR", "", "Half an ans"),
    ("malformed-json", "UPSTREAM_ERROR", "malformed", "Half an ans"),
    ("html", "UPSTREAM_ERROR", "malformed", ""),
]


@pytest.mark.parametrize(("model", "code", "reason", "text"), FAULTS)
async def test_a_fault_gives_an_error_and_an_end(
    service: RunningService, admin: str, token: str, model: str, code: str, reason: str, text: str
) -> None:
    choose(service, admin, model)
    events = await streamed(service.url, token, "hello")
    (error,) = [e["error"] for e in events if e["type"] == "error"]
    assert error["code"] == code
    assert error["details"]["provider"] == "openai"
    if reason:
        assert error["details"]["reason"] == reason
    assert "sk-wire" not in str(error)
    assert text_of(events) == text
    assert events[-1]["type"] == "done"
    assert events[-1]["status"] == "failed"
    assert await stored(service, token, events[0]["run_id"]) == events


async def stored(service: RunningService, token: str, run_id: str) -> list[dict[str, Any]]:
    async with (
        client(service.url, token) as http,
        http.stream("GET", f"/api/runs/{run_id}/events") as response,
    ):
        return [event async for event in events_of(response)]


async def test_without_streaming_a_fault_is_an_http_error(
    service: RunningService, admin: str, token: str
) -> None:
    choose(service, admin, "status-401")
    async with client(service.url, token) as http:
        response = await http.post("/api/chat", json={"message": "hello"})
    assert response.status_code == 502
    error = response.json()["error"]
    assert error["code"] == "UPSTREAM_ERROR"
    assert error["details"]["reason"] == "authentication"


async def test_leaving_does_not_cancel_but_asking_for_it_does(
    service: RunningService, admin: str, token: str, wire: OpenAIWireServer
) -> None:
    runs = {}
    for wish, model in (("continue", "pieces:50:0.02"), ("cancel", "hang-mid-stream")):
        choose(service, admin, model)
        body = {"message": "talk", "stream": True, "on_disconnect": wish}
        async with (
            client(service.url, token) as http,
            http.stream("POST", "/api/chat", json=body) as response,
        ):
            async for line in response.aiter_lines():
                if "run_id" in line:
                    runs[wish] = line.partition('"run_id":"')[2].partition('"')[0]
                if '"chunk"' in line:
                    break
    went_on = await stored(service, token, runs["continue"])
    assert went_on[-1]["status"] == "completed"
    assert text_of(went_on) == "word " * 50
    assert (await stored(service, token, runs["cancel"]))[-1]["status"] == "cancelled"


async def test_cancel_closes_the_stream_of_the_provider(
    service: RunningService, admin: str, token: str, wire: OpenAIWireServer
) -> None:
    choose(service, admin, "hang-mid-stream")
    before = wire.disconnects
    body = {"message": "talk", "stream": True}
    async with (
        client(service.url, token) as http,
        http.stream("POST", "/api/chat", json=body) as response,
    ):
        lines = response.aiter_lines()
        async for line in lines:
            if '"run_id"' in line:
                run_id = line.partition('"run_id":"')[2].partition('"')[0]
            if '"chunk"' in line:
                answer = await http.post(f"/api/runs/{run_id}/cancel")
                assert answer.status_code == 200
                break
        rest = [line async for line in lines]
    assert '"status":"cancelled"' in "".join(rest)
    assert await wire.disconnected(before + 1)
