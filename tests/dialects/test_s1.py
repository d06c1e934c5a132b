"""The client of the API reference: login, chat, configuration, metrics, tools, webhooks, `/ws`."""

import asyncio
import hashlib
import hmac
import json
import time
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect

from tests.dialects.shapes import has_fields, is_id, is_time
from tests.dialects.site import PATIENCE, Site
from tests.support.web_server import Reply, serving

QUESTION = "Lista las instancias EC2"
ANSWER = "Encontré 5 instancias..."
INSTANCES = [{"id": f"i-{n}", "state": "running", "region": "us-east-1"} for n in range(5)]
# What each event of the stream has besides `type`; the reference shows no more than these.
EVENTS = {
    "run": {"run_id", "conversation_id", "message_id"},
    "thinking": {"content"},
    "chunk": {"content"},
    "tool_call": {"id", "tool", "params"},
    "tool_result": {"id", "tool", "result"},
    "message": {"message_id", "content"},
    "done": {"status", "stop", "effects", "usage"},
}
CONVERSATION = ("id", "title", "created_at", "updated_at", "message_count")
# A conversation names who answers in it, and what runs in it.
STATE = ("provider", "model", "active_run_id", "sampling")
API = {
    "openapi": "3.0.3",
    "info": {"title": "Jira API", "version": "1"},
    "servers": [{"url": "http://127.0.0.1:9"}],
    "paths": {
        "/issues": {
            "get": {"operationId": "list_issues", "responses": {"200": {"description": "All."}}}
        }
    },
}


@pytest.fixture
def admin(site: Site) -> Iterator[httpx2.Client]:
    with site.client(site.admin) as client:
        yield client


def has_order(types: list[str]) -> None:
    """Check the order of the reference, with the piecemeal text that came later in between."""
    assert types[0] == "run"
    shown = [each for each in types if each not in {"run", "chunk"}]
    assert shown[0] == "thinking"
    told = [each for each in shown if each != "thinking"]
    assert told == ["tool_call", "tool_result", "message", "done"]
    assert types.index("tool_result") < types.index("chunk") < types.index("message")


def test_login(site: Site) -> None:
    body = {"username": "admin", "password": site.service.password}
    with site.client() as anybody:
        answer = anybody.post("/api/auth/login", json=body).raise_for_status().json()
        has_fields(answer, ("access_token", "token_type", "expires_in"), ("refresh_token", "user"))
        assert (answer["token_type"], answer["expires_in"]) == ("bearer", 86400)
        headers = {"Authorization": f"Bearer {answer['access_token']}"}
        assert anybody.get("/api/conversations", headers=headers).status_code == 200


def test_a_message_as_a_stream(api: httpx2.Client) -> None:
    begun = api.post("/api/conversations", json={"title": "Gestión de AWS"}).json()["id"]
    body = {"conversation_id": begun, "message": QUESTION, "stream": True}
    lines = []
    with api.stream("POST", "/api/chat", json=body) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].partition(";")[0] == "text/event-stream"
        lines = list(response.iter_lines())

    events = [json.loads(line.removeprefix("data: ")) for line in lines if line[:6] == "data: "]
    has_order([event["type"] for event in events])
    for event in events:
        assert event.keys() - {"type"} == EVENTS[event["type"]], event
    shown = {event["type"]: event for event in events}
    assert events[1] == {"type": "thinking", "content": "Analizando request..."}
    assert shown["tool_call"]["tool"] == "list_ec2_instances"
    assert isinstance(shown["tool_call"]["params"], dict)
    assert shown["tool_result"]["result"] == INSTANCES
    assert shown["message"]["content"] == ANSWER
    assert shown["done"]["status"] == "completed"
    assert lines[-1] == "" or lines[-1].startswith("data: ")  # nothing comes after the end


def test_conversations(site: Site) -> None:
    with site.client(site.service.user("bob")) as api:
        assert api.get("/api/conversations").json() == {"conversations": [], "next_cursor": None}
        begun = api.post("/api/conversations", json={"title": "Nueva conversación"})
        assert begun.status_code == 201
        conversation = begun.json()
        has_fields(conversation, CONVERSATION, STATE)
        assert conversation["title"] == "Nueva conversación"
        assert is_id(conversation["id"])
        assert is_time(conversation["created_at"])
        assert is_time(conversation["updated_at"])
        path = f"/api/conversations/{conversation['id']}"
        assert begun.headers["location"] == path

        body = {"conversation_id": conversation["id"], "message": QUESTION}
        assert api.post("/api/chat", json=body).status_code == 200
        listed = api.get("/api/conversations").json()
        has_fields(listed, ("conversations",), ("next_cursor",))
        (summary,) = listed["conversations"]
        has_fields(summary, CONVERSATION, STATE)
        assert summary["message_count"] == 2

        whole = api.get(path).raise_for_status().json()
        has_fields(whole, (*CONVERSATION, "messages"), (*STATE, "next_cursor"))
        question, answer = whole["messages"]
        assert (question["role"], question["content"]) == ("user", QUESTION)
        assert (answer["role"], answer["content"]) == ("assistant", ANSWER)
        assert is_time(question["timestamp"])
        assert is_time(answer["timestamp"])
        assert [call["tool"] for call in answer["tool_calls"]] == ["list_ec2_instances"]

        gone = api.delete(path)
        assert (gone.status_code, gone.content) == (204, b"")
        assert api.get(path).status_code == 404


