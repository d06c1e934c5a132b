"""What the log says of requests, runs and changes: who, what, and by which request."""

import asyncio
import json
from pathlib import Path
from typing import Any

from domain.accounts.users import Role
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.support.log_lines import log_lines, with_words

SUM = {"tool": "calculator", "parameters": {"expression": "1 / 0"}}


async def ask(client: Client, request_id: str, message: str = "What is 17 * 23?") -> Any:
    """Send a message under this request id."""
    headers = {"X-Request-ID": request_id}
    response = await client.send("POST", "/api/chat", {"message": message}, headers)
    return await response.get_json()


async def test_one_request_id_finds_all_of_its_run(installation: Installation, ada: Client) -> None:
    with log_lines() as lines:
        answer = await ask(ada, "q-1")
    worker = installation.services.worker.id
    ended, request = with_words(lines, "request=q-1")
    assert "the run ended: completed, 2 steps, 1 calls, 41 tokens" in ended
    assert "POST /api/chat 200 " in request
    for line in (ended, request):
        assert f"run={answer['run_id']}" in line
        assert "user=ada" in line
        assert f"worker={worker}" in line


async def test_a_tool_that_fails_is_named_with_its_run(ada: Client) -> None:
    with log_lines() as lines:
        response = await ada.send("POST", "/api/tools/execute", SUM, {"X-Request-ID": "q-2"})
    run_id = (await response.get_json())["error"]["details"]["run_id"]
    (line,) = with_words(lines, "the tool calculator of the plugin basics failed: TOOL_FAILED: ")
    assert f"run={run_id}" in line
    assert with_words(lines, "POST /api/tools/execute 502 ", "UPSTREAM_ERROR: ", "request=q-2")


async def test_a_failed_run_says_why(install: Install, tmp_path: Path) -> None:
    error = {"reason": "authentication", "message": "The key is wrong."}
    cassette = tmp_path / "failing.json"
    cassette.write_text(json.dumps([{"pieces": [{"error": error}]}]))
    async with install(PUERTO_CASSETTE=str(cassette)) as installation:
        ada = await installation.user("ada")
        with log_lines() as lines:
            answer = await ask(ada, "q-3")
    (failed,) = with_words(lines, "the run failed: ")
    assert "UPSTREAM_ERROR: The key is wrong." in failed
    assert "provider: scripted" in failed
    assert "reason: authentication" in failed
    assert f"run={answer['error']['details']['run_id']}" in failed
    assert "request=q-3" in failed


async def test_who_changes_what(admin: Client) -> None:
    changes = [
        ("PUT", "/api/config", {"autonomy_level": "full", "llm_provider": "offline"}),
        ("PUT", "/api/policy", {"rules": [{"decision": "deny", "tool": "x"}]}),
        ("PATCH", "/api/tools/calculator", {"enabled": False}),
        ("PATCH", "/api/plugins/basics", {"enabled": False}),
        ("PATCH", "/api/plugins/basics", {"enabled": True}),
        ("POST", "/api/plugins/basics/reload", None),
        ("POST", "/api/plugins/reload", None),
    ]
    with log_lines() as lines:
        for method, path, body in changes:
            await admin.json(method, path, body)
    for words in (
        "the configuration was changed: provider: offline in the place of scripted; autonomy: full",
        "the policy was changed: it has 1 rules now",
        "the tool calculator was switched off",
        "the plugin basics was switched off",
        "the plugin basics was switched on",
        "the plugin basics is read again",
        "plugins are searched for",
    ):
        (line,) = with_words(lines, words)
        assert "user=root" in line
        assert "request=" in line


async def test_accounts_and_failed_logins(installation: Installation) -> None:
    anyone = installation.anyone
    person = {"email": "Eve@example.com", "full_name": "Eve", "password": "a long password"}
    with log_lines() as lines:
        await anyone.json("POST", "/api/auth/register", person, 201)
        wrong = {"username": "eve@example.com", "password": "not the password"}
        await anyone.error("POST", "/api/auth/login", 401, "UNAUTHORIZED", wrong)
        typed = {"username": "my secret", "password": "in the wrong field"}
        await anyone.error("POST", "/api/auth/login", 401, "UNAUTHORIZED", typed)
        await installation.services.authentication.add_user(
            "op", "op@example.com", "Op", "a long password", Role.OPERATOR
        )
        await installation.services.accounts.passwords.change("op", "another password")
    assert with_words(lines, "eve@example.com registered", "client=")
    assert with_words(lines, " WARNING ", "wrong password for eve@example.com", "client=")
    assert with_words(lines, " WARNING ", "there is no such user", "client=")
    assert with_words(lines, "the user op was made, with the role operator")
    assert with_words(lines, "the password of op was changed")
    assert not with_words(lines, "secret")
    assert not with_words(lines, "a long password")


async def test_the_path_of_a_request_forges_nothing(ada: Client) -> None:
    with log_lines() as lines:
        await ada.send("GET", "/x%0A2026-01-01%20ERROR%20puerto%20forged")
        await asyncio.sleep(0)
    (line,) = with_words(lines, "forged")
    assert r"/x\n2026" in line
