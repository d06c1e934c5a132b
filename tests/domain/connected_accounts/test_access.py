"""Tools get credentials that are good; grants are renewed once, and nothing of them is lost."""

import asyncio
import threading
from datetime import timedelta

import pytest
from typing_extensions import override

from domain.connected_accounts.access import LEEWAY, RENEWAL
from domain.connected_accounts.connected_account import AccountGrant, AccountKey, ConnectedAccount
from domain.shared.errors import StoreUnavailable, ToolFailed, Unavailable, WebError
from domain.shared.secrets_in_use import IN_USE
from domain.tools.context import PluginContext
from domain.tools.credentials import AccountCredentials
from tests.domain.builders import ANN, NOW
from tests.domain.connected_accounts.house import BACK, KEYED, AccountHouse
from tests.fakes.authorization_servers import an_oauth_account
from tests.fakes.connected_accounts import FakeConnectedAccounts
from tests.fakes.learned_apis import FakeCipher
from tests.fakes.persistence import FakeStore

HOUR = timedelta(hours=1)


@pytest.fixture
def house() -> AccountHouse:
    return AccountHouse()


async def token_of(house: AccountHouse, key: AccountKey, rejected: str = "") -> str | None:
    credentials = await house.access.credentials(key, rejected)
    return None if credentials is None else credentials.token


async def test_who_has_connected_nothing_has_no_credentials(house: AccountHouse) -> None:
    await house.connected("01900000-0000-7000-8000-00000000000b")
    assert await house.access.credentials(AccountKey(ANN.id, "tickets", "jira")) is None


async def test_an_account_that_nobody_declares_is_an_error(house: AccountHouse) -> None:
    with pytest.raises(ToolFailed, match="no account 'other'"):
        await house.access.credentials(AccountKey(ANN.id, "tickets", "other"))


async def test_credentials_hold_what_is_sent_and_show_none_of_it(house: AccountHouse) -> None:
    key = await house.connected(ANN.id)
    credentials = await house.access.credentials(key)
    assert credentials == AccountCredentials("oauth", "access-token-1", ("read",), NOW + HOUR)
    assert "access-token-1" not in repr(credentials)
    assert house.servers.renewals == 0
    stored = house.store.memory.connected_accounts[key].account
    assert stored.sealed is not None
    assert b"access-token" not in stored.sealed


async def test_both_tokens_of_an_account_are_hidden_in_the_log(house: AccountHouse) -> None:
    """Also from who renews them, and is no tool."""
    await house.connected(ANN.id, AccountGrant("token-of-today", "token-for-ever"))
    assert IN_USE.hide("got token-of-today for token-for-ever") == "got *** for ***"


async def test_a_key_is_good_until_it_is_rejected(house: AccountHouse) -> None:
    key = await house.connected(ANN.id, AccountGrant("the key"), KEYED)
    house.clock.advance(timedelta(days=5000))
    assert await token_of(house, key) == "the key"
    assert await token_of(house, key, rejected="another key") == "the key"
    assert await token_of(house, key, rejected="the key") is None
    assert await token_of(house, key) is None


async def test_a_token_is_renewed_before_it_ends(house: AccountHouse) -> None:
    key = await house.connected(ANN.id)
    house.clock.advance(HOUR - LEEWAY - timedelta(seconds=1))
    assert await token_of(house, key) == "access-token-1"
    house.clock.advance(timedelta(seconds=1))
    assert await token_of(house, key) == "access-token-2"
    house.clock.advance(HOUR)
    assert await token_of(house, key) == "access-token-3"  # by the token of the second grant


async def test_a_rejected_token_is_renewed_once(house: AccountHouse) -> None:
    key = await house.connected(ANN.id)
    asked = [token_of(house, key, rejected="access-token-1") for _ in range(5)]
    assert await asyncio.gather(*asked) == ["access-token-2"] * 5
    assert house.servers.renewals == 1


