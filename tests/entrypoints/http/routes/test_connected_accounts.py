"""Users connect their accounts at services, by keys, and disconnect them, over HTTP."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from quart import Response

from plugins.host.host import PluginHost
from puerto import KeyAccount, OAuthAccount, Registry, hookimpl
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.support.authorization_server import CLIENT, AuthorizationServerApp, consent_at
from tests.support.web_server import WebServer

ADDRESS = "/api/connected-accounts"
JIRA, CRM = f"{ADDRESS}/tickets/jira", f"{ADDRESS}/tickets/crm"


class Tickets:
    """A plugin with an account of each kind."""

    def __init__(self, url: str) -> None:
        self.url = url

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        registry.add_account(
            OAuthAccount(
                name="jira",
                title="Jira <b>",
                authorize_url=f"{self.url}/authorize",
                token_url=f"{self.url}/token",
                revoke_url=f"{self.url}/revoke",
                scopes=["read"],
                client=lambda context: CLIENT if context.plugin == "tickets" else ("", ""),
            )
        )
        registry.add_account(KeyAccount(name="crm", title="CRM", instructions="In your profile."))


@dataclass
class Town:
    """An installation, and a service beside it."""

    installation: Installation
    app: AuthorizationServerApp
    ada: Client

    async def begun(self, client: Client | None = None) -> str:
        """Begin to connect Jira; return the address for the browser."""
        answer = await (client or self.ada).json("POST", f"{JIRA}/connect")
        assert answer["expires_in"] == 600
        return str(answer["authorize_url"])

    async def page(self, method: str, query: dict[str, str]) -> tuple[Response, str]:
        """Return the page to which a browser without credentials is sent back."""
        path = f"{ADDRESS}/callback?{urlencode(query)}"
        response = await self.installation.anyone.send(method, path)
        assert response.content_type == "text/html; charset=utf-8"
        assert "form-action 'self'" in response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"
        return response, await response.get_data(as_text=True)

    async def connect(self, client: Client | None = None) -> None:
        """Go all the way, as a user with a browser does."""
        query = await consent_at(await self.begun(client))
        response, _ = await self.page("POST", query)
        assert response.status_code == 200

    async def account(self, name: str = "jira", client: Client | None = None) -> Any:
        accounts = (await (client or self.ada).get(ADDRESS))["accounts"]
        (found,) = [account for account in accounts if account["name"] == name]
        return found


@pytest.fixture
async def town(install: Install) -> AsyncGenerator[Town]:
    app = AuthorizationServerApp()
    async with (
        WebServer(app) as server,
        install(
            PUERTO_OPEN_HOSTS="127.0.0.1", PUERTO_PUBLIC_URL="https://agent.example/puerto/"
        ) as installation,
    ):
        host = installation.services.toolbox
        assert isinstance(host, PluginHost)
        assert not host.register(Tickets(server.url), "tickets").reason
        yield Town(installation, app, await installation.user("ada"))


async def test_an_account_is_connected_by_who_confirms_it(town: Town) -> None:
    assert await town.account() == {
        "plugin": "tickets",
        "name": "jira",
        "title": "Jira <b>",
        "kind": "oauth",
        "state": "disconnected",
        "scopes": [],
        "since": None,
        "problem": "",
        "instructions": "",
    }
    url = await town.begun()
    sent = dict(parse_qsl(urlsplit(url).query))
    assert sent["redirect_uri"] == "https://agent.example/puerto/api/connected-accounts/callback"
    assert sent["scope"] == "read"
    query = await consent_at(url)

    response, text = await town.page("GET", query)
    assert response.status_code == 200
    assert "for the user <b>Ada</b>\n(ada@example.com)" in text
    assert "Jira &lt;b&gt;" in text
    assert query["code"] not in text
    assert (await town.account())["state"] == "disconnected"  # looking connects nothing

    response, text = await town.page("POST", query)
    assert response.status_code == 200
    assert "You can close this window." in text
    account = await town.account()
    assert (account["state"], account["scopes"]) == ("connected", ["read"])
    assert account["since"].endswith("Z")

    response, text = await town.page("POST", query)
    assert response.status_code == 410
    assert "used before" in text


async def test_an_account_is_its_users_alone(town: Town) -> None:
    bob = await town.installation.user("bob")
    await town.connect()
    assert (await town.account(client=bob))["state"] == "disconnected"
    await bob.send("DELETE", JIRA)
    assert (await town.account())["state"] == "connected"
    await bob.error("DELETE", f"{ADDRESS}/tickets/other", 404, "NOT_FOUND")


async def test_what_gives_access_is_in_no_answer_and_in_no_log(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await town.connect()
    await town.ada.json("PUT", CRM, {"key": "the-key-of-ada"})
    others = ("authlib.", "httpcore2.")  # the service and the browser, which run here too
    lines = [each.getMessage() for each in caplog.records if not each.name.startswith(others)]
    said = "\n".join([str(await town.ada.get(ADDRESS)), *lines])
    for secret in ("access-token", "refresh-token", "the-key-of-ada", CLIENT[1], "code="):
        assert secret not in said


async def test_a_person_who_refuses_is_told_so(town: Town) -> None:
    town.app.consents = False
    query = await consent_at(await town.begun())
    assert query["error"] == "access_denied"
    response, text = await town.page("GET", {**query, "error_description": "<i>No & no"})
    assert response.status_code == 410
    assert "did not give access: &lt;i&gt;No &amp; no" in text
    response, _ = await town.page("POST", {"state": query["state"], "code": "x"})
    assert response.status_code == 410


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"state": "s"}, 400),
        ({"code": "c"}, 400),
        ({"state": "s" * 2001, "code": "c"}, 400),
        ({"state": "unknown", "code": "c"}, 410),
        ({"state": "unknown", "error": "access_denied"}, 410),
    ],
)
@pytest.mark.one_engine
async def test_a_link_of_nobodys_is_told_so(town: Town, query: dict[str, str], status: int) -> None:
    response, text = await town.page("GET", query)
    assert response.status_code == status
    assert "Not connected" in text


async def test_a_service_that_fails_is_told_of(town: Town) -> None:
    query = await consent_at(await town.begun())
    town.app.is_down = True
    response, text = await town.page("POST", query)
    assert response.status_code == 502
    assert "127.0.0.1 gave no access token" in text


async def test_who_logged_out_connects_nothing(town: Town) -> None:
    query = await consent_at(await town.begun())
    await town.ada.send("POST", "/api/auth/logout")
    response, text = await town.page("POST", query)
    assert response.status_code == 410
    assert "logged out" in text


async def test_a_key_is_set_replaced_and_removed(town: Town) -> None:
    view = await town.ada.json("PUT", CRM, {"key": "the-key-of-ada"})
    assert view == await town.account("crm")
    assert (view["kind"], view["state"]) == ("key", "connected")
    assert view["instructions"] == "In your profile."
    await town.ada.json("PUT", CRM, {"key": " another-key-of-ada\n"})  # as it was pasted
    assert (await town.ada.send("DELETE", CRM)).status_code == 204
    assert (await town.account("crm"))["state"] == "disconnected"


@pytest.mark.one_engine
async def test_what_does_not_fit_an_account_is_refused(town: Town) -> None:
    await town.ada.error("PUT", JIRA, 409, "CONFLICT", {"key": "a-key"})
    await town.ada.error("POST", f"{CRM}/connect", 409, "CONFLICT")
    for body in ({"key": ""}, {"key": " \n"}, {"key": 7}, {}, {"key": "a-secret-key" * 1000}):
        error = await town.ada.error("PUT", CRM, 400, "INVALID_REQUEST", body)
        assert "a-secret-key" not in str(error)
    other = f"{ADDRESS}/tickets/other"
    await town.ada.error("PUT", other, 404, "NOT_FOUND", {"key": "a-key"})
    await town.ada.error("POST", f"{other}/connect", 404, "NOT_FOUND")


async def test_disconnecting_revokes_the_access_at_the_service(town: Town) -> None:
    await town.connect()
    (token,) = town.app.server.tokens
    assert (await town.ada.send("DELETE", JIRA)).status_code == 204
    assert token.is_revoked_now
    assert (await town.account())["state"] == "disconnected"
    assert (await town.ada.send("DELETE", JIRA)).status_code == 204


@pytest.mark.one_engine
async def test_without_a_public_address_nobody_is_sent_away(install: Install) -> None:
    async with install(API_HOST="0.0.0.0") as installation:
        host = installation.services.toolbox
        assert isinstance(host, PluginHost)
        host.register(Tickets("https://jira.example"), "tickets")
        ada = await installation.user("ada")
        error = await ada.error("POST", f"{JIRA}/connect", 503, "UNAVAILABLE")
        assert "PUERTO_PUBLIC_URL" in error["message"]
