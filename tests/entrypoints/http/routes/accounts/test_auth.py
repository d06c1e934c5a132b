"""Accounts and logins, as clients see them."""

from datetime import timedelta

import pytest

from adapters.security.tokens import JwtTokens
from entrypoints.http.routes.accounts.auth import TokenAnswer, UserView
from tests.entrypoints.http.conftest import PASSWORD, Client, Install, Installation, read_error
from tests.fakes.clock import FakeClock

ADA = {"email": "Ada@Example.com", "full_name": "Ada Lovelace", "password": PASSWORD}


async def test_registering_logs_in(installation: Installation) -> None:
    response = await installation.anyone.send("POST", "/api/auth/register", ADA)

    assert response.status_code == 201
    assert response.headers["Location"] == "/api/auth/me"
    grant = await response.get_json()
    assert grant.keys() == TokenAnswer.model_fields.keys()
    assert grant["token_type"] == "bearer"
    assert grant["expires_in"] == 86400
    me = await Client(installation.app, grant["access_token"]).get("/api/auth/me")
    assert me == grant["user"]
    assert me.keys() == UserView.model_fields.keys()
    assert (me["email"], me["full_name"], me["role"]) == (
        "ada@example.com",
        "Ada Lovelace",
        "user",
    )


async def test_an_address_is_registered_once(installation: Installation) -> None:
    await installation.anyone.json("POST", "/api/auth/register", ADA, 201)

    await installation.anyone.error("POST", "/api/auth/register", 409, "CONFLICT", ADA)


async def test_registration_can_be_closed(install: Install) -> None:
    async with install(PUERTO_REGISTRATION="closed") as closed:
        await closed.anyone.error("POST", "/api/auth/register", 403, "FORBIDDEN", ADA)


@pytest.mark.one_engine
async def test_bad_accounts_are_refused(
    installation: Installation, subtests: pytest.Subtests
) -> None:
    cases: list[tuple[dict[str, object], str | None]] = [
        ({"email": "ada"}, "email"),
        ({"email": "ada@exam\u0000ple.com"}, None),
        ({"password": "seven77"}, "password"),
        ({"password": "x" * 1025}, "password"),
        ({"password": "€" * 1000}, None),  # 3,000 bytes
        ({"full_name": ""}, "full_name"),
        ({"full_name": 7}, "full_name"),
        ({"full_name": "   "}, "full_name"),
        ({"full_name": "<b>Ada</b>"}, "full_name"),
        ({"email": "Ada <ada@example.com>"}, "email"),
        ({"email": "<ada@example.com>"}, "email"),
        ({"password": " " * 10}, "password"),
        ({"role": "admin"}, "role"),
    ]
    for wrong, path in cases:
        with subtests.test(wrong=wrong, path=path):
            error = await installation.anyone.error(
                "POST", "/api/auth/register", 400, "INVALID_REQUEST", ADA | wrong
            )

            if path is not None:
                assert [field["path"] for field in error["details"]["fields"]] == [path]