async def test_workers_renew_a_grant_once_between_them(house: AccountHouse) -> None:
    key = await house.connected(ANN.id)
    house.clock.advance(HOUR)
    house.servers.gate.clear()
    asked = [
        asyncio.create_task(worker.credentials(key))
        for worker in [house.worker() for _ in range(3)]
        for _ in range(4)
    ]
    while not house.servers.renewals:
        await asyncio.sleep(0)
    house.servers.gate.set()
    found = {credentials and credentials.token for credentials in await asyncio.gather(*asked)}
    assert found == {"access-token-2"}
    assert house.servers.renewals == 1


async def test_who_stops_waiting_does_not_lose_the_new_refresh_token(house: AccountHouse) -> None:
    key = await house.connected(ANN.id)
    house.clock.advance(HOUR)
    house.servers.gate.clear()
    asked = asyncio.create_task(house.access.credentials(key))
    while not house.servers.renewals:
        await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    house.servers.gate.set()
    await house.access.close()  # as the service does when it stops
    assert await token_of(house, key) == "access-token-2"
    assert house.servers.renewals == 1


class AwayAtFirst(FakeConnectedAccounts):
    """Cannot be written to the first two times."""

    failures = 2

    @override
    async def change(self, account: ConnectedAccount) -> bool:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("The database is away.")
        return await super().change(account)


async def test_a_database_that_is_away_does_not_lose_the_new_refresh_token() -> None:
    store = FakeStore()
    store.connected_accounts = accounts = AwayAtFirst(store.memory)
    house = AccountHouse(store=store)
    key = await house.connected(ANN.id)
    house.clock.advance(HOUR)
    assert await token_of(house, key) == "access-token-2"
    assert not accounts.failures
    house.clock.advance(HOUR)
    assert await token_of(house, key) == "access-token-3"


async def test_a_grant_that_is_refused_has_to_be_connected_again(house: AccountHouse) -> None:
    ann = await house.log_in("ann")
    key = await house.connected(ann.user.id)
    house.clock.advance(HOUR)
    house.servers.good.clear()
    assert await token_of(house, key) is None
    state = await house.state(ann)
    assert not state.is_connected
    assert state.problem == "Jira accepts this access no more. Connect it again."
    assert await token_of(house, key) is None
    assert house.servers.renewals == 1
    await house.connected(ann.user.id)
    assert (await house.state(ann)).problem == ""
    assert await token_of(house, key) == "access-token-2"


async def test_without_a_refresh_token_it_is_connected_again_at_its_end(
    house: AccountHouse,
) -> None:
    key = await house.connected(ANN.id, AccountGrant("only-one", expires_at=NOW + HOUR))
    house.clock.advance(HOUR - timedelta(seconds=1))
    assert await token_of(house, key) == "only-one"
    house.clock.advance(timedelta(seconds=1))
    assert await token_of(house, key) is None
    assert house.servers.renewals == 0


async def test_a_server_that_is_away_costs_nothing_while_the_token_lasts(
    house: AccountHouse,
) -> None:
    key = await house.connected(ANN.id)
    house.servers.error = WebError("jira.example gave no access token, and no reason.")
    house.clock.advance(HOUR - timedelta(seconds=10))
    assert await token_of(house, key) == "access-token-1"
    with pytest.raises(ToolFailed, match="no reason"):
        await house.access.credentials(key, rejected="access-token-1")
    house.clock.advance(HOUR)
    with pytest.raises(ToolFailed, match="no reason"):
        await house.access.credentials(key)
    house.servers.error = None
    assert await token_of(house, key) == "access-token-2"


async def test_a_worker_that_died_while_it_renewed_is_followed_by_another(
    house: AccountHouse,
) -> None:
    key = await house.connected(ANN.id)
    house.clock.advance(HOUR)
    stored = house.store.memory.connected_accounts[key].account
    now = house.clock.now()
    assert await house.store.connected_accounts.begin_renewal(stored, now, now + RENEWAL)
    asked = asyncio.create_task(house.access.credentials(key))
    await asyncio.sleep(0.01)
    assert house.servers.renewals == 0
    house.clock.advance(RENEWAL)
    credentials = await asked
    assert credentials is not None
    assert credentials.token == "access-token-2"


