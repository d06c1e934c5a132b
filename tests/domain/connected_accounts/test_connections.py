"""Who was sent to a service and comes back connects an account: their own, once, in time."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from domain.accounts.identity import Identity
from domain.connected_accounts.connected_account import AccountKey
from domain.connected_accounts.connections import LIFE
from domain.shared.errors import Conflict, Gone, GrantRefused, NotFound, Unavailable
from tests.domain.builders import NOW
from tests.domain.connected_accounts.house import BACK, AccountHouse
from tests.fakes.authorization_servers import an_oauth_account


@pytest.fixture
def house() -> AccountHouse:
    return AccountHouse()


@pytest.fixture
async def ann(house: AccountHouse) -> Identity:
    return await house.log_in("ann")


async def begun(house: AccountHouse, identity: Identity) -> str:
    """Begin to connect Jira; return the state, with which the service sends its users back."""
    url = await house.connections.begin(identity, "tickets", "jira", BACK)
    query = dict(parse_qsl(urlsplit(url).query))
    assert query["to"] == BACK
    return query["state"]


async def test_who_comes_back_and_confirms_has_connected_the_account(
    house: AccountHouse, ann: Identity
) -> None:
    state = await begun(house, ann)
    asked = await house.connections.confirmation(state)
    assert (asked.user, asked.account) == (ann.user, house.offers.offered[0])
    assert not (await house.state(ann)).is_connected
    done = await house.connections.finish(state, f"code-of-{state}")
    assert done == asked
    found = await house.state(ann)
    assert (found.is_connected, found.scopes, found.since) == (True, ("read",), NOW)


async def test_nothing_that_is_stored_lets_anybody_else_finish(
    house: AccountHouse, ann: Identity
) -> None:
    state = await begun(house, ann)
    (pending,) = house.store.memory.pending_connections.values()
    assert state not in repr(pending)
    verifier = next(iter(house.servers.codes.values()))
    assert verifier.encode() not in pending.sealed


async def test_a_link_is_good_once(house: AccountHouse, ann: Identity) -> None:
    state = await begun(house, ann)
    with pytest.raises(GrantRefused):
        await house.connections.finish(state, "another code")
    with pytest.raises(Gone, match="used before"):
        await house.connections.finish(state, f"code-of-{state}")
    with pytest.raises(Gone):
        await house.connections.confirmation(state)


async def test_a_link_is_good_for_minutes(house: AccountHouse, ann: Identity) -> None:
    state = await begun(house, ann)
    house.clock.advance(LIFE)
    for asked in (
        house.connections.confirmation(state),
        house.connections.finish(state, f"code-of-{state}"),
    ):
        with pytest.raises(Gone, match="too old"):
            await asked
    assert not house.store.memory.connected_accounts


async def test_a_new_link_replaces_the_one_before(house: AccountHouse, ann: Identity) -> None:
    first, second = await begun(house, ann), await begun(house, ann)
    with pytest.raises(Gone):
        await house.connections.confirmation(first)
    await house.connections.finish(second, f"code-of-{second}")


async def test_a_link_belongs_to_the_login_that_began(house: AccountHouse, ann: Identity) -> None:
    state = await begun(house, ann)
    await house.authentication.logout(ann)
    house.clock.advance(timedelta(seconds=10))  # past what is remembered of sessions
    with pytest.raises(Gone, match="logged out"):
        await house.connections.finish(state, f"code-of-{state}")
    assert not house.store.memory.connected_accounts


async def test_a_refusal_uses_the_link_up(house: AccountHouse, ann: Identity) -> None:
    state = await begun(house, ann)
    await house.connections.refused(state)
    with pytest.raises(Gone):
        await house.connections.confirmation(state)


async def test_an_account_that_has_gone_meanwhile_is_not_connected(
    house: AccountHouse, ann: Identity
) -> None:
    state = await begun(house, ann)
    offered, house.offers.offered = house.offers.offered, []
    with pytest.raises(Gone, match="no account"):
        await house.connections.confirmation(state)
    house.offers.offered = offered
    await house.connections.confirmation(state)


async def test_only_an_oauth_account_that_is_set_up_is_begun(
    house: AccountHouse, ann: Identity
) -> None:
    with pytest.raises(Conflict, match="by a key"):
        await house.connections.begin(ann, "tickets", "crm", BACK)
    with pytest.raises(NotFound):
        await house.connections.begin(ann, "tickets", "other", BACK)
    house.offers.offered[0] = an_oauth_account(client=lambda _: ("", ""))
    with pytest.raises(Unavailable, match="not set up"):
        await house.connections.begin(ann, "tickets", "jira", BACK)
    assert not house.store.memory.pending_connections


async def test_connecting_again_replaces_the_grant(house: AccountHouse, ann: Identity) -> None:
    for _ in range(2):
        state = await begun(house, ann)
        await house.connections.finish(state, f"code-of-{state}")
    credentials = await house.access.credentials(AccountKey(ann.user.id, "tickets", "jira"))
    assert credentials is not None
    assert credentials.token == "access-token-2"
    assert house.servers.revoked == []  # some servers would end the new grant with the old one
