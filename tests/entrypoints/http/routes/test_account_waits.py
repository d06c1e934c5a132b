"""A run waits for an account of its user, seen over REST and WebSocket."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from domain.accounts.users import Role
from entrypoints.http.openapi.events import ConsentRequest, RunEvents
from entrypoints.http.routes.consents import ConsentView
from plugins.host.host import PluginHost, PluginState
from puerto import KeyAccount, OAuthAccount, Registry, ToolContext, hookimpl, tool
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.entrypoints.http.ledger import rest_of
from tests.support.authorization_server import CLIENT, AuthorizationServerApp, consent_at
from tests.support.web_server import WebServer

EVENTS: TypeAdapter[Any] = TypeAdapter(RunEvents)
CHAT = {"message": "Who am I there?"}


class Tickets:
    """A plugin whose tool uses its user's own account."""

    def __init__(self, url: str) -> None:
        self.url = url

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        url = self.url

        @tool(effect="read")
        async def who(account: str, context: ToolContext) -> Any:
            """Tell who the user is at the service.

            Args:
                account: which one.

            """
            credentials = await context.credentials(account)
            headers = {"Authorization": f"Bearer {credentials.token}"}
            answer = await context.http.get(f"{url}/me", headers=headers)
            if answer.status_code == 401:
                credentials = await context.credentials(account, rejected=credentials)
                headers = {"Authorization": f"Bearer {credentials.token}"}
                answer = await context.http.get(f"{url}/me", headers=headers)
            return {"is": answer.json(), "with": credentials.token, "scopes": credentials.scopes}

        registry.add_tools(who)
        registry.add_account(
            OAuthAccount(
                name="jira",
                title="Jira",
                authorize_url=f"{url}/authorize",
                token_url=f"{url}/token",
                revoke_url=f"{url}/revoke",
                scopes=["read"],
                client=lambda _: CLIENT,
            )
        )
        registry.add_account(KeyAccount(name="crm", title="CRM", instructions="In your profile."))


@dataclass
class Town:
    installation: Installation
    app: AuthorizationServerApp
    ada: Client

    async def connect(self) -> None:
        """Connect Jira as a user with a browser does."""
        begun = await self.ada.json("POST", "/api/connected-accounts/tickets/jira/connect")
        query = await consent_at(begun["authorize_url"])
        path = f"/api/connected-accounts/callback?code={query['code']}&state={query['state']}"
        assert (await self.installation.anyone.send("POST", path)).status_code == 200

    async def result(self, run_id: str) -> Any:
        """Return the result of the run's call, once it has ended."""
        events = await rest_of(self.ada, run_id)
        for event in events:
            EVENTS.validate_python(event)
        assert events[-1]["status"] == "completed"
        (result,) = [event for event in events if event["type"] == "tool_result"]
        return result


@pytest.fixture
async def town(install: Install, tmp_path: Path) -> AsyncGenerator[Town]:
    app = AuthorizationServerApp()
    call = {"tool": "who", "arguments": {"account": "jira"}}
    answers = [{"pieces": [call]}, {"pieces": [{"text": "That is you."}]}]
    cassette = tmp_path / "who.json"
    cassette.write_text(json.dumps(answers * 3))
    async with (
        WebServer(app) as server,
        install(PUERTO_OPEN_HOSTS="127.0.0.1", PUERTO_CASSETTE=str(cassette)) as installation,
    ):
        host = installation.services.toolbox
        assert isinstance(host, PluginHost)
        assert host.register(Tickets(server.url), "tickets").state is PluginState.ACTIVE
        yield Town(installation, app, await installation.user("ada"))


