"""Runs can be found, and what came of them is seen: also when it was a failure."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from domain.shared.ids import new_id
from entrypoints.http.routes.conversations import MessageView
from entrypoints.http.routes.run_views import RunView
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.entrypoints.http.ledger import ANSWER, CHAT, ledger_in, no, writing

QUESTION = {"message": "What is 17 * 23?"}
FAILING = [{"pieces": [{"error": {"reason": "authentication", "status": 401}}]}]


async def runs(client: Client, **query: str) -> list[dict[str, Any]]:
    """Return the runs that are listed."""
    text = "&".join(f"{name}={value}" for name, value in query.items())
    listed: list[dict[str, Any]] = (await client.get(f"/api/runs?{text}"))["runs"]
    return listed


async def test_a_run_is_found_and_says_what_came_of_it(ada: Client, bob: Client) -> None:
    answer = await ada.json("POST", "/api/chat", QUESTION)

    (run,) = await runs(ada, conversation_id=answer["conversation_id"])

    assert run == await ada.get(f"/api/runs/{answer['run_id']}")
    assert run.keys() == RunView.model_fields.keys()
    assert (run["status"], run["stop"], run["error"]) == ("completed", "end", None)
    assert run["usage"] == answer["usage"]
    assert (run["provider"], run["effects"]) == ("scripted", [])
    assert run["model"]
    assert await runs(bob) == []
    assert await runs(bob, conversation_id=answer["conversation_id"]) == []


async def test_the_list_of_runs_has_pages(ada: Client) -> None:
    conversation = await ada.json("POST", "/api/conversations", {}, 201)
    body = {**QUESTION, "provider": "offline", "conversation_id": conversation["id"]}
    made = [(await ada.json("POST", "/api/chat", body))["run_id"] for _ in range(3)]

    first = await ada.get("/api/runs?limit=2")
    second = await ada.get(f"/api/runs?limit=2&cursor={first['next_cursor']}")

    assert [run["id"] for run in (*first["runs"], *second["runs"])] == made[::-1]
    assert second["next_cursor"] is None


async def test_bad_queries(ada: Client, subtests: pytest.Subtests) -> None:
    for query in ["status=lost", "limit=0", "limit=101", "cursor=x", "cursor=%00"]:
        with subtests.test(query=query):
            await ada.error("GET", f"/api/runs?{query}", 400, "INVALID_REQUEST")


async def test_no_runs_of_a_conversation_that_is_none(ada: Client) -> None:
    await ada.json("POST", "/api/chat", QUESTION)

    assert await runs(ada, conversation_id=new_id()) == []
    await ada.error("GET", "/api/runs?conversation_id=x", 400, "INVALID_REQUEST")


@pytest.fixture
async def failing(install: Install, tmp_path: Path) -> AsyncGenerator[Installation]:
    """An installation whose provider refuses the key."""
    cassette = tmp_path / "failing.json"
    cassette.write_text(json.dumps(FAILING))
    async with install(PUERTO_CASSETTE=str(cassette)) as started:
        yield started


async def test_a_failure_is_seen_in_the_conversation(failing: Installation) -> None:
    ada = await failing.user("ada")
    error = await ada.error("POST", "/api/chat", 502, "UPSTREAM_ERROR", QUESTION)
    run_id, conversation_id = error["details"]["run_id"], error["details"]["conversation_id"]
    body = {"message": "And now?", "conversation_id": conversation_id, "provider": "offline"}
    told = await ada.json("POST", "/api/chat", body)

    whole = await ada.get(f"/api/conversations/{conversation_id}")

    question, entry, _, answer = whole["messages"]
    for message in whole["messages"]:
        assert message.keys() == MessageView.model_fields.keys()
    assert question["run_id"] is question["status"] is question["usage"] is None
    assert (entry["role"], entry["content"], entry["run_id"]) == ("assistant", "", run_id)
    assert (entry["status"], entry["stop"]) == ("failed", "failed")
    assert entry["error"]["code"] == "UPSTREAM_ERROR"
    assert entry["error"]["details"]["reason"] == "authentication"
    assert entry["provider"] == "scripted"
    assert (answer["status"], answer["stop"], answer["error"]) == ("completed", "end", None)
    assert (answer["provider"], answer["usage"]) == ("offline", told["usage"])
    (failed,) = await runs(ada, status="failed")
    assert (failed["id"], failed["stop"], failed["error"]) == (run_id, "failed", entry["error"])


async def test_what_waits_is_found_from_the_conversation_alone(
    install: Install, tmp_path: Path
) -> None:
    async with install(PUERTO_CASSETTE=writing(tmp_path, "hello")) as installation:
        ledger_in(installation)
        ada = await installation.user("ada")
        asked = await ada.json("POST", "/api/chat", CHAT)
        place = f"/api/conversations/{asked['conversation_id']}"

        waiting = await ada.get(place)
        (run,) = await runs(ada, status="waiting_consent")
        (request,) = (await ada.get("/api/consents?status=waiting"))["consents"]
        busy = await ada.error(
            "POST", "/api/chat", 409, "RUN_IN_PROGRESS", CHAT | {"conversation_id": waiting["id"]}
        )

        assert waiting["active_run_id"] == run["id"] == asked["run_id"] == request["run_id"]
        assert (run["stop"], run["finished_at"], run["error"]) == (None, None, None)
        assert run["usage"] == asked["usage"]
        assert request["conversation_id"] == waiting["id"]
        assert busy["details"] == {"run_id": run["id"], "conversation_id": waiting["id"]}
        listed = (await ada.get("/api/conversations"))["conversations"]
        assert [one["active_run_id"] for one in listed] == [run["id"]]
        await ada.error("DELETE", place, 409, "RUN_IN_PROGRESS")
        await ada.json("POST", ANSWER, no(request))
        while (await ada.get(place))["active_run_id"] is not None:
            pass


async def test_a_call_without_the_agent_is_a_run_too(ada: Client) -> None:
    call = {"tool": "calculator", "parameters": {"expression": "1 + 1"}}
    await ada.json("POST", "/api/tools/execute", call)

    (run,) = await runs(ada)

    assert run["conversation_id"] is run["message_id"] is run["provider"] is run["model"] is None
    assert run["status"] == "completed"


async def test_cancelling_names_what_had_taken_effect(install: Install, tmp_path: Path) -> None:
    answers = [
        {"pieces": [{"tool": "write_line", "arguments": {"text": "hello"}}]},
        {"pieces": [{"text": "Now "}, {"delay": 60}]},
    ]
    cassette = tmp_path / "slow.json"
    cassette.write_text(json.dumps(answers))
    async with install(PUERTO_CASSETTE=str(cassette), PUERTO_AUTONOMY="full") as installation:
        ledger = ledger_in(installation)
        ada = await installation.user("ada")
        client = ada.app.test_client(use_cookies=False)
        headers = {"Authorization": f"Bearer {ada.token}", "Content-Type": "application/json"}
        async with client.request("/api/chat", method="POST", headers=headers) as connection:
            await connection.send(json.dumps({**CHAT, "stream": True}).encode())
            await connection.send_complete()
            while b'"chunk"' not in await connection.receive():
                pass
            (run,) = await runs(ada, status="running")
            cancelled = await ada.json("POST", f"/api/runs/{run['id']}/cancel")
            await connection.disconnect()

        assert ledger.lines == ["1: hello"]
        assert len(cancelled["effects"]) == 1
        while (ended := await ada.get(f"/api/runs/{run['id']}"))["status"] == "running":
            pass
        assert (ended["status"], ended["stop"]) == ("cancelled", "cancelled")
        assert ended["effects"] == cancelled["effects"]
        messages = (await ada.get(f"/api/conversations/{run['conversation_id']}"))["messages"]
        assert (messages[-1]["status"], messages[-1]["content"]) == ("cancelled", "Now ")