def test_the_configuration_is_changed_in_part(admin: httpx2.Client) -> None:
    before = admin.get("/api/config").raise_for_status().json()
    has_fields(before, ("llm", "agent", "cloud_providers"))
    has_fields(before["llm"], ("provider", "model"), ("fallbacks", "sampling"))
    assert before["agent"] == {"autonomy_level": "semi"}
    assert before["cloud_providers"] == {
        "aws": {"enabled": False},
        "azure": {"enabled": False},
        "gcp": {"enabled": False},
    }

    chosen = {"llm": {"provider": "anthropic", "model": "claude-3-5-sonnet"}}
    changed = admin.put("/api/config", json=chosen).raise_for_status().json()
    assert changed == before | {"llm": before["llm"] | chosen["llm"]}
    back = {"llm": {"provider": before["llm"]["provider"], "model": before["llm"]["model"]}}
    assert admin.put("/api/config", json=back).raise_for_status().json() == before


def test_metrics(site: Site, admin: httpx2.Client) -> None:
    site.alerts.write_text("critical:cpu warning:cpu ok:cpu")
    deadline = time.monotonic() + PATIENCE
    while (metrics := admin.get("/api/metrics").json())["alerts"]["critical"] == 0:
        assert time.monotonic() < deadline
        time.sleep(0.5)

    has_fields(metrics, ("alerts", "infrastructure", "agent_stats"), ("open_alerts", "sources"))
    assert metrics["alerts"] == {"critical": 1, "warning": 1, "ok": 1}
    assert metrics["infrastructure"] == {
        "aws_instances": 15,
        "azure_vms": 8,
        "gcp_instances": 0,
    }
    has_fields(metrics["agent_stats"], ("total_messages", "tools_executed", "uptime_seconds"))
    assert all(type(number) is int for number in metrics["agent_stats"].values())
    site.alerts.unlink()


def test_tools(api: httpx2.Client) -> None:
    answer = api.get("/api/tools").raise_for_status().json()
    has_fields(answer, ("tools",), ("next_cursor",))
    tools = {tool["name"]: tool for tool in answer["tools"]}
    tool = tools["list_ec2_instances"]
    has_fields(
        tool,
        ("name", "description", "category", "parameters"),
        ("title", "effect", "enabled", "reason", "plugin"),
    )
    assert (tool["description"], tool["category"]) == ("Lista instancias EC2.", "aws")
    assert tool["parameters"]["type"] == "object"
    assert tool["parameters"]["properties"].keys() == {"region"}
    assert all(each["category"] for each in tools.values())

    body = {"tool": "list_ec2_instances", "parameters": {"region": "eu-west-1"}}
    executed = api.post("/api/tools/execute", json=body).raise_for_status().json()
    has_fields(executed, ("tool", "result", "duration_ms"), ("run_id",))
    assert executed["tool"] == "list_ec2_instances"
    assert executed["result"] == [each | {"region": "eu-west-1"} for each in INSTANCES]


def test_learned_apis(admin: httpx2.Client) -> None:
    with serving(lambda _: Reply(body=json.dumps(API).encode())) as server:
        body = {"type": "openapi", "source": f"{server.url}/swagger.json"}
        learned = admin.post("/api/learned-apis", json=body)
    assert learned.status_code == 201
    api = learned.json()
    assert learned.headers["location"] == f"/api/learned-apis/{api['id']}"
    assert {"id", "name", "endpoints", "learned_at", "tools", "warnings"} <= api.keys()

    listed = admin.get("/api/learned-apis").raise_for_status().json()
    has_fields(listed, ("apis",), ("next_cursor",))
    (shown,) = listed["apis"]
    assert {"id", "name", "endpoints", "learned_at"} <= shown.keys()
    assert (shown["id"], shown["endpoints"]) == (api["id"], 1)
    assert is_time(shown["learned_at"])
    assert admin.delete(f"/api/learned-apis/{api['id']}").status_code == 204


