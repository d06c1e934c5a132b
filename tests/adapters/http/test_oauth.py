"""Access tokens, from a server of tokens behind the gate."""

import asyncio
import base64
import json
from urllib.parse import parse_qsl

import pytest

from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guarded_transport import GuardedTransport
from adapters.http.oauth import OAuthTokens
from domain.learning.api.credentials import OAuthGrant
from domain.shared.errors import AddressRefused, WebError
from domain.web.open_hosts import read_open_hosts
from tests.support.web_server import Reply, Seen, WebServer

CLIENT = ("the-client", "its-long-secret")
BASIC = "Basic " + base64.b64encode(":".join(CLIENT).encode()).decode()


def tokens_through(*opened: str) -> OAuthTokens:
    return OAuthTokens(GuardedTransport(SsrfGuard(read_open_hosts(opened))))


def form(seen: Seen) -> dict[str, str]:
    return dict(parse_qsl(seen.body.decode()))


class Issuer:
    """Gives token after token: ``token-1``, ``token-2``."""

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        self.given = 0

    def __call__(self, seen: Seen) -> Reply:
        self.given += 1
        token = {"access_token": f"token-{self.given}", "token_type": "Bearer", **self.fields}
        return Reply(body=json.dumps(token).encode())


async def test_a_token_is_asked_for_once_and_kept_while_it_holds() -> None:
    async with WebServer(Issuer(expires_in=3600)) as server:
        tokens = tokens_through("127.0.0.1")
        grant = OAuthGrant(*CLIENT, token_url=f"{server.url}/token", scopes=("read", "write"))
        got = await asyncio.gather(*(tokens.get(grant) for _ in range(5)))
        assert got == ["token-1"] * 5
        (seen,) = server.seen
        assert seen.header("authorization") == BASIC
        assert form(seen) == {"grant_type": "client_credentials", "scope": "read write"}
        tokens.forget(grant)
        assert await tokens.get(grant) == "token-2"


@pytest.mark.parametrize("life", [10, "10"], ids=["number", "text"])
async def test_a_token_about_to_end_is_not_used(life: object) -> None:
    async with WebServer(Issuer(expires_in=life)) as server:
        tokens, grant = tokens_through("127.0.0.1"), OAuthGrant(*CLIENT, token_url=server.url)
        assert [await tokens.get(grant) for _ in range(2)] == ["token-1", "token-2"]


async def test_a_refresh_token_is_used_and_its_successor_kept() -> None:
    told: list[str] = []

    async def rotated(_grant: OAuthGrant, token: str) -> None:
        told.append(token)

    async with WebServer(Issuer(expires_in=3600, refresh_token="second")) as server:
        transport = GuardedTransport(SsrfGuard(read_open_hosts(["127.0.0.1"])))
        tokens = OAuthTokens(transport, rotated=rotated)
        grant = OAuthGrant(*CLIENT, refresh_token="first", token_url=server.url)
        for _ in range(2):
            await tokens.get(grant)
            tokens.forget(grant)
        assert [form(seen)["refresh_token"] for seen in server.seen] == ["first", "second"]
        assert told == ["second"]


async def test_the_tokens_used_last_are_kept() -> None:
    async with WebServer(Issuer(expires_in=3600)) as server:
        transport = GuardedTransport(SsrfGuard(read_open_hosts(["127.0.0.1"])))
        tokens = OAuthTokens(transport, most=2)
        one, two, three = (OAuthGrant(*CLIENT, token_url=server.url, scopes=(s,)) for s in "123")
        got = [await tokens.get(each) for each in (one, two, one, three, one, two)]
        assert got == ["token-1", "token-2", "token-1", "token-3", "token-1", "token-4"]


async def test_a_grant_that_is_asked_for_is_not_asked_for_again() -> None:
    async with WebServer(Issuer(expires_in=3600, refresh_token="second")) as server:
        transport = GuardedTransport(SsrfGuard(read_open_hosts(["127.0.0.1"])))
        tokens = OAuthTokens(transport, most=1)
        one, two = (
            OAuthGrant(*CLIENT, refresh_token="first", token_url=server.url, scopes=(each,))
            for each in "12"
        )
        await asyncio.gather(*(tokens.get(each) for each in (one, two, one, two)))
        assert len(server.seen) == 2


async def test_a_client_that_must_be_named_in_the_body_is() -> None:
    issuer = Issuer()

    def reply(seen: Seen) -> Reply:
        if seen.header("authorization"):
            return Reply(401, body=b'{"error": "invalid_client"}')
        return issuer(seen)

    async with WebServer(reply) as server:
        grant = OAuthGrant(*CLIENT, token_url=server.url)
        assert await tokens_through("127.0.0.1").get(grant) == "token-1"
        assert form(server.seen[-1])["client_secret"] == CLIENT[1]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(400, body=b'{"error": "invalid_scope", "error_description": "no such"}'), "no such"),
        (Reply(200, body=b"{}"), "gave no access token"),
        (Reply(200, body=b'{"access_token": "t", "expires_in": 1e400}'), "gave no access token"),
        (Reply(200, body=b'{"access_token": "t", "expires_in": {"a": 1}}'), "gave no"),
        (Reply(200, body=b"[]"), "gave no access token"),
        (Reply(200, body=b"<html>"), "gave no access token"),
        (Reply(500, body=b"oh"), "gave no access token"),
        (Reply(200, body=b"x" * 300_000), "ask for less"),
        (Reply(302, {"Location": "http://169.254.169.254/"}), "gave no access token"),
    ],
)
async def test_a_server_that_gives_none_is_an_error_in_words(reply: Reply, words: str) -> None:
    async with WebServer(lambda _: reply) as server:
        grant = OAuthGrant(*CLIENT, token_url=server.url)
        with pytest.raises(WebError, match=words) as caught:
            await tokens_through("127.0.0.1").get(grant)
        assert CLIENT[1] not in str(caught.value)


async def test_the_server_of_tokens_passes_the_gate() -> None:
    for url in ("http://169.254.169.254/token", "http://127.0.0.1:1/", "file:///etc/passwd"):
        with pytest.raises(AddressRefused):
            await tokens_through().get(OAuthGrant(*CLIENT, token_url=url))
    with pytest.raises(WebError, match="token_url"):
        await tokens_through().get(OAuthGrant(*CLIENT))
