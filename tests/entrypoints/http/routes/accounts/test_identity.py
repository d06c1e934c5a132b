"""Users of another identity provider: their tokens on every face, and their login."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from quart import Quart, Response

from entrypoints.http.routes.accounts.provider_login import ADDRESS, CALLBACK, COOKIE
from tests.entrypoints.http.conftest import Client, Install, Installation, read_error
from tests.fakes.clock import FakeClock
from tests.support.authorization_server import consent_at
from tests.support.identity_provider import AUDIENCE, CLIENT, ProviderApp, a_key
from tests.support.web_server import WebServer

PUBLIC = "https://agent.example/puerto"
MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Browser:
    """Keeps the one cookie, and sends it where it belongs."""

    app: Quart
    cookies: SimpleCookie = field(default_factory=SimpleCookie)

    async def get(self, path: str, **query: str) -> Response:
        given = "; ".join(f"{name}={kept.value}" for name, kept in self.cookies.items())
        headers = {"Cookie": given} if given else {}
        response = await Client(self.app).send("GET", f"{path}?{urlencode(query)}", None, headers)
        for line in response.headers.getlist("Set-Cookie"):
            self.cookies.load(line)
        return response

    async def begin(self, **query: str) -> dict[str, str]:
        """Begin a login, and log in at the provider; return what it sends back."""
        response = await self.get(f"{ADDRESS}/login", **query)
        assert response.status_code == 303
        return await consent_at(response.headers["Location"])

    async def finish(self, answer: dict[str, str]) -> Response:
        return await self.get(CALLBACK, **answer)


@dataclass
class Town:
    """An installation, and a provider beside it."""

    installation: Installation
    provider: ProviderApp
    clock: FakeClock

    def client(self, **claims: Any) -> Client:
        """Return a client with a token of the provider."""
        return Client(self.installation.app, self.provider.token(**claims))

    @property
    def browser(self) -> Browser:
        return Browser(self.installation.app)


@pytest.fixture
async def town(install: Install) -> AsyncGenerator[Town]:
    clock, provider = FakeClock(), ProviderApp()
    provider.now = lambda: clock.now().timestamp()
    async with WebServer(provider) as server:
        provider.url = server.url
        async with install(
            clock,
            OIDC_ISSUER=f"{server.url}/",
            OIDC_AUDIENCE=AUDIENCE,
            OIDC_ROLES="boss=admin, sre=operator",
            OIDC_CLIENT_ID=CLIENT[0],
            OIDC_CLIENT_SECRET=CLIENT[1],
            PUERTO_OPEN_HOSTS="127.0.0.1",
            PUERTO_PUBLIC_URL=PUBLIC,
            CORS_ORIGINS="https://app.example",
        ) as installation:
            yield Town(installation, provider, clock)


async def test_a_token_of_the_provider_opens_every_face(town: Town) -> None:
    ann = town.client(preferred_username="ann", name="Ann", roles=["sre"])
    me = await ann.get("/api/auth/me")
    assert (me["username"], me["full_name"], me["role"]) == ("ann", "Ann", "operator")
    answer = await ann.json("POST", "/api/chat", {"message": "What is 17 * 23?"})
    assert "391" in answer["message"]
    events = await ann.send("GET", f"/api/runs/{answer['run_id']}/events")
    assert "event-stream" in events.headers["Content-Type"]
    assert "391" in await events.get_data(as_text=True)
    token, sockets = ann.token or "", town.installation.app.test_client()
    async with sockets.websocket("/ws", headers={"Authorization": f"Bearer {token}"}) as socket:
        assert json.loads(await socket.receive())["type"] == "ready"
    async with sockets.websocket("/ws") as socket:
        await socket.send(json.dumps({"type": "auth", "token": token}))
        assert json.loads(await socket.receive())["type"] == "ready"
    path = f"/ws/chat/{answer['conversation_id']}?token={token}"
    async with sockets.websocket(path) as socket:
        assert json.loads(await socket.receive())["type"] == "ready"
    assert town.provider.readings == 1


@pytest.mark.one_engine
async def test_the_own_tokens_and_keys_go_on_beside_it(town: Town) -> None:
    ada = await town.installation.user("ada")
    assert (await ada.get("/api/auth/me"))["username"] == "ada"
    key = await ada.json("POST", "/api/auth/keys", {"name": "k", "scopes": ["chat"]}, 201)
    program = Client(town.installation.app, key["key"])
    assert (await program.get("/api/auth/me"))["username"] == "ada"
    assert town.provider.readings == 0


@pytest.mark.one_engine
async def test_a_bad_token_is_unauthorized(town: Town) -> None:
    for client in (
        town.client(aud="other"),
        town.client(key=a_key("k-1")),
        Client(town.installation.app, town.provider.token().rpartition(".")[0] + "."),
    ):
        response = await client.send("GET", "/api/auth/me")
        await read_error(response, 401, "UNAUTHORIZED")
        assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.one_engine
async def test_what_needs_a_login_here_is_not_for_such_a_token(town: Town) -> None:
    ann = town.client()
    for method, path, body in [
        ("POST", "/api/auth/logout", None),
        ("POST", "/api/auth/ticket", {"path": "/ws"}),
        ("GET", "/api/auth/keys", None),
        (
            "POST",
            "/api/auth/password",
            {"current_password": "x", "new_password": "a long password"},
        ),
    ]:
        error = await ann.error(method, path, 403, "FORBIDDEN", body)
        assert "login" in error["message"]


async def test_a_demotion_holds_at_once_for_older_tokens_too(town: Town) -> None:
    boss = town.client(roles="boss")
    await boss.get("/api/users")
    town.clock.advance(MINUTES)
    later = town.client(roles=[])
    assert (await later.get("/api/auth/me"))["role"] == "user"
    await boss.error("GET", "/api/users", 403, "FORBIDDEN")


async def test_a_disabled_user_is_refused_on_all_ways(town: Town) -> None:
    ann = town.client(preferred_username="ann")
    me = await ann.get("/api/auth/me")
    admin = town.client(sub="u-2", roles="boss")
    await admin.json("PATCH", f"/api/users/{me['id']}", {"disabled": True})
    await ann.error("GET", "/api/auth/me", 401, "UNAUTHORIZED")
    browser = town.browser
    await read_error(await browser.finish(await browser.begin()), 401, "UNAUTHORIZED")


@pytest.mark.one_engine
async def test_while_the_provider_is_down_known_keys_go_on(town: Town) -> None:
    ann = town.client()
    await ann.get("/api/auth/me")
    town.provider.is_down = True
    await ann.get("/api/auth/me")


async def test_a_person_logs_in_at_the_provider(town: Town) -> None:
    town.provider.claims = {
        "preferred_username": "ann",
        "email": "ann@x.org",
        "email_verified": True,
        "roles": ["boss"],
    }
    browser = town.browser
    begun = await browser.get(f"{ADDRESS}/login")
    asked = dict(parse_qsl(urlsplit(begun.headers["Location"]).query))
    assert asked["redirect_uri"] == f"{PUBLIC}{CALLBACK}"
    assert asked["scope"] == "openid profile email"
    assert asked["code_challenge_method"] == "S256"
    cookie = begun.headers["Set-Cookie"]
    for word in ("HttpOnly", "Secure", "SameSite=Lax", "Max-Age=600", f"Path=/puerto{CALLBACK}"):
        assert word in cookie
    for secret in (asked["state"], asked["nonce"]):
        assert secret not in cookie

    response = await browser.finish(await consent_at(begun.headers["Location"]))
    grant = await response.get_json()
    assert response.headers["Cache-Control"] == "no-store"
    assert (grant["user"]["username"], grant["user"]["role"]) == ("ann", "admin")
    here = Client(town.installation.app, grant["access_token"])
    assert (await here.get("/api/auth/me"))["email"] == "ann@x.org"
    await here.json("POST", "/api/auth/keys", {"name": "k", "scopes": ["chat"]}, 201)
    assert not browser.cookies[COOKIE].value


@pytest.mark.one_engine
async def test_after_a_day_a_person_logs_in_again(town: Town) -> None:
    for path in ("", "/console"):
        browser, anyone = town.browser, town.installation.anyone
        response = await browser.finish(await browser.begin(return_to=path))
        if path:
            refresh_token = response.headers["Location"].partition("#refresh_token=")[2]
        else:
            refresh_token = (await response.get_json())["refresh_token"]
        for _ in range(3):
            body = {"refresh_token": refresh_token}
            grant = await anyone.json("POST", "/api/auth/refresh", body)
            refresh_token = grant["refresh_token"]
            town.clock.advance(HOURS * 7)
        here = Client(town.installation.app, grant["access_token"])
        await here.get("/api/auth/me")
        town.clock.advance(HOURS * 3)
        await here.error("GET", "/api/auth/me", 401, "UNAUTHORIZED")
        body = {"refresh_token": refresh_token}
        await anyone.error("POST", "/api/auth/refresh", 401, "UNAUTHORIZED", body)


@pytest.mark.parametrize(
    ("asked", "reached"),
    [
        ("/console/?tab=1", f"{PUBLIC}/console/?tab=1"),
        ("https://app.example/back", "https://app.example/back"),
    ],
)
async def test_a_page_gets_a_token_in_its_fragment_for_a_minute(
    town: Town, asked: str, reached: str
) -> None:
    browser, anyone = town.browser, town.installation.anyone
    first, second = [
        (await browser.finish(await browser.begin(return_to=asked))).headers["Location"]
        for _ in range(2)
    ]
    page, _, token = first.partition("#refresh_token=")
    assert page == reached
    body = {"refresh_token": token}
    grant = await anyone.json("POST", "/api/auth/refresh", body)
    await anyone.error("POST", "/api/auth/refresh", 401, "UNAUTHORIZED", body)
    assert grant["refresh_token"] != token
    town.clock.advance(MINUTES)
    body = {"refresh_token": second.partition("#refresh_token=")[2]}
    await anyone.error("POST", "/api/auth/refresh", 401, "UNAUTHORIZED", body)


ELSEWHERE = (
    "https://evil.example/",
    "https://app.example.evil.example/",
    "https://app.example@evil.example/",
    "https://evil.example\\@app.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "http://app.example/",
    "/\nhttps://evil.example",
    "console",
    "/#refresh_token=mine",
    "/" * 3_000,
)


@pytest.mark.one_engine
async def test_nobody_is_led_elsewhere(town: Town) -> None:
    for elsewhere in ELSEWHERE:
        response = await town.browser.get(f"{ADDRESS}/login", return_to=elsewhere)
        error = await read_error(response, 400, "INVALID_REQUEST")
        assert error["details"]["fields"][0]["path"] == "return_to", elsewhere


BROKEN: dict[str, tuple[dict[str, str], int]] = {
    "another state": ({"state": "x"}, 410),
    "a state not in ASCII": ({"state": "é\ud7ff"}, 410),
    "no state": ({"state": ""}, 410),
    "another issuer": ({"iss": "https://evil.example"}, 401),
    "an issuer that does not name itself": ({"iss": ""}, 401),
    "an error": ({"error": "access_denied", "code": ""}, 401),
    "another code": ({"code": "x"}, 401),
    "a code too long": ({"code": "x" * 3_000}, 400),
}


@pytest.mark.one_engine
async def test_an_answer_that_is_not_the_providers_logs_nobody_in(town: Town) -> None:
    codes = {400: "INVALID_REQUEST", 401: "UNAUTHORIZED", 410: "GONE"}
    for changes, status in BROKEN.values():
        browser = town.browser
        answer = await browser.begin()
        await read_error(await browser.finish(answer | changes), status, codes[status])
        if status == 410:  # somebody else's link: the person's own login goes on
            assert (await browser.finish(answer)).status_code == 200


NOT_OURS: tuple[dict[str, Any], ...] = (
    {"nonce": "another"},
    {"nonce": None},
    {"aud": "another-client"},
    {"aud": [CLIENT[0], "another"]},
    {"azp": "another-client"},
    {"iss": "https://evil.example"},
    {"exp": 1},
    {"sub": None},
)


@pytest.mark.one_engine
async def test_an_id_token_of_something_else_logs_nobody_in(town: Town) -> None:
    for claims in NOT_OURS:
        town.provider.claims = claims
        browser = town.browser
        await read_error(await browser.finish(await browser.begin()), 401, "UNAUTHORIZED")
    town.provider.claims = {"aud": [CLIENT[0], "another"], "azp": CLIENT[0]}
    assert (await browser.finish(await browser.begin())).status_code == 200


@pytest.mark.one_engine
async def test_a_login_is_for_the_browser_that_began_it_and_not_for_ever(town: Town) -> None:
    ours, theirs = town.browser, town.browser
    answer = await ours.begin()
    await theirs.begin()
    for other in (theirs, town.browser):
        await read_error(await other.finish(answer), 410, "GONE")
    forged = town.browser
    for value in ("x", "AAAA", "é"):
        forged.cookies[COOKIE] = value
        await read_error(await forged.finish(answer), 410, "GONE")
    town.clock.advance(MINUTES * 10)
    await read_error(await ours.finish(answer), 410, "GONE")


@pytest.mark.one_engine
async def test_a_code_is_good_once(town: Town) -> None:
    browser = town.browser
    answer = await browser.begin()
    kept = browser.cookies.output()
    assert (await browser.finish(answer)).status_code == 200
    browser.cookies.load(kept)
    await read_error(await browser.finish(answer), 410, "GONE")
    copied = town.browser
    again = await copied.begin()
    value = copied.cookies[COOKIE].value
    await copied.finish(again)
    copied.cookies[COOKIE] = value
    error = await read_error(await copied.finish(again), 401, "UNAUTHORIZED")
    assert "used before" in error["message"]


@pytest.mark.one_engine
async def test_a_provider_that_is_down_is_told(town: Town) -> None:
    town.provider.is_down = True
    await read_error(await town.browser.get(f"{ADDRESS}/login"), 503, "UNAVAILABLE")
    await town.client().error("GET", "/api/auth/me", 503, "UNAVAILABLE")


@pytest.mark.one_engine
async def test_who_is_let_in_by_no_role_is_counted_all_the_same(install: Install) -> None:
    async with WebServer(provider := ProviderApp()) as server:
        provider.url = server.url
        async with install(
            OIDC_ISSUER=server.url,
            OIDC_AUDIENCE=AUDIENCE,
            OIDC_ROLES="staff=user",
            PUERTO_OPEN_HOSTS="127.0.0.1",
            RATE_LIMIT_PER_MINUTE="2",
        ) as installation:
            guest = Client(installation.app, provider.token(roles=["guest"]))
            for _ in range(2):
                await guest.error("GET", "/api/auth/me", 403, "FORBIDDEN")
            await guest.error("GET", "/api/auth/me", 429, "RATE_LIMITED")
            staff = Client(installation.app, provider.token(roles=["staff"]))
            assert (await staff.get("/api/auth/me"))["role"] == "user"


@pytest.mark.one_engine
async def test_a_provider_without_a_login_page_is_told(town: Town) -> None:
    town.provider.configuration = {"authorization_endpoint": None}
    await read_error(await town.browser.get(f"{ADDRESS}/login"), 503, "UNAVAILABLE")


@pytest.mark.one_engine
async def test_without_a_provider_nobody_is_sent_anywhere(installation: Installation) -> None:
    browser = Browser(installation.app)
    for path in (f"{ADDRESS}/login", CALLBACK):
        error = await read_error(await browser.get(path), 404, "NOT_FOUND")
        assert "OIDC_ISSUER" in error["message"]