@pytest.mark.parametrize(
    ("registered", "login"),
    [
        ("Ada@Example.com", "ADA@EXAMPLE.COM"),
        (" ada@example.com ", "ada@example.com\t"),
        ("ada@xn--bcher-kva.example", "ada@b\u00fccher.example"),
        ("ada@b\u00dccher.example", "ada@xn--bcher-kva.example"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
    ],
)
@pytest.mark.parametrize("key", ["username", "email"])
async def test_an_address_is_the_same_however_it_is_spelt(
    installation: Installation, registered: str, login: str, key: str
) -> None:
    account = ADA | {"email": registered}
    grant = await installation.anyone.json("POST", "/api/auth/register", account, 201)
    body = {key: login, "password": PASSWORD}
    assert (await installation.anyone.json("POST", "/api/auth/login", body))["user"] == grant[
        "user"
    ]
    again = ADA | {"email": login}
    await installation.anyone.error("POST", "/api/auth/register", 409, "CONFLICT", again)


async def test_a_token_of_another_user_does_not_open_a_session(install: Install) -> None:
    secret = "kq8Zr2Xv5Lm1Tn7Wd4Pb9Hc6Js3Gf0Ya"
    async with install(JWT_SECRET=secret) as installation:
        ada, bob = await installation.user("ada"), await installation.user("bob")
        tokens = JwtTokens(secret, installation.services.clock)
        found = await installation.services.users.by_login("bob")
        assert found is not None
        mixed = tokens.issue(found[0], tokens.read(ada.token or "").session_id).token
        await Client(installation.app, mixed).error("GET", "/api/auth/me", 401, "UNAUTHORIZED")
        assert await ada.get("/api/auth/me") == ada.user  # known by now, and still not bob's
        await Client(installation.app, mixed).error("GET", "/api/auth/me", 401, "UNAUTHORIZED")
        assert await bob.get("/api/auth/me") == bob.user


async def test_a_clock_that_was_set_back_locks_nobody_out(install: Install) -> None:
    clock = FakeClock()
    async with install(clock) as installation:
        ada = await installation.user("ada")
        assert await ada.get("/api/auth/me") == ada.user
        clock.advance(timedelta(minutes=-30))
        assert await ada.get("/api/auth/me") == ada.user
        await ada.send("POST", "/api/auth/logout")
        await ada.error("GET", "/api/auth/me", 401, "UNAUTHORIZED")


@pytest.mark.parametrize("key", ["username", "email"])
async def test_login_by_user_name_or_address(
    installation: Installation, ada: Client, key: str
) -> None:
    body = {key: ada.user[key], "password": PASSWORD}

    grant = await installation.anyone.json("POST", "/api/auth/login", body)

    assert grant["user"] == ada.user


async def test_an_unknown_user_and_a_wrong_password_look_the_same(
    installation: Installation, ada: Client
) -> None:
    unknown = {"username": "nobody", "password": PASSWORD}
    wrong = {"username": "ada", "password": "another password"}
    errors = []

    for body in (unknown, wrong):
        response = await installation.anyone.send("POST", "/api/auth/login", body)
        assert response.headers["WWW-Authenticate"] == "Bearer"
        errors.append(await read_error(response, 401, "UNAUTHORIZED"))

    assert errors[0]["message"] == errors[1]["message"]


@pytest.mark.one_engine
async def test_login_takes_one_name(installation: Installation, subtests: pytest.Subtests) -> None:
    for login in [{}, {"username": "a", "email": "a@example.com"}]:
        with subtests.test(login=login):
            body = login | {"password": PASSWORD}

            await installation.anyone.error("POST", "/api/auth/login", 400, "INVALID_REQUEST", body)


async def test_a_refresh_token_is_good_once(installation: Installation, ada: Client) -> None:
    body = {"refresh_token": ada.refresh_token}

    grant = await installation.anyone.json("POST", "/api/auth/refresh", body)

    assert grant["refresh_token"] != ada.refresh_token
    await Client(installation.app, grant["access_token"]).get("/api/auth/me")
    await installation.anyone.error("POST", "/api/auth/refresh", 401, "UNAUTHORIZED", body)


async def test_logout_revokes(installation: Installation, ada: Client) -> None:
    response = await ada.send("POST", "/api/auth/logout")

    assert response.status_code == 204
    assert await response.get_data() == b""
    await ada.error("GET", "/api/auth/me", 401, "UNAUTHORIZED")
    body = {"refresh_token": ada.refresh_token}
    await installation.anyone.error("POST", "/api/auth/refresh", 401, "UNAUTHORIZED", body)


async def test_who_changes_their_password_ends_their_other_sessions(
    installation: Installation, ada: Client, bob: Client
) -> None:
    other = await installation.log_in("ada")
    assert await other.get("/api/auth/me") == ada.user
    body = {"current_password": PASSWORD, "new_password": "quite another one"}

    response = await ada.send("POST", "/api/auth/password", body)

    assert response.status_code == 204
    assert await ada.get("/api/auth/me") == ada.user
    await other.error("GET", "/api/auth/me", 401, "UNAUTHORIZED")
    token = {"refresh_token": other.refresh_token}
    await installation.anyone.error("POST", "/api/auth/refresh", 401, "UNAUTHORIZED", token)
    assert await bob.get("/api/auth/me") == bob.user
    login = {"username": "ada", "password": PASSWORD}
    await installation.anyone.error("POST", "/api/auth/login", 401, "UNAUTHORIZED", login)
    login["password"] = "quite another one"
    await installation.anyone.json("POST", "/api/auth/login", login)


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"current_password": "not my password"}, "current_password"),
        ({"new_password": "seven77"}, "new_password"),
        ({"new_password": " " * 10}, "new_password"),
    ],
)
async def test_a_password_that_is_not_changed(
    installation: Installation, ada: Client, wrong: dict[str, str], path: str
) -> None:
    body = {"current_password": PASSWORD, "new_password": "quite another one"} | wrong

    error = await ada.error("POST", "/api/auth/password", 400, "INVALID_REQUEST", body)

    assert [field["path"] for field in error["details"]["fields"]] == [path]
    assert await ada.get("/api/auth/me") == ada.user
    await installation.log_in("ada")


@pytest.mark.one_engine
async def test_bad_credentials(installation: Installation, subtests: pytest.Subtests) -> None:
    for header in ["", "Bearer", "Bearer  ", "Basic YTpi", "Bearer a.b.c"]:
        with subtests.test(header=header):
            headers = {"Authorization": header}

            response = await installation.anyone.send("GET", "/api/auth/me", headers=headers)

            assert response.headers["WWW-Authenticate"] == "Bearer"
            await read_error(response, 401, "UNAUTHORIZED")
