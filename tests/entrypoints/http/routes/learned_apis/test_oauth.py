"""A learned API behind OAuth 2.0, whose refresh tokens are good for one use each."""

import json
from urllib.parse import parse_qs

from domain.accounts.users import Role
from tests.entrypoints.http.conftest import Client, Install
from tests.entrypoints.http.ledger import EXECUTE
from tests.support.web_server import Reply, Seen, WebServer


class Guarded:
    """Gives access tokens for the refresh token that is good now, and another one with each."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, seen: Seen) -> Reply:
        if seen.target == "/token":
            (given,) = parse_qs(seen.body.decode())["refresh_token"]
            self.asked.append(given)
            if given != f"refresh-{len(self.asked)}":
                return Reply(400, body=b'{"error": "invalid_grant"}')
            number = len(self.asked)
            told = {
                "access_token": f"access-{number}",
                "refresh_token": f"refresh-{number + 1}",
                "token_type": "bearer",
                "expires_in": 3600,
            }
            return Reply(body=json.dumps(told).encode())
        token = seen.header("authorization") or ""
        return Reply(body=json.dumps({"number": token.removeprefix("Bearer access-")}).encode())


async def whoami(client: Client) -> str:
    answer = await client.json("POST", EXECUTE, {"tool": "whoami"})
    return str(answer["result"]["number"])


async def test_a_refresh_token_that_is_replaced_outlives_the_process(install: Install) -> None:
    guarded = Guarded()
    async with WebServer(guarded) as server:
        flow = {"tokenUrl": f"{server.url}/token", "scopes": {}}
        scheme = {"type": "oauth2", "flows": {"clientCredentials": flow}}
        document = {
            "openapi": "3.1.0",
            "info": {"title": "Guarded"},
            "paths": {"/me": {"get": {"operationId": "whoami", "security": [{"o": []}]}}},
            "components": {"securitySchemes": {"o": scheme}},
        }
        keys = {"o": {"client_id": "puerto", "client_secret": "s", "refresh_token": "refresh-1"}}
        body = {"source": document, "base_url": server.url, "auth": {"credentials": keys}}
        async with install(PUERTO_OPEN_HOSTS="127.0.0.1") as first:
            operator = await first.user("olga", Role.OPERATOR)
            await operator.json("POST", "/api/learned-apis", body, 201)
            assert [await whoami(operator) for _ in range(2)] == ["1", "1"]
        async with install(PUERTO_OPEN_HOSTS="127.0.0.1") as second:
            assert await whoami(await second.log_in("olga")) == "2"

    assert guarded.asked == ["refresh-1", "refresh-2"]
