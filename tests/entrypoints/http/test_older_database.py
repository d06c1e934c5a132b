"""What an older version of the project stored is read, shown and gone on with."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from adapters.persistence import migrate
from domain.learning.credential_store import OPERATOR
from tests.adapters.persistence.older import write_version_0011
from tests.conftest import copied, created
from tests.entrypoints.http.conftest import CASSETTE, Client, Install, Installation
from tests.fakes.clock import FakeClock

# The request of Ada's parked run could be answered for a day from when it was made.
THEN = datetime(2026, 11, 28, 21, tzinfo=UTC)
KEY = "YSBrZXkgdGhhdCBvbmx5IGEgdGVzdCB1c2VzLCAzMmIh"
PRODUCT = {"expression": "17 * 23", "result": "391", "exact": True}


@pytest.fixture(scope="module")
async def written(
    engine: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[str]:
    """The URL of a database that an older version wrote, migrated as a start would."""
    async with AsyncExitStack() as stack:
        if engine == "sqlite":
            url = f"sqlite://{tmp_path_factory.mktemp('older') / 'puerto.db'}"
        else:
            url = await stack.enter_async_context(created(template))
        await write_version_0011(url)
        await migrate(url)
        yield url


@pytest.fixture
async def database_url(engine: str, written: str, tmp_path: Path) -> AsyncGenerator[str]:
    """The URL of a copy of it."""
    if engine == "sqlite":
        yield copied(written, tmp_path / "puerto.db")
    else:
        async with created(written, urlsplit(written).path.removeprefix("/")) as url:
            yield url


@pytest.fixture
async def older(install: Install, tmp_path: Path) -> AsyncGenerator[Installation]:
    """An installation over it, whose model answers a second question, too."""
    cassette = tmp_path / "both.json"
    second = [
        {"pieces": [{"tool": "calculator", "arguments": {"expression": "6 * 7"}}]},
        {"pieces": [{"text": "That makes 42."}]},
    ]
    cassette.write_text(json.dumps([*CASSETTE[:2], *second]))
    variables = {"PUERTO_CASSETTE": str(cassette), "ENCRYPTION_KEY": KEY}
    async with install(FakeClock(THEN), **variables) as started:
        yield started


async def ended(client: Client, run_id: str) -> Any:
    """Return a run once it is over."""
    async with asyncio.timeout(60):
        while (run := await client.get(f"/api/runs/{run_id}"))["finished_at"] is None:
            await asyncio.sleep(0.01)
    return run


async def test_a_conversation_is_shown_with_its_calls_and_goes_on(older: Installation) -> None:
    ada = await older.log_in("ada")
    parked, summed = (await ada.get("/api/conversations"))["conversations"]
    assert (summed["title"], summed["active_run_id"]) == ("What is 17 * 23?", None)
    question, answer = (await ada.get(f"/api/chat/{summed['id']}/history"))["messages"]
    assert (question["content"], question["run_id"]) == ("What is 17 * 23?", None)
    assert (answer["content"], answer["status"]) == ("That makes 391.", "completed")
    assert (answer["stop"], answer["usage"]["total_tokens"]) == ("end", 41)
    (call,), (result,) = answer["tool_calls"], answer["results"]
    assert (call["tool"], call["params"]) == ("calculator", {"expression": "17 * 23"})
    assert result == {"id": call["id"], "tool": "calculator", "result": PRODUCT}

    again = {"message": "And again?", "conversation_id": summed["id"]}
    asked = await ada.json("POST", "/api/chat", again)
    assert asked["status"] == "waiting_consent"  # by a rule that was stored then
    yes = {"consent_request_id": asked["requires_consent"]["id"], "approved": True}
    await ada.json("POST", "/api/chat/consent", yes)
    assert (await ended(ada, asked["run_id"]))["status"] == "completed"
    assert (await ada.get(f"/api/conversations/{summed['id']}"))["message_count"] == 4
    assert parked["active_run_id"] is not None


async def test_what_was_used_before_there_was_a_ledger_is_counted(older: Installation) -> None:
    ada = await older.log_in("ada")
    runs = (await ada.get("/api/runs"))["runs"]
    (line,) = (await ada.get("/api/usage?from=2026-10-01&group_by=model"))["usage"]
    (tool,) = (await ada.get("/api/usage?from=2026-10-01&group_by=tool"))["usage"]
    assert line["total_tokens"] == sum(run["usage"]["total_tokens"] for run in runs)
    assert (line["provider"], line["model"], line["answers"]) == ("scripted", "cassette", 3)
    assert (tool["tool"], tool["tool_calls"]) == ("calculator", 1)


async def test_the_events_of_a_run_are_told_again(older: Installation) -> None:
    ada = await older.log_in("ada")
    (run,) = (await ada.get("/api/runs?status=completed"))["runs"]
    response = await ada.send("GET", f"/api/runs/{run['id']}/events")
    lines = (await response.get_data(as_text=True)).splitlines()
    told = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert [event["type"] for event in told] == [
        *("run", "thinking", "tool_call", "tool_result", "chunk", "chunk", "message", "done")
    ]
    assert told[3]["result"] == PRODUCT


async def test_a_parked_run_goes_on_when_it_is_answered(older: Installation) -> None:
    ada = await older.log_in("ada")
    (consent,) = (await ada.get("/api/consents?status=waiting"))["consents"]
    assert (consent["tool"], consent["params"]) == ("calculator", {"expression": "17 * 23"})
    no = {"consent_request_id": consent["id"], "approved": False, "reason": "not now"}
    await ada.json("POST", "/api/chat/consent", no)
    run = await ended(ada, consent["run_id"])
    assert (run["status"], run["stop"]) == ("completed", "end")
    _, answer = (await ada.get(f"/api/chat/{consent['conversation_id']}/history"))["messages"]
    assert answer["results"][0]["error"]["code"] == "CONSENT_DENIED"


async def test_direct_calls_and_their_answers_are_kept(older: Installation) -> None:
    bob = await older.log_in("bob")
    body = {"tool": "calculator", "parameters": {"expression": "1 + 1"}}
    again = await bob.send("POST", "/api/tools/execute", body, {"Idempotency-Key": "one"})
    told = json.loads(await again.get_data())
    assert (again.status_code, told["result"]["result"]) == (200, "2")
    runs = (await bob.get("/api/runs"))["runs"]
    assert told["run_id"] in {run["id"] for run in runs}
    assert len(runs) == 2
    (consent,) = (await bob.get("/api/consents"))["consents"]
    assert (consent["status"], consent["answer_reason"]) == ("approved", "better")
    assert consent["params"] == {"expression": "7 * 8"}
    assert consent["original_params"] == {"expression": "7 * 7"}
    (conversation,) = (await bob.get("/api/conversations"))["conversations"]
    assert (conversation["provider"], conversation["model"]) == ("offline", None)


async def test_what_operators_set_holds(older: Installation) -> None:
    root = await older.log_in("root")
    config = await root.get("/api/config")
    assert config["cloud_providers"]["aws"] == {"enabled": True}
    assert [each["provider"] for each in config["llm"]["fallbacks"]] == ["offline"]
    first, second = (await root.get("/api/policy"))["rules"]
    assert (first["decision"], first["tool"]) == ("ask", "calculator")
    assert first["arguments"] == [{"argument": "expression", "test": "like", "value": "*7*"}]
    assert (second["decision"], second["effect"]) == ("deny", "destructive")
    assert len((await root.get("/api/audit"))["decisions"]) == 5


async def test_a_learned_api_is_there_with_its_tools_and_credentials(older: Installation) -> None:
    root = await older.log_in("root")
    (api,) = (await root.get("/api/learned-apis"))["apis"]
    assert (api["name"], api["title"], api["endpoints"]) == ("harbour", "Harbour", 2)
    whole = await root.get(f"/api/learned-apis/{api['id']}")
    assert [each["operation"] for each in whole["operations"]] == [
        *("GET /ships/{name}", "DELETE /ships/{name}")
    ]
    tools = {tool["name"]: tool for tool in (await root.get("/api/tools?q=ship"))["tools"]}
    assert tools["get_ship"]["parameters"]["required"] == ["name"]
    kept = await older.services.credential_store.credentials(api["id"], OPERATOR)
    assert kept.by_scheme.keys() == {"key"}  # they could be decrypted