async def test_a_run_waits_until_its_user_has_connected_the_account(town: Town) -> None:
    asked = await town.ada.json("POST", "/api/chat", CHAT)
    request = asked["requires_consent"]
    ConsentRequest.model_validate(request)
    assert (request["kind"], request["message"]) == (
        "connect_account",
        "Connect your account of Jira.",
    )
    about = {name: request[name] for name in ("plugin", "account", "title", "connect_by")}
    assert about == {
        "plugin": "tickets",
        "account": "jira",
        "title": "Jira",
        "connect_by": "oauth",
    }
    assert request["address"] == "/api/connected-accounts/tickets/jira"
    (listed,) = (await town.ada.get("/api/consents?status=waiting"))["consents"]
    ConsentView.model_validate(listed)
    await town.connect()
    result = await town.result(asked["run_id"])
    assert result["result"] == {
        "is": {"user": "ann@service", "scope": "read"},
        "with": "***",
        "scopes": ["read"],
    }
    stored = await town.ada.get(f"/api/consents/{request['id']}")
    assert stored["status"] == "approved"


async def test_a_key_lets_a_direct_call_go_on(town: Town) -> None:
    call = {"tool": "who", "parameters": {"account": "crm"}}
    waiting = await town.ada.json("POST", "/api/tools/execute", call, 202)
    request = waiting["consent_request"]
    assert (request["connect_by"], request["instructions"]) == ("key", "In your profile.")
    token = {"key": " a-key-that-the-service-refuses\n"}  # a line break cannot be in a header
    await town.ada.json("PUT", request["address"], token)
    run_id = waiting["run_id"]
    while True:  # the key is refused, so another one is asked for
        found = (await town.ada.get("/api/consents?status=waiting"))["consents"]
        if found:
            break
    assert found[0]["run_id"] == run_id
    no = {"approved": False, "reason": "I have no other."}
    await town.ada.json("POST", f"/api/consents/{found[0]['id']}", no)
    result = await town.result(run_id)
    assert result["error"]["code"] == "ASK_DECLINED"
    assert "I have no other." in result["error"]["message"]


async def test_access_that_was_withdrawn_at_the_service_is_asked_for_again(town: Town) -> None:
    await town.connect()
    town.app.revoke_all()
    asked = await town.ada.json("POST", "/api/chat", CHAT)
    assert asked["requires_consent"]["account"] == "jira"
    (crm, jira) = (await town.ada.get("/api/connected-accounts"))["accounts"]
    assert (crm["name"], jira["state"]) == ("crm", "disconnected")
    assert jira["problem"] == "Jira accepts this access no more. Connect it again."
    await town.connect()
    assert (await town.result(asked["run_id"]))["result"]["is"]["user"] == "ann@service"


async def test_a_token_that_ended_is_renewed_for_the_next_call(town: Town) -> None:
    town.app.life = 1  # second: every call needs a new one
    await town.connect()
    for _ in range(2):
        asked = await town.ada.json("POST", "/api/chat", CHAT)
        assert asked["requires_consent"] is None
        assert (await town.result(asked["run_id"]))["result"]["is"]["user"] == "ann@service"
    assert town.app.refreshes == 2


@pytest.mark.parametrize("name", ["ada", "root"])
async def test_each_user_has_their_own(town: Town, name: str) -> None:
    await town.connect()
    other = await town.installation.user("bob", Role.ADMIN if name == "root" else Role.USER)
    asked = await other.json("POST", "/api/chat", CHAT)
    assert asked["requires_consent"]["kind"] == "connect_account"


async def test_over_a_websocket_the_run_goes_on_when_it_is_connected(town: Town) -> None:
    headers = {"Authorization": f"Bearer {town.ada.token}"}
    client = town.installation.app.test_client()
    async with client.websocket("/ws", headers=headers) as socket:
        await socket.send(json.dumps({"type": "chat", **CHAT}))
        kinds: list[str] = []
        while not kinds or kinds[-1] != "done" or len(kinds) < 5 or "tool_result" not in kinds:
            frame = json.loads(await socket.receive())
            kinds.append(frame["type"])
            if frame["type"] == "consent_required":
                assert frame["consent_request"]["kind"] == "connect_account"
            if frame["type"] == "done" and frame["status"] == "waiting_consent":
                await town.connect()
        assert kinds.count("tool_result") == 1
