"""A plugin that wants people asked, seen from every face."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from domain.accounts.users import Role
from tests.entrypoints.http.conftest import Client, Install, Installation

pytestmark = pytest.mark.one_engine

RULES = """
from puerto import Ask, CallSource, Deny, Proposal, hookimpl

async def sums(proposal: Proposal) -> Deny | Ask | None:
    if proposal.source == CallSource.DIRECT and "7" not in proposal.arguments["expression"]:
        return Deny(f"{proposal.user} may not: {proposal.role}")
    return Ask("people know that by heart")

@hookimpl
def puerto_register(registry):
    registry.add_veto(sums)
"""
WHY = "the plugin rules wants a human to approve it: people know that by heart"
SUM = {"expression": "17 * 23"}


@pytest.fixture
async def installation(install: Install, tmp_path: Path) -> AsyncGenerator[Installation]:
    """An installation with that plugin; its model wants a sum."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "rules.py").write_text(RULES)
    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as started:
        yield started


async def audited(installation: Installation) -> list[tuple[str, str]]:
    operator = await installation.user("op", Role.OPERATOR)
    decisions = (await operator.get("/api/audit"))["decisions"]
    return [(each["decision"], each["rule"]) for each in reversed(decisions)]


def events_in(text: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: ")]


async def test_a_direct_call_waits_for_the_human_whom_a_plugin_wants_asked(
    installation: Installation, ada: Client
) -> None:
    call = {"tool": "calculator", "parameters": SUM}
    waiting = await ada.json("POST", "/api/tools/execute", call, 202)
    request = waiting["consent_request"]
    assert request["reason"] == WHY
    (listed,) = (await ada.get("/api/consents?status=waiting"))["consents"]
    assert (listed["id"], listed["reason"]) == (request["id"], WHY)

    answer = {"consent_request_id": request["id"], "approved": True}
    await ada.json("POST", "/api/chat/consent", answer)

    response = await ada.send("GET", f"/api/runs/{waiting['run_id']}/events")
    events = events_in(await response.get_data(as_text=True))
    assert events[-2]["result"]["result"] == "391"
    assert (await audited(installation))[0] == ("veto_ask", WHY)


async def test_explain_says_what_the_plugin_would(ada: Client) -> None:
    question = {"tool": "calculator", "arguments": SUM}
    explained = await ada.json("POST", "/api/policy/explain", question)
    assert explained == {"decision": "ask", "rule": WHY}

    question = {"tool": "calculator", "arguments": {"expression": "1 + 1"}}
    explained = await ada.json("POST", "/api/policy/explain", question)
    assert explained == {
        "decision": "deny",
        "rule": "the plugin rules forbids it: ada may not: user",
    }


async def test_a_stream_shows_the_plugins_reason(ada: Client) -> None:
    response = await ada.send("POST", "/api/chat", {"message": "17 * 23?", "stream": True})
    events = events_in(await response.get_data(as_text=True))

    (asked,) = [event for event in events if event["type"] == "consent_required"]
    assert asked["consent_request"]["reason"] == WHY
    assert events[-1]["status"] == "waiting_consent"


async def test_over_a_socket_the_run_goes_on_after_the_approval(
    installation: Installation, ada: Client
) -> None:
    headers = {"Authorization": f"Bearer {ada.token}"}
    frames: list[dict[str, Any]] = []
    async with installation.app.test_client().websocket("/ws", headers=headers) as socket:
        await socket.receive()
        await socket.send(json.dumps({"type": "chat", "message": "17 * 23?"}))
        while not frames or frames[-1].get("status") != "completed":
            frame = json.loads(await socket.receive())
            frames.append(frame)
            if frame["type"] == "consent_required":
                assert frame["consent_request"]["reason"] == WHY
                answer = {
                    "type": "consent",
                    "consent_request_id": frame["consent_request"]["id"],
                    "approved": True,
                }
                await socket.send(json.dumps(answer))

    (message,) = [frame for frame in frames if frame["type"] == "message"]
    assert message["content"] == "That makes 391."
