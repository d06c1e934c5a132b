"""Codes, refresh tokens and revocation, at an authorization server behind the gate."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from adapters.http.authorization_servers import OAuthServers
from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guarded_transport import GuardedTransport
from domain.connected_accounts.account import OAuthAccount
from domain.connected_accounts.connected_account import AccountGrant
from domain.connected_accounts.ports import OAuthClient
from domain.shared.errors import AddressRefused, GrantRefused, WebError
from domain.web.open_hosts import read_open_hosts
from tests.domain.builders import NOW
from tests.fakes.clock import FakeClock
from tests.support.authorization_server import CLIENT, AuthorizationServerApp, consent_at
from tests.support.web_server import Reply, Seen, WebServer

BACK = "http://127.0.0.1:8000/api/connected-accounts/callback"
VERIFIER = "v" * 64


def servers_through(*opened: str) -> OAuthServers:
    transport = GuardedTransport(SsrfGuard(read_open_hosts(opened)))
    return OAuthServers(transport, FakeClock(NOW))


def client_at(url: str, secret: str = CLIENT[1]) -> OAuthClient:
    account = OAuthAccount(
        name="jira",
        title="Jira",
        authorize_url=f"{url}/authorize?tenant=one",
        token_url=f"{url}/token",
        revoke_url=f"{url}/revoke",
        scopes=["read", "write"],
        client=lambda _: CLIENT,
        authorize_parameters={"audience": "api"},
    )
    return OAuthClient(account, CLIENT[0], secret)


async def consented(servers: OAuthServers, client: OAuthClient) -> str:
    """Return the code that the server sends a browser back with."""
    query = await consent_at(servers.authorize_url(client, BACK, "the-state", VERIFIER))
    assert query["state"] == "the-state"
    return query["code"]


def test_the_address_for_consent_holds_the_challenge_and_not_the_verifier() -> None:
    client = client_at("https://jira.example")
    url = servers_through().authorize_url(client, BACK, "the-state", VERIFIER)

    assert url.startswith("https://jira.example/authorize?")
    query = dict(parse_qsl(urlsplit(url).query))
    assert len(query.pop("code_challenge")) == 43
    assert query == {
        "tenant": "one",
        "response_type": "code",
        "client_id": CLIENT[0],
        "redirect_uri": BACK,
        "scope": "read write",
        "state": "the-state",
        "code_challenge_method": "S256",
        "audience": "api",
    }
    assert VERIFIER not in url


async def test_a_code_gives_a_grant_once_and_only_with_its_verifier() -> None:
    app = AuthorizationServerApp()
    async with WebServer(app) as server:
        servers, client = servers_through("127.0.0.1"), client_at(server.url)
        code = await consented(servers, client)
        with pytest.raises(WebError):
            await servers.exchange(client, BACK, code, "w" * 64)
        grant = await servers.exchange(client, BACK, code, VERIFIER)
        assert app.token(grant.token) is not None
        assert grant.scopes == ("read", "write")
        assert grant.expires_at == NOW + timedelta(hours=1)
        with pytest.raises(GrantRefused, match="invalid_grant"):
            await servers.exchange(client, BACK, code, VERIFIER)


async def test_a_refresh_token_is_good_once_and_the_next_grant_holds_its_successor() -> None:
    app = AuthorizationServerApp()
    async with WebServer(app) as server:
        servers, client = servers_through("127.0.0.1"), client_at(server.url)
        code = await consented(servers, client)
        first = await servers.exchange(client, BACK, code, VERIFIER)
        second = await servers.renew(client, first)
        assert second.refresh_token != first.refresh_token
        assert second.scopes == first.scopes
        assert (await servers.renew(client, second)).token != second.token
        with pytest.raises(GrantRefused):
            await servers.renew(client, first)


async def test_what_an_answer_leaves_out_stays_as_it_was() -> None:
    async with WebServer(lambda _: Reply(body=b'{"access_token": "next"}')) as server:
        servers = servers_through("127.0.0.1")
        old = AccountGrant("old", "keep-me", ("read",), NOW)
        renewed = await servers.renew(client_at(server.url), old)
        assert renewed == AccountGrant("next", "keep-me", ("read",), None)
        assert "keep-me" not in repr(renewed)
        assert b"scope" not in server.seen[0].body


@pytest.mark.parametrize("life", ["null", "-1", "1e300", "[]", '""'])
async def test_a_life_that_is_none_is_none(life: str) -> None:
    body = f'{{"access_token": "next", "expires_in": {life}}}'.encode()
    async with WebServer(lambda _: Reply(body=body)) as server:
        grant = await servers_through("127.0.0.1").renew(
            client_at(server.url), AccountGrant("old", "r")
        )
        assert grant.expires_at is None


@pytest.mark.parametrize("life", ['"soon"', "1e400", '{"a": 1}'])
async def test_a_life_that_cannot_be_read_is_an_error_in_words(life: str) -> None:
    body = f'{{"access_token": "next", "expires_in": {life}}}'.encode()
    async with WebServer(lambda _: Reply(body=body)) as server:
        with pytest.raises(WebError, match="gave no access token"):
            await servers_through("127.0.0.1").renew(
                client_at(server.url), AccountGrant("old", "r")
            )


async def test_github_says_in_another_way_that_a_refresh_token_is_over() -> None:
    body = b'{"error": "bad_refresh_token", "error_description": "passed in is incorrect"}'
    async with WebServer(lambda _: Reply(body=body)) as server:
        with pytest.raises(GrantRefused, match="incorrect"):
            await servers_through("127.0.0.1").renew(
                client_at(server.url), AccountGrant("old", "r")
            )


async def test_a_grant_is_revoked_at_the_server() -> None:
    app = AuthorizationServerApp()
    async with WebServer(app) as server:
        servers, client = servers_through("127.0.0.1"), client_at(server.url)
        grant = await servers.exchange(client, BACK, await consented(servers, client), VERIFIER)
        await servers.revoke(client, grant)
        assert app.token(grant.token) is None
        with pytest.raises(GrantRefused):
            await servers.renew(client, grant)


@pytest.mark.parametrize("status", [400, 404, 503])
async def test_a_revocation_that_fails_is_an_error(status: int) -> None:
    async with WebServer(lambda _: Reply(status)) as server:
        with pytest.raises(WebError, match="did not revoke"):
            await servers_through("127.0.0.1").revoke(client_at(server.url), AccountGrant("t"))


async def test_a_server_that_takes_the_secret_in_the_body_gets_it_there() -> None:
    app = AuthorizationServerApp()

    def reply(seen: Seen) -> Reply:
        if seen.header("authorization") and seen.method == "POST":
            return Reply(401, body=b'{"error": "invalid_client"}')
        return app(seen)

    async with WebServer(reply) as server:
        servers, client = servers_through("127.0.0.1"), client_at(server.url)
        code = await consented(servers, client)
        grant = await servers.exchange(client, BACK, code, VERIFIER)
        assert app.token(grant.token) is not None


async def test_servers_pass_the_gate_and_no_secret_is_in_an_error() -> None:
    for url in ("http://169.254.169.254", "http://127.0.0.1:1"):
        client = client_at(url)
        for asked in (
            servers_through().exchange(client, BACK, "code", VERIFIER),
            servers_through().renew(client, AccountGrant("t", "r")),
            servers_through().revoke(client, AccountGrant("t", "r")),
        ):
            with pytest.raises(AddressRefused) as caught:
                await asked
            assert CLIENT[1] not in str(caught.value)
