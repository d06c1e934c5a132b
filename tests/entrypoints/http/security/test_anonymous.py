"""Requests without credentials, where the operator has set a key for them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from domain.accounts.api_keys import Scope, new_key
from domain.accounts.users import Role
from entrypoints.settings.loading import SettingsError, load_settings
from tests.entrypoints.http.conftest import Install, Installation
from tests.fakes.clock import FakeClock
from tests.support.log_lines import log_lines, with_words

pytestmark = pytest.mark.one_engine

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
KEY = new_key()
ASK = {"prompt": "What is 17 * 23?"}


@pytest.fixture
async def opened(install: Install, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Installation]:
    """An installation that is open as far as an operator's key for chatting opens it."""
    monkeypatch.setattr("domain.accounts.callers.new_key", lambda: KEY)
    few = {"RATE_LIMIT_PER_MINUTE": "5", "PUERTO_PROVIDER": "offline"}
    async with install(FakeClock(NOW), PUERTO_ANONYMOUS_KEY=KEY, **few) as installation:
        guest = await installation.user("guest", Role.OPERATOR)
        owner = await installation.services.users.get(guest.user["id"])
        scopes = frozenset({Scope.CHAT})
        await installation.services.api_keys.make(owner, "anonymous", scopes, None)
        yield installation


async def test_anybody_may_what_the_key_may_and_no_more(opened: Installation) -> None:
    answer = await opened.anyone.json("POST", "/ask", ASK)

    assert answer.keys() == {"response", "tokens_used"}
    await opened.anyone.error("GET", "/logs", 403, "FORBIDDEN")  # it lacks the scope
    await opened.anyone.error("GET", "/api/conversations", 401, "UNAUTHORIZED")


async def test_each_address_has_its_own_limit_and_users_have_theirs(opened: Installation) -> None:
    ada = await opened.user("ada")
    for _ in range(20):  # a slow machine gives the bucket time to fill again
        response = await opened.anyone.send("GET", "/logs")
        if response.status_code == 429:
            break
    assert response.status_code == 429
    assert response.headers["X-RateLimit-Limit"] == "5"

    assert (await ada.send("POST", "/ask", ASK)).status_code == 200


async def test_a_key_that_is_over_opens_nothing(opened: Installation) -> None:
    guest = await opened.log_in("guest")
    (key,) = (await guest.get("/api/auth/keys"))["keys"]
    assert (await guest.send("DELETE", f"/api/auth/keys/{key['id']}")).status_code == 204

    with log_lines() as lines:
        error = await opened.anyone.error("POST", "/ask", 401, "UNAUTHORIZED", ASK)

    assert "Authorization: Bearer" in error["message"]
    assert with_words(lines, "PUERTO_ANONYMOUS_KEY")


def test_a_key_with_a_typo_stops_the_start() -> None:
    with pytest.raises(SettingsError, match=r"^PUERTO_ANONYMOUS_KEY must be an API key"):
        load_settings({"PUERTO_ANONYMOUS_KEY": KEY[:-1]}, None)
