"""API keys of programs: made, used within their scopes, revoked."""

from typing import Any

import pytest

from domain.accounts.api_keys import Scope
from domain.accounts.users import Role
from entrypoints.http.security.scopes import scope_of
from tests.entrypoints.http.conftest import Client, Installation

KEYS = "/api/auth/keys"
OTHERS_KEY = "01993e2b-7c1d-7e52-9a57-2b1f4c1d8e90"
SUM = {"tool": "calculator", "parameters": {"expression": "1 + 1"}}
SCOPES: dict[Scope | None, set[str]] = {
    None: {"auth.me"},
    Scope.TOOLS_READ: {"tools.find", "tools.get", "tool_schemas.get"},
    Scope.TOOLS_EXECUTE: {"tools.execute"},
}


async def made(client: Client, *scopes: str, **more: Any) -> tuple[dict[str, Any], Client]:
    """Return a new key's record, and a client that uses the key."""
    body = {"name": "report", "scopes": list(scopes), **more}
    answer = await client.json("POST", KEYS, body, 201)
    return answer, Client(client.app, answer["key"])


async def test_a_program_uses_a_key_until_it_is_revoked(ada: Client, bob: Client) -> None:
    answer, program = await made(ada, "chat", expires_in_days=30)
    assert answer["key"].startswith(answer["beginning"])
    assert (await program.get("/api/auth/me"))["username"] == ada.user["username"]
    told = await program.json("POST", "/api/chat", {"message": "What is 17 * 23?"})
    assert "391" in told["message"]
    assert len((await ada.get("/api/conversations"))["conversations"]) == 1

    [listed] = (await ada.get(KEYS))["keys"]
    assert "key" not in listed
    assert listed["last_used_at"] is not None
    assert {**listed, "key": answer["key"], "last_used_at": None} == answer
    assert (await bob.get(KEYS))["keys"] == []
    await bob.error("DELETE", f"{KEYS}/{answer['id']}", 404, "NOT_FOUND")
    response = await ada.send("DELETE", f"{KEYS}/{answer['id']}")
    assert response.status_code == 204
    await program.error("GET", "/api/auth/me", 401, "UNAUTHORIZED")
    await ada.error("DELETE", f"{KEYS}/{answer['id']}", 404, "NOT_FOUND")


@pytest.mark.one_engine
async def test_a_key_is_good_for_its_scopes_alone(ada: Client) -> None:
    _, reader = await made(ada, "tools:read")
    await reader.get("/api/tools")
    for method, path, body in [
        ("POST", "/api/tools/execute", SUM),
        ("GET", "/api/conversations", None),
        ("POST", "/api/chat", {"message": "Hello"}),
        ("GET", "/api/learned-apis", None),
        ("GET", "/api/config", None),
    ]:
        error = await reader.error(method, path, 403, "FORBIDDEN", body)
        assert "lacks the scope" in error["message"]
    _, runner = await made(ada, "tools:execute")
    assert (await runner.json("POST", "/api/tools/execute", SUM))["result"]["result"] == "2"


@pytest.mark.one_engine
async def test_a_key_is_never_wider_than_its_owner(installation: Installation, ada: Client) -> None:
    _, program = await made(ada, "admin", "learn")
    await program.get("/api/conversations")
    await program.error("GET", "/api/learned-apis", 403, "FORBIDDEN")
    await program.error("GET", "/api/plugins", 403, "FORBIDDEN")
    operator = await installation.user("olga", Role.OPERATOR)
    _, operating = await made(operator, "admin")
    await operating.get("/api/plugins")


@pytest.mark.one_engine
async def test_what_needs_a_login_is_not_for_keys(ada: Client) -> None:
    _, program = await made(ada, "admin")
    for method, path, body in [
        ("GET", KEYS, None),
        ("POST", KEYS, {"name": "more", "scopes": ["admin"]}),
        ("DELETE", f"{KEYS}/{OTHERS_KEY}", None),
        ("POST", "/api/auth/ticket", {"path": "/ws"}),
        ("POST", "/api/auth/logout", None),
        ("POST", "/api/auth/password", {"current_password": "x", "new_password": "12345678"}),
    ]:
        error = await program.error(method, path, 403, "FORBIDDEN", body)
        assert "login" in error["message"]


@pytest.mark.one_engine
@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "scopes": ["chat"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "scopes": ["chat"], "expires_in_days": 0},
        {"name": "x", "scopes": ["chat"], "expires_in_days": 4000},
    ],
)
async def test_what_is_no_key_to_make(ada: Client, body: Any) -> None:
    await ada.error("POST", KEYS, 400, "INVALID_REQUEST", body)


@pytest.mark.one_engine
@pytest.mark.parametrize("scope", ["chat", "tools:read"])
async def test_a_socket_takes_a_key_that_may_chat(ada: Client, scope: str) -> None:
    answer, _ = await made(ada, scope)
    async with ada.app.test_client().websocket("/ws") as socket:
        await socket.send_json({"type": "auth", "token": answer["key"]})
        frame = await socket.receive_json()
        if scope == "chat":
            assert frame["type"] == "ready"
        else:
            assert (frame["type"], frame["error"]["code"]) == ("error", "FORBIDDEN")


@pytest.mark.one_engine
async def test_each_route_has_the_scope_that_is_said(installation: Installation) -> None:
    endpoints = {rule.endpoint for rule in installation.app.url_map.iter_rules()}
    found: dict[Scope | None, set[str]] = {}
    for endpoint in endpoints:
        found.setdefault(scope_of(endpoint), set()).add(endpoint)
    for scope, expected in SCOPES.items():
        assert found[scope] == expected
    assert {each.partition(".")[0] for each in found[Scope.LEARN]} == {"learned_apis"}
    assert {each.partition(".")[0] for each in found[Scope.CHAT]} == {
        *("agents", "artifacts", "chat", "connected_accounts", "consents"),
        *("conversations", "following", "job_assistant", "job_assistant_socket"),
        *("orchestration", "runs", "usage", "websocket"),
    }
