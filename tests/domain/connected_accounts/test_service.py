"""Users see, set and remove what is theirs, and nothing else."""

import pytest

from domain.accounts.users import Role, User
from domain.connected_accounts.account import AccountKind
from domain.connected_accounts.service import AccountState
from domain.shared.errors import Conflict, NotFound, WebError
from tests.domain.accounts.office import UserOffice
from tests.domain.builders import NOW
from tests.domain.connected_accounts.house import KEYED, AccountHouse
from tests.fakes.learned_apis import FakeCipher


@pytest.fixture
def house() -> AccountHouse:
    return AccountHouse()


async def test_a_user_sees_what_is_declared_and_what_is_connected(house: AccountHouse) -> None:
    ann, bob = await house.log_in("ann"), await house.log_in("bob")
    jira, crm = house.offers.offered[0], house.offers.offered[1]
    await house.connected(ann.user.id)
    assert await house.service.find(ann.user) == [
        AccountState("tickets", "crm", crm, is_connected=False),
        AccountState("tickets", "jira", jira, is_connected=True, scopes=("read",), since=NOW),
    ]
    assert not any(state.is_connected for state in await house.service.find(bob.user))


async def test_a_key_is_set_and_replaced(house: AccountHouse) -> None:
    ann = await house.log_in("ann")
    state = await house.service.set_key(ann.user, "tickets", "crm", "first key")
    assert state == AccountState("tickets", "crm", KEYED, is_connected=True, since=NOW)
    await house.service.set_key(ann.user, "tickets", "crm", "second key")
    key = next(iter(house.store.memory.connected_accounts))
    credentials = await house.access.credentials(key)
    assert credentials is not None
    assert (credentials.kind, credentials.token) == (AccountKind.KEY, "second key")
    assert len(house.store.memory.connected_accounts) == 1


async def test_a_key_is_for_an_account_that_takes_one(house: AccountHouse) -> None:
    ann = await house.log_in("ann")
    with pytest.raises(Conflict, match="Jira takes no key"):
        await house.service.set_key(ann.user, "tickets", "jira", "a key")
    for place in (("tickets", "other"), ("other", "crm")):
        with pytest.raises(NotFound):
            await house.service.set_key(ann.user, *place, "a key")


async def test_the_service_is_told_of_a_disconnection(house: AccountHouse) -> None:
    ann = await house.log_in("ann")
    await house.connected(ann.user.id)
    await house.service.disconnect(ann.user, "tickets", "jira")
    assert house.servers.revoked == ["refresh-token-1"]
    assert not (await house.state(ann)).is_connected
    assert not house.store.memory.connected_accounts
    await house.service.disconnect(ann.user, "tickets", "jira")  # twice is no error
    assert len(house.servers.revoked) == 1


async def test_a_service_that_cannot_be_told_keeps_nobody_connected(
    house: AccountHouse, caplog: pytest.LogCaptureFixture
) -> None:
    ann = await house.log_in("ann")
    await house.connected(ann.user.id)
    house.servers.error = WebError("jira.example did not revoke the access, and no reason.")
    await house.service.disconnect(ann.user, "tickets", "jira")
    assert not house.store.memory.connected_accounts
    assert "Jira was not told of a disconnection" in caplog.text
    assert "token" not in caplog.text


async def test_what_cannot_be_decrypted_can_be_disconnected(house: AccountHouse) -> None:
    other = AccountHouse(store=house.store, cipher=FakeCipher("lost"))
    ann = await house.log_in("ann")
    await other.connected(ann.user.id)
    await house.service.disconnect(ann.user, "tickets", "jira")
    assert not house.store.memory.connected_accounts


async def test_nobody_disconnects_what_is_anothers(house: AccountHouse) -> None:
    ann, bob = await house.log_in("ann"), await house.log_in("bob")
    await house.connected(ann.user.id)
    await house.service.disconnect(bob.user, "tickets", "jira")
    assert (await house.state(ann)).is_connected
    with pytest.raises(NotFound):
        await house.service.disconnect(bob.user, "tickets", "other")


async def test_an_account_of_a_plugin_that_is_gone_is_kept_until_its_user_removes_it(
    house: AccountHouse,
) -> None:
    ann = await house.log_in("ann")
    key = await house.connected(ann.user.id)
    offered, house.offers.offered = house.offers.offered, []
    (state,) = await house.service.find(ann.user)
    assert (state.account, state.is_connected, state.since) == (None, False, NOW)
    assert state.problem.startswith("No plugin in use asks for it any more.")
    house.offers.offered = offered  # the plugin is back, such as after a quarantine
    assert await house.access.credentials(key) is not None
    house.offers.offered = []
    await house.service.disconnect(ann.user, "tickets", "jira")
    assert await house.service.find(ann.user) == []


async def test_accounts_go_with_their_user_and_outlast_a_pause(house: AccountHouse) -> None:
    ann, bob = await house.log_in("ann"), await house.log_in("bob")
    for identity in (ann, bob):
        await house.connected(identity.user.id)
    store = house.store
    users, root = store.users, User("r", "root@x.org", "root", "Root", Role.ADMIN, NOW)
    await users.add(root, "hash")
    administration = UserOffice(store, house.clock).administration
    await administration.change(root, ann.user.id, is_disabled=True)
    await administration.change(root, ann.user.id, is_disabled=False)
    assert (await house.state(ann)).is_connected
    await administration.remove(root, ann.user.id)
    assert [key.user_id for key in store.memory.connected_accounts] == [bob.user.id]
