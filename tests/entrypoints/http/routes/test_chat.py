"""Saying something to the agent, and following, stopping and looking at what comes of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from quart import Response

from entrypoints.http.openapi.events import RunEvents
from tests.entrypoints.http.conftest import Client, Install

QUESTION = {"message": "What is 17 * 23?"}
EVENTS: TypeAdapter[Any] = TypeAdapter(RunEvents)


async def read_events(response: Response) -> list[tuple[str, dict[str, Any]]]:
    """Return the cursor and the data of each event in an answer; each is as documented."""
    assert response.status_code == 200
    assert response.content_type == "text/event-stream"
    events = []
    for block in (await response.get_data(as_text=True)).split("\n\n"):
        if block and not block.startswith(":"):
            cursor, data = block.removeprefix("retry: 1000\n").split("\n")
            event = json.loads(data.removeprefix("data: "))
            EVENTS.validate_python(event)
            events.append((cursor.removeprefix("id: "), event))
    return events


async def test_one_answer(ada: Client) -> None:
    answer = await ada.json("POST", "/api/chat", QUESTION)

    assert answer["message"] == "That makes 391."
    assert answer["status"] == "completed"
    assert [call["tool"] for call in answer["tool_calls"]] == ["calculator"]
    assert [result["result"]["result"] for result in answer["results"]] == ["391"]
    assert answer["requires_consent"] is None
    assert answer["usage"] == {"input_tokens": 30, "output_tokens": 11, "total_tokens": 41}
    run = await ada.get(f"/api/runs/{answer['run_id']}")
    assert (run["status"], run["message_id"]) == ("completed", answer["message_id"])


async def test_a_stream_and_coming_back_to_it(ada: Client) -> None:
    response = await ada.send("POST", "/api/chat", QUESTION | {"stream": True})
    events = await read_events(response)

    kinds = [event["type"] for _, event in events]
    assert (kinds[0], kinds[-2:]) == ("run", ["message", "done"])
    assert {"thinking", "tool_call", "tool_result", "chunk"} < set(kinds)
    run_id = events[0][1]["run_id"]
    path = f"/api/runs/{run_id}/events"
    for place, (cursor, _) in enumerate(events[:-1]):
        by_query = await read_events(await ada.send("GET", f"{path}?after={cursor}"))
        by_header = await read_events(
            await ada.send("GET", path, headers={"Last-Event-ID": cursor})
        )
        assert by_query == by_header == events[place + 1 :]
    told = await ada.send("GET", f"{path}?after={events[-1][0]}")
    assert (told.status_code, await told.get_data(as_text=True)) == (204, "")


async def test_a_provider_that_fails(install: Install, tmp_path: Path) -> None:
    cassette = tmp_path / "failing.json"
    cassette.write_text('[{"pieces": [{"error": {"reason": "overloaded", "status": 529}}]}]')
    async with install(PUERTO_CASSETTE=str(cassette)) as failing:
        ada = await failing.user("ada")

        error = await ada.error("POST", "/api/chat", 502, "UPSTREAM_ERROR", QUESTION)

        assert error["details"]["reason"] == "overloaded"
        assert (await ada.get(f"/api/runs/{error['details']['run_id']}"))["status"] == "failed"


async def test_a_busy_conversation_and_cancelling(ada: Client) -> None:
    conversation_id = (await ada.json("POST", "/api/chat", QUESTION))["conversation_id"]
    body = QUESTION | {"conversation_id": conversation_id}  # which the cassette answers slowly
    headers = {"Authorization": f"Bearer {ada.token}", "Content-Type": "application/json"}
    client = ada.app.test_client(use_cookies=False)

    async with client.request("/api/chat", method="POST", headers=headers) as connection:
        await connection.send(json.dumps(body | {"stream": True}).encode())
        await connection.send_complete()
        first = (await connection.receive()).decode()
        run_id = json.loads(first.split("data: ")[1].split("\n")[0])["run_id"]
        await ada.error("POST", "/api/chat", 409, "RUN_IN_PROGRESS", body)
        await ada.error("DELETE", f"/api/conversations/{conversation_id}", 409, "RUN_IN_PROGRESS")
        cancelled = await ada.json("POST", f"/api/runs/{run_id}/cancel")
        assert cancelled["id"] == run_id
        await connection.disconnect()

    events = await read_events(await ada.send("GET", f"/api/runs/{run_id}/events"))
    assert events[-1][1]["status"] == "cancelled"
    again = await ada.json("POST", f"/api/runs/{run_id}/cancel")
    assert again["status"] == "cancelled"


@pytest.mark.one_engine
async def test_bad_messages(ada: Client, subtests: pytest.Subtests) -> None:
    cases: list[dict[str, Any]] = [
        {"message": ""},
        {"message": None},
        {"message": "x" * 100_001},
        {"message": "a\u0000b"},
        {"conversation_id": ""},
        {"stream": "true"},
        {"stream": 1},
        {"on_disconnect": "explode"},
        {"massage": "typo"},
    ]
    for wrong in cases:
        with subtests.test(wrong=wrong):
            await ada.error("POST", "/api/chat", 400, "INVALID_REQUEST", QUESTION | wrong)


async def test_unknown_places(ada: Client) -> None:
    unknown = "01993e2b-7c1d-7e52-9a57-2b1f4c1d8e90"
    run_id = (await ada.json("POST", "/api/chat", QUESTION))["run_id"]

    for path in (f"/api/runs/{unknown}", f"/api/runs/{unknown}/events", "/api/runs/x"):
        await ada.error("GET", path, 404, "NOT_FOUND")
    body = QUESTION | {"conversation_id": unknown}
    await ada.error("POST", "/api/chat", 404, "NOT_FOUND", body)
    await ada.error("GET", f"/api/runs/{run_id}/events?after=x", 400, "INVALID_REQUEST")
