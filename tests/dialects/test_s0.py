"""The client of the first plan: `/api/chat`, flat configuration, a socket for each conversation."""

import asyncio
import json
from typing import Any

import httpx2
from websockets.asyncio.client import connect

from tests.dialects.shapes import has_fields, is_id, is_time
from tests.dialects.site import PAGE, PATIENCE, Site

QUESTION = "Lista las instancias EC2"
ANSWER = "Encontré 5 instancias..."


def test_a_message_and_the_history(api: httpx2.Client) -> None:
    # As pydantic writes a ChatRequest: what was left out is null.
    body = {"message": QUESTION, "conversation_id": None, "stream": False}
    answer = api.post("/api/chat", json=body).raise_for_status().json()

    assert {"conversation_id", "message", "tool_calls"} <= answer.keys()
    assert is_id(answer["conversation_id"])
    assert answer["message"] == ANSWER
    (call,) = answer["tool_calls"]
    assert (call["tool"], call["params"]) == ("list_ec2_instances", {"region": "us-east-1"})

    path = f"/api/chat/{answer['conversation_id']}/history"
    history = api.get(path).raise_for_status().json()
    has_fields(history, ("conversation_id", "messages"), ("next_cursor",))
    assert [(each["role"], each["content"]) for each in history["messages"]] == [
        ("user", QUESTION),
        ("assistant", ANSWER),
    ]


def test_conversations_are_begun_listed_and_deleted(site: Site) -> None:
    with site.client(site.service.user("bob")) as api:
        begun = api.post("/api/conversations")  # the plan shows no body
        assert begun.status_code == 201
        conversation = begun.json()
        assert begun.headers["location"] == f"/api/conversations/{conversation['id']}"

        (listed,) = api.get("/api/conversations").raise_for_status().json()["conversations"]
        assert listed == conversation
        assert {"id", "created_at", "message_count"} <= listed.keys()
        assert is_id(listed["id"])
        assert is_time(listed["created_at"])
        assert listed["message_count"] == 0

        gone = api.delete(f"/api/conversations/{listed['id']}")
        assert (gone.status_code, gone.content) == (204, b"")
        assert api.get("/api/conversations").json()["conversations"] == []


def test_the_configuration_is_changed_by_flat_names(site: Site) -> None:
    with site.client(site.admin) as api:
        before = api.get("/api/config").raise_for_status().json()
        chosen = {"llm_provider": "anthropic", "model": "claude-3-5-sonnet", "autonomy_level": None}
        changed = api.put("/api/config", json=chosen).raise_for_status().json()
        llm = {**before["llm"], "provider": "anthropic", "model": "claude-3-5-sonnet"}
        assert changed == before | {"llm": llm}

        # As pydantic writes a ConfigUpdate: null is what is not to change.
        careful = {"llm_provider": None, "model": None, "autonomy_level": "manual"}
        changed = api.put("/api/config", json=careful).raise_for_status().json()
        assert changed == before | {"llm": llm, "agent": {"autonomy_level": "manual"}}
        assert api.get("/api/config").json() == changed

        back = {"llm_provider": before["llm"]["provider"], "autonomy_level": "semi"}
        assert api.put("/api/config", json=back).raise_for_status().json() == before


def test_health_tools_and_pages(site: Site, api: httpx2.Client) -> None:
    with site.client() as anybody:
        assert anybody.get("/health").json() == {"status": "healthy"}
        page = anybody.get("/docs", follow_redirects=True)
        assert page.status_code == 200
        assert "swagger" in page.text.lower()

    tools = api.get("/api/tools").raise_for_status().json()["tools"]
    assert "list_ec2_instances" in [tool["name"] for tool in tools]


def test_a_page_of_another_origin_may_call(site: Site) -> None:
    with site.client() as anybody:
        asked = {
            "Origin": PAGE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        answer = anybody.options("/api/chat", headers=asked).raise_for_status()

    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert {"authorization", "content-type"} <= {each.strip() for each in allowed.split(",")}


async def test_a_socket_of_one_conversation(site: Site, token: str, api: httpx2.Client) -> None:
    conversation = api.post("/api/conversations", json={"title": "Sockets"}).json()["id"]
    address = f"{site.service.url.replace('http', 'ws', 1)}/ws/chat/{conversation}"
    frames: list[dict[str, Any]] = []
    async with (
        asyncio.timeout(PATIENCE),
        connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as socket,
    ):
        await socket.send(json.dumps({"type": "chat", "message": QUESTION}))
        while not frames or frames[-1]["type"] != "done":
            frames.append(json.loads(await socket.recv()))

    assert frames[0] == {"type": "ready"}
    assert "".join(each["content"] for each in frames if each["type"] == "chunk") == ANSWER
    (message,) = [each["content"] for each in frames if each["type"] == "message"]
    assert message == ANSWER
