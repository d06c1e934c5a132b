"""Where one is logged in, and how that ends: by oneself, or with a new password."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from quart.testing.connections import WebsocketDisconnectError

from entrypoints.http.routes.accounts.sessions import SessionView
from tests.entrypoints.http.conftest import PASSWORD, Client, Install, Installation
from tests.fakes.clock import FakeClock

SESSIONS = "/api/auth/sessions"
NEW = "quite another one"


async def test_sessions_are_listed_and_ended_one_by_one(
    installation: Installation, ada: Client, bob: Client
) -> None:
    body = {"username": "ada", "password": PASSWORD}
    browser = {"User-Agent": "Firefox/150"}
    response = await installation.anyone.send("POST", "/api/auth/login", body, browser)
    phone = Client(installation.app, (await response.get_json())["access_token"])

    first = await ada.get(f"{SESSIONS}?limit=1")
    second = await ada.get(f"{SESSIONS}?limit=1&cursor={first['next_cursor']}")

    [theirs], [own] = first["sessions"], second["sessions"]
    assert own.keys() == SessionView.model_fields.keys()
    assert (theirs["current"], own["current"]) == (False, True)
    assert theirs["user_agent"] == "Firefox/150"
    assert theirs["last_used_at"] == theirs["created_at"]
    place = f"{SESSIONS}/{theirs['id']}"
    await bob.error("DELETE", place, 404, "NOT_FOUND")
    assert (await ada.send("DELETE", place)).status_code == 204
    await phone.error("GET", "/api/auth/me", 401, "UNAUTHORIZED")
    await ada.error("DELETE", place, 404, "NOT_FOUND")
    assert (await ada.get(SESSIONS))["sessions"] == [own]
    assert (await ada.send("DELETE", f"{SESSIONS}/{own['id']}")).status_code == 204
    await ada.error("GET", SESSIONS, 401, "UNAUTHORIZED")


async def test_the_last_use_of_a_session_is_told_to_the_minute(install: Install) -> None:
    clock = FakeClock()
    async with install(clock) as installation:
        ada = await installation.user("ada")
        [session] = (await ada.get(SESSIONS))["sessions"]
        clock.advance(timedelta(seconds=59))
        assert (await ada.get(SESSIONS))["sessions"] == [session]
        clock.advance(timedelta(seconds=5))
        await ada.get("/api/auth/me")
        [used] = (await ada.get(SESSIONS))["sessions"]
        assert used["last_used_at"] > session["last_used_at"]


@pytest.mark.one_engine
async def test_sessions_are_not_for_programs(installation: Installation, ada: Client) -> None:
    made = {"name": "x", "scopes": ["admin"]}
    key = await ada.json("POST", "/api/auth/keys", made, 201)
    program = Client(installation.app, key["key"])
    [session] = (await ada.get(SESSIONS))["sessions"]
    own = ("DELETE", f"{SESSIONS}/{session['id']}")
    for method, path in [("GET", SESSIONS), own]:
        error = await program.error(method, path, 403, "FORBIDDEN")
        assert "login" in error["message"]


@pytest.mark.one_engine
async def test_a_program_lets_nobody_set_a_new_password(
    installation: Installation, admin: Client
) -> None:
    key = await admin.json("POST", "/api/auth/keys", {"name": "x", "scopes": ["admin"]}, 201)
    program = Client(installation.app, key["key"])
    path = f"/api/users/{admin.user['id']}/reset"
    error = await program.error("POST", path, 403, "FORBIDDEN")
    assert "login" in error["message"]


@pytest.mark.one_engine
@pytest.mark.parametrize("by_key", [False, True])
async def test_the_socket_of_a_login_that_is_over_is_closed(
    installation: Installation, ada: Client, by_key: bool
) -> None:
    key = await ada.json("POST", "/api/auth/keys", {"name": "x", "scopes": ["chat"]}, 201)
    token = key["key"] if by_key else (await installation.log_in("ada")).token
    [newest, *_] = (await ada.get(SESSIONS))["sessions"]
    async with ada.app.test_client().websocket("/ws") as socket:
        await socket.send_json({"type": "auth", "token": token})
        assert (await socket.receive_json())["type"] == "ready"
        await installation.services.accounts.login_watch.look()
        await socket.send_json({"type": "ping"})
        assert (await socket.receive_json())["type"] == "pong"

        ended = f"/api/auth/keys/{key['id']}" if by_key else f"{SESSIONS}/{newest['id']}"
        assert (await ada.send("DELETE", ended)).status_code == 204
        await installation.services.accounts.login_watch.look()

        frame = await socket.receive_json()
        assert (frame["type"], frame["error"]["code"]) == ("error", "UNAUTHORIZED")
        with pytest.raises(WebsocketDisconnectError) as closed:
            await socket.receive_json()
        assert closed.value.args == (1008,)


@pytest.mark.one_engine
async def test_the_streams_of_a_login_that_is_over_end(
    installation: Installation, ada: Client
) -> None:
    question: dict[str, Any] = {"message": "What is 17 * 23?"}
    conversation_id = (await ada.json("POST", "/api/chat", question))["conversation_id"]
    other = await installation.log_in("ada")
    body = question | {"conversation_id": conversation_id, "stream": True}
    run = asyncio.ensure_future(other.send("POST", "/api/chat", body))
    feed = asyncio.ensure_future(other.send("GET", f"/api/conversations/{conversation_id}/events"))
    while installation.services.live.followers < 2:
        await asyncio.sleep(0.01)

    await other.send("POST", "/api/auth/logout")
    await installation.services.accounts.login_watch.look()

    for stream in (run, feed):
        events = await (await stream).get_data(as_text=True)
        assert "One moment" in events
        assert '"type":"done"' not in events
    conversation = await ada.get(f"/api/conversations/{conversation_id}")
    await ada.json("POST", f"/api/runs/{conversation['active_run_id']}/cancel")  # it went on


async def test_a_lost_password_is_replaced_by_an_administrators_token(
    installation: Installation, admin: Client, ada: Client
) -> None:
    anyone = installation.anyone
    given = await admin.json("POST", f"/api/users/{ada.user['id']}/reset")
    body = {"token": given["token"], "new_password": NEW}

    response = await anyone.send("POST", "/api/auth/reset", body)

    assert (response.status_code, await response.get_data()) == (204, b"")
    await anyone.error("POST", "/api/auth/reset", 401, "UNAUTHORIZED", body)
    await ada.error("GET", "/api/auth/me", 401, "UNAUTHORIZED")
    login = {"username": "ada", "password": NEW}
    await anyone.json("POST", "/api/auth/login", login)
    seen = await admin.get(f"/api/users/{ada.user['id']}")
    assert seen["last_seen_at"] is not None


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("wrong", "path"), [({"new_password": "short"}, "new_password"), ({"token": ""}, "token")]
)
async def test_what_is_no_new_password(
    installation: Installation, wrong: dict[str, str], path: str
) -> None:
    body = {"token": "made up", "new_password": NEW} | wrong
    error = await installation.anyone.error("POST", "/api/auth/reset", 400, "INVALID_REQUEST", body)
    assert [field["path"] for field in error["details"]["fields"]] == [path]