async def test_the_socket(site: Site, token: str, api: httpx2.Client) -> None:
    begun = api.post("/api/conversations", json={"title": "Gestión de AWS"}).json()["id"]
    frames: list[dict[str, Any]] = []
    address = site.service.url.replace("http", "ws", 1) + "/ws"
    async with asyncio.timeout(PATIENCE), connect(address) as socket:
        await socket.send(json.dumps({"type": "auth", "token": token}))
        assert json.loads(await socket.recv()) == {"type": "ready"}
        chat = {"type": "chat", "conversation_id": begun, "message": QUESTION}
        await socket.send(json.dumps(chat))
        while not frames or frames[-1]["type"] != "done":
            frames.append(json.loads(await socket.recv()))

    has_order([frame["type"] for frame in frames])
    for frame in frames:
        assert frame.keys() - {"type"} == EVENTS[frame["type"]] | {"run_id", "cursor"}, frame
    shown = {frame["type"]: frame for frame in frames}
    assert shown["run"]["conversation_id"] == begun
    assert shown["tool_call"]["tool"] == "list_ec2_instances"
    assert shown["message"]["content"] == ANSWER


@pytest.mark.parametrize(
    ("status", "code", "method", "path", "body"),
    [
        (400, "INVALID_REQUEST", "POST", "/api/chat", {}),
        (401, "UNAUTHORIZED", "GET", "/api/conversations", None),
        (403, "FORBIDDEN", "GET", "/api/metrics", None),
        (404, "NOT_FOUND", "GET", "/api/conversations/conv_123", None),
        (500, "INTERNAL", "POST", "/api/chat", {"message": "Hola", "provider": "broken"}),
    ],
)
def test_errors(
    site: Site, token: str, status: int, code: str, method: str, path: str, body: Any
) -> None:
    with site.client(None if status == 401 else token) as api:
        answer = api.request(method, path, json=body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    has_fields(answer.json(), ("error",))
    error = answer.json()["error"]
    has_fields(error, ("code", "message", "details"), ("request_id",))
    assert error["code"] == code
    assert isinstance(error["details"], dict)
    assert error["request_id"] == answer.headers["x-request-id"]
    if status == 400:
        assert "message" in error["message"]  # which names the field
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"


def test_sixty_requests_a_minute(site: Site) -> None:
    with site.client(site.service.user("eve")) as api:
        before = time.time()
        first = api.get("/api/auth/me")
        assert first.headers["x-ratelimit-limit"] == "60"
        assert first.headers["x-ratelimit-remaining"] == "59"
        assert int(first.headers["x-ratelimit-reset"]) >= int(before)
        answers = [first]
        while (last := answers[-1]).status_code == 200:
            assert len(answers) < 1000  # a slow machine gains one in a second
            answers.append(api.get("/api/auth/me"))

    assert len(answers) > 60
    assert last.status_code == 429
    assert last.json()["error"]["code"] == "RATE_LIMITED"
    assert last.headers["x-ratelimit-remaining"] == "0"
    assert int(last.headers["retry-after"]) >= 1


def is_signed(seen_headers: dict[str, str], body: bytes, secret: str) -> bool:
    """Check a signature of Standard Webhooks 1.0 by hand."""
    signed = f"{seen_headers['webhook-id']}.{seen_headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    given = [each.partition(",") for each in seen_headers["webhook-signature"].split()]
    return any(v == "v1" and b64decode(text) == digest for v, _, text in given)


def test_webhooks_of_five_events(site: Site, admin: httpx2.Client, api: httpx2.Client) -> None:
    wanted = [
        "alert.critical",
        "alert.warning",
        "tool.executed",
        "conversation.created",
        "api.learned",
    ]
    with serving(lambda _: Reply(204, body=b"")) as server:
        body = {"url": f"{server.url}/webhook", "events": wanted, "secret": "tu-secreto"}
        added = admin.post("/api/webhooks", json=body)
        assert added.status_code == 201
        hook = added.json()
        assert (hook["url"], hook["events"]) == (body["url"], wanted)
        path = f"/api/webhooks/{hook['id']}"
        assert added.headers["location"] == path
        assert "secret" not in admin.get(path).raise_for_status().json()

        site.alerts.write_text("critical:disk warning:disk")
        api.post("/api/chat", json={"message": QUESTION}).raise_for_status()
        learn = {"type": "openapi", "source": API, "name": "jira"}
        learned = admin.post("/api/learned-apis", json=learn).raise_for_status().json()["id"]
        deadline = time.monotonic() + PATIENCE
        while {json.loads(each.body)["type"] for each in server.seen} != set(wanted):
            assert time.monotonic() < deadline, server.seen
            time.sleep(0.1)
        assert admin.delete(path).status_code == 204
        assert admin.delete(f"/api/learned-apis/{learned}").status_code == 204

        for seen in server.seen:
            has_fields(json.loads(seen.body), ("type", "timestamp", "data"))
            assert is_signed(dict(seen.headers), seen.body, hook["secret"])
