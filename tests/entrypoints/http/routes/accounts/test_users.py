"""Users, as administrators look after them."""

import asyncio
import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest

from domain.accounts.administration import UserAdministration
from domain.accounts.users import Role
from domain.shared.ids import new_id
from domain.tools.artifacts import Artifact, KeptArtifact
from entrypoints.http.routes.accounts.users import AdministeredUser
from tests.entrypoints.http.conftest import PASSWORD, Client, Installation

SUM = {"message": "What is 17 * 23?"}


@pytest.fixture(autouse=True)
def one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let deletions wait for no other workers: there are none."""
    monkeypatch.setattr(UserAdministration.__init__, "__kwdefaults__", {"settle_seconds": 0})


def at(client: Client) -> str:
    return f"/api/users/{client.user['id']}"


async def test_users_are_listed_page_by_page(admin: Client, ada: Client, bob: Client) -> None:
    first = await admin.get("/api/users?limit=3")
    second = await admin.get(f"/api/users?limit=3&cursor={first['next_cursor']}")

    users = [*first["users"], *second["users"]]
    assert [each["username"] for each in users] == ["admin", "root", "ada", "bob"]
    assert second["next_cursor"] is None
    assert users[2].keys() == AdministeredUser.model_fields.keys()
    assert users[2] == await admin.get(at(ada))
    seen = ada.user["created_at"]  # the login came at once
    assert users[2]["last_seen_at"] >= seen
    assert users[2] == {**ada.user, "disabled": False, "last_seen_at": users[2]["last_seen_at"]}
    assert users[0]["last_seen_at"] is None
    found = await admin.get("/api/users?prefix=BO")
    assert [each["id"] for each in found["users"]] == [bob.user["id"]]


async def test_a_demoted_administrator_is_none_at_once(
    admin: Client, installation: Installation
) -> None:
    olga = await installation.user("olga", Role.ADMIN)
    made = {"name": "program", "scopes": ["admin"]}
    key = await olga.json("POST", "/api/auth/keys", made, 201)
    program = Client(installation.app, key["key"])
    for client in (olga, program):
        await client.get("/api/users")

    changed = await admin.json("PATCH", at(olga), {"role": "operator"})

    assert changed["role"] == "operator"
    for client in (olga, program):
        await client.error("GET", "/api/users", 403, "FORBIDDEN")
        await client.get("/api/plugins")


async def test_a_disabled_user_is_out_and_their_runs_end(
    installation: Installation, admin: Client, ada: Client
) -> None:
    conversation_id = (await ada.json("POST", "/api/chat", SUM))["conversation_id"]
    key = await ada.json("POST", "/api/auth/keys", {"name": "x", "scopes": ["chat"]}, 201)
    slow = SUM | {"conversation_id": conversation_id}
    asking = asyncio.ensure_future(ada.send("POST", "/api/chat", slow | {"stream": True}))
    while (await ada.get(f"/api/conversations/{conversation_id}"))["active_run_id"] is None:
        await asyncio.sleep(0.01)

    changed = await admin.json("PATCH", at(ada), {"disabled": True})

    assert changed["disabled"] is True
    events = (await (await asking).get_data(as_text=True)).strip().splitlines()
    assert json.loads(events[-1].removeprefix("data: "))["status"] == "cancelled"
    for client in (ada, Client(installation.app, key["key"])):
        await client.error("GET", "/api/auth/me", 401, "UNAUTHORIZED")
    login = {"username": "ada", "password": PASSWORD}
    error = await installation.anyone.error("POST", "/api/auth/login", 401, "UNAUTHORIZED", login)
    assert "disabled" in error["message"]
    await admin.json("PATCH", at(ada), {"disabled": False})
    again = await installation.log_in("ada")
    assert len((await again.get("/api/conversations"))["conversations"]) == 1


async def test_logging_a_user_out_ends_all_their_sessions(
    installation: Installation, admin: Client, ada: Client
) -> None:
    other = await installation.log_in("ada")

    assert (await admin.send("POST", f"{at(ada)}/logout")).status_code == 204

    for client in (ada, other):
        await client.error("GET", "/api/auth/me", 401, "UNAUTHORIZED")
        token = {"refresh_token": client.refresh_token}
        await installation.anyone.error("POST", "/api/auth/refresh", 401, "UNAUTHORIZED", token)
    assert (await admin.get("/api/auth/me")) == admin.user
    assert (await installation.log_in("ada")).user == ada.user


async def test_a_user_is_deleted_in_the_midst_of_a_run(
    installation: Installation, admin: Client, ada: Client
) -> None:
    conversation_id = (await ada.json("POST", "/api/chat", SUM))["conversation_id"]
    slow = SUM | {"conversation_id": conversation_id}
    asking = asyncio.ensure_future(ada.send("POST", "/api/chat", slow))
    while (await ada.get(f"/api/conversations/{conversation_id}"))["active_run_id"] is None:
        await asyncio.sleep(0.01)

    assert (await admin.send("DELETE", at(ada))).status_code == 204

    assert (await asking).status_code in {200, 404, 503}
    await ada.error("GET", "/api/auth/me", 401, "UNAUTHORIZED")
    await admin.error("GET", at(ada), 404, "NOT_FOUND")
    again = await installation.user("ada")  # the name is free again
    assert (await again.get("/api/conversations"))["conversations"] == []


async def test_everything_of_a_user_is_downloaded(
    installation: Installation, admin: Client, ada: Client, bob: Client
) -> None:
    for client in (ada, bob):
        answer = await client.json("POST", "/api/chat", SUM)
    file = Artifact(b"\0" * 3_000_000, "image/png", "zeros.png")
    run_id, user_id = answer["run_id"], bob.user["id"]
    kept = KeptArtifact(new_id(), user_id, run_id, "c", datetime.now(UTC), file)
    await installation.services.artifacts.add([kept])

    response = await admin.send("GET", f"{at(bob)}/export")

    assert (response.status_code, response.content_type) == (200, "application/zip")
    assert "attachment" in response.headers["Content-Disposition"]
    with ZipFile(BytesIO(await response.get_data(as_text=False))) as archive:
        assert archive.testzip() is None
        lines = archive.read("messages.jsonl").decode().splitlines()
        assert {json.loads(line)["content"] for line in lines} >= {SUM["message"]}
        assert archive.read(f"files/{kept.id}/zeros.png") == file.data
        whole = b"".join(archive.read(each) for each in archive.namelist())
    assert ada.user["id"].encode() not in whole
    await admin.error("GET", f"/api/users/{kept.id}/export", 404, "NOT_FOUND")


@pytest.mark.one_engine
async def test_the_last_administrator_stays(installation: Installation, admin: Client) -> None:
    everybody = (await admin.get("/api/users"))["users"]
    first = next(each["id"] for each in everybody if each["username"] == "admin")
    await admin.json("PATCH", f"/api/users/{first}", {"disabled": True})
    for change in ({"role": "user"}, {"disabled": True}, {"role": "admin", "disabled": True}):
        error = await admin.error("PATCH", at(admin), 409, "CONFLICT", change)
        assert "last administrator" in error["message"]
    await admin.error("DELETE", at(admin), 409, "CONFLICT")
    assert await admin.get("/api/auth/me") == admin.user


@pytest.mark.one_engine
@pytest.mark.parametrize(
    "body", [{"role": "king"}, {"disabled": 1}, {"username": "x"}, {"disabled": "true"}]
)
async def test_what_is_no_change(admin: Client, ada: Client, body: Any) -> None:
    await admin.error("PATCH", at(ada), 400, "INVALID_REQUEST", body)


@pytest.mark.one_engine
async def test_others_look_after_nobody(installation: Installation, ada: Client) -> None:
    olga = await installation.user("olga", Role.OPERATOR)
    for client in (ada, olga):
        for method, path in [
            ("GET", "/api/users"),
            ("GET", at(ada)),
            ("GET", f"{at(ada)}/export"),
            ("PATCH", at(ada)),
            ("POST", f"{at(ada)}/logout"),
            ("POST", f"{at(ada)}/reset"),
            ("DELETE", at(ada)),
        ]:
            await client.error(method, path, 403, "FORBIDDEN", {})