async def test_an_account_that_asks_for_more_is_connected_again(house: AccountHouse) -> None:
    ann = await house.log_in("ann")
    key = await house.connected(ann.user.id)
    house.offers.offered[0] = an_oauth_account(scopes=("read", "write", "admin"))
    assert await token_of(house, key) is None
    assert "asks for other access than before" in (await house.state(ann)).problem
    house.offers.offered[0] = an_oauth_account(token_url="https://other.example/token")
    assert await token_of(house, key) is None
    house.offers.offered[0] = an_oauth_account(title="Jira Cloud", scopes=("write", "read"))
    assert await token_of(house, key) == "access-token-1"


async def test_one_that_is_disconnected_while_it_is_renewed_stays_disconnected(
    house: AccountHouse,
) -> None:
    ann = await house.log_in("ann")
    key = await house.connected(ann.user.id)
    house.clock.advance(HOUR)
    house.servers.gate.clear()
    asked = asyncio.create_task(house.access.credentials(key))
    while not house.servers.renewals:
        await asyncio.sleep(0)
    removed = asyncio.create_task(house.service.disconnect(ann.user, "tickets", "jira"))
    while key in house.store.memory.connected_accounts:
        await asyncio.sleep(0)
    house.servers.gate.set()
    assert await asked is None
    await removed
    assert sorted(house.servers.revoked) == ["refresh-token-1", "refresh-token-2"]
    assert not house.servers.good


async def test_a_client_whose_settings_are_missing_is_an_error_in_words(
    house: AccountHouse,
) -> None:
    key = await house.connected(ANN.id)
    house.clock.advance(HOUR)

    def missing(_context: object) -> tuple[str, str]:
        raise KeyError("JIRA_CLIENT_ID")

    for client in (missing, lambda _: None, lambda _: ("", "secret"), lambda _: ("id", 7)):
        house.offers.offered[0] = an_oauth_account(client=client)
        with pytest.raises(ToolFailed, match="not set up: see the settings of the plugin tickets"):
            await house.access.credentials(key)
    house.offers.offered[0] = an_oauth_account()
    assert await token_of(house, key) == "access-token-2"


async def test_after_a_change_of_the_key_a_grant_is_encrypted_anew(house: AccountHouse) -> None:
    old = AccountHouse(store=house.store, cipher=FakeCipher("old"))
    key = await old.connected(ANN.id)
    both = AccountHouse(store=house.store, cipher=FakeCipher("new", "old"))
    assert await token_of(both, key) == "access-token-1"
    assert await token_of(house, key) == "access-token-1"
    with pytest.raises(ToolFailed, match="another key"):
        await token_of(old, key)


async def test_the_address_of_a_service_is_what_the_settings_say_now(house: AccountHouse) -> None:
    ann, addresses = await house.log_in("ann"), ["https://git.example"]
    house.offers.offered[0] = an_oauth_account(
        base_url=lambda _context: addresses[-1],
        authorize_url="/authorize",
        token_url="/token",
        revoke_url="/revoke",
    )
    url = await house.connections.begin(ann, "tickets", "jira", BACK)
    assert url.startswith("https://git.example/authorize?")
    key = AccountKey(ann.user.id, "tickets", "jira")
    state = url.partition("state=")[2].partition("&")[0]
    await house.connections.finish(state, f"code-of-{state}")
    assert await token_of(house, key) == "access-token-1"
    addresses.append("https://other.example")  # to which no token of the other goes
    assert await token_of(house, key) is None
    assert not (await house.state(ann)).is_connected
    addresses.append("")
    with pytest.raises(ToolFailed, match="not set up: see the settings of the plugin tickets"):
        await token_of(house, key)
    assert "Jira is not set up" in (await house.state(ann)).problem
    addresses.append("https://git.example/")
    assert await token_of(house, key) == "access-token-1"


async def test_a_plugin_that_does_not_say_its_client_holds_nobody(
    house: AccountHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.connected_accounts.declared.ASK_SECONDS", 0.05)
    let_go = threading.Event()

    def hang(_context: PluginContext) -> tuple[str, str]:
        let_go.wait(30)
        return "id", "secret"

    try:
        account = an_oauth_account(client=hang)
        with pytest.raises(Unavailable, match="did not answer within"):
            await house.declared.client(AccountKey("u", "desk", account.name), account)
    finally:
        let_go.set()
