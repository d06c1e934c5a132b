"""The contracts of `ConnectedAccounts` and `PendingConnections`."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from adapters.persistence import Store
from domain.accounts.ports import LoginSession
from domain.accounts.users import User
from domain.connected_accounts.connected_account import (
    AccountKey,
    ConnectedAccount,
    PendingConnection,
)
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import MINUTE, NOT_IDS, NOW, a_session, a_user


@pytest.fixture
async def user(store: Store) -> User:
    user = a_user()
    await store.users.add(user, "hash")
    return user


@pytest.fixture
async def session(store: Store, user: User) -> LoginSession:
    session = a_session(user)
    await store.sessions.add(session)
    return session


def an_account(user_id: str, name: str = "jira", **changes: Any) -> ConnectedAccount:
    values: dict[str, Any] = {
        "id": new_id(),
        "key": AccountKey(user_id, "tickets", name),
        "terms": "t" * 64,
        "sealed": b"\x00sealed",
        "scopes": ("read", "write"),
        "connected_at": NOW,
    }
    return ConnectedAccount(**values | changes)


async def test_an_account_is_found_as_it_was_stored(store: Store, user: User) -> None:
    jira, crm = an_account(user.id), an_account(user.id, "crm", sealed=None, problem="over")
    for account in (jira, crm, an_account(new_id())):
        await store.connected_accounts.put(account)

    assert await store.connected_accounts.get(jira.key) == jira
    assert await store.connected_accounts.of_user(user.id) == [crm, jira]
    assert await store.connected_accounts.get(AccountKey(user.id, "tickets", "none")) is None
    assert "sealed" not in repr(jira)


@pytest.mark.parametrize("user_id", NOT_IDS)
async def test_nobody_has_no_accounts(store: Store, user_id: str) -> None:
    assert await store.connected_accounts.of_user(user_id) == []
    assert await store.connected_accounts.get(AccountKey(user_id, "p", "n")) is None
    assert await store.connected_accounts.remove(AccountKey(user_id, "p", "n")) is None


async def test_an_account_that_is_connected_anew_replaces_the_one_before(
    store: Store, user: User
) -> None:
    old = an_account(user.id)
    await store.connected_accounts.put(old)
    assert await store.connected_accounts.begin_renewal(old, NOW, NOW + MINUTE)

    await store.connected_accounts.put(an_account(user.id, sealed=b"new", scopes=()))

    found = await store.connected_accounts.get(old.key)
    assert found == replace(old, sealed=b"new", scopes=(), revision=2)
    assert await store.connected_accounts.change(old) is False  # the renewal came too late


async def test_only_what_is_unchanged_is_changed(store: Store, user: User) -> None:
    old = an_account(user.id)
    await store.connected_accounts.put(old)

    changed = replace(old, sealed=None, problem="It is over.", scopes=("read",))
    assert await store.connected_accounts.change(changed)
    assert await store.connected_accounts.change(changed) is False

    assert await store.connected_accounts.get(old.key) == replace(changed, revision=2)


async def test_one_that_was_removed_and_connected_again_is_another(
    store: Store, user: User
) -> None:
    old = an_account(user.id)
    await store.connected_accounts.put(old)
    assert await store.connected_accounts.remove(old.key) == old
    assert await store.connected_accounts.remove(old.key) is None
    await store.connected_accounts.put(an_account(user.id, sealed=b"new"))

    assert await store.connected_accounts.change(old) is False


async def test_of_many_at_once_one_renews(store: Store, user: User) -> None:
    account = an_account(user.id)
    await store.connected_accounts.put(account)

    async def begin(minutes: int = 0) -> bool:
        now = NOW + minutes * MINUTE
        return await store.connected_accounts.begin_renewal(account, now, now + MINUTE)

    assert sorted(await asyncio.gather(*[begin() for _ in range(9)])) == [False] * 8 + [True]
    await store.connected_accounts.end_renewal(account)
    assert await begin()
    assert await begin() is False
    assert await begin(minutes=1)  # who began it is gone


async def test_accounts_go_with_their_user(store: Store, user: User, session: LoginSession) -> None:
    mine, other = an_account(user.id), an_account(new_id())
    for account in (mine, other):
        await store.connected_accounts.put(account)
    await store.pending_connections.put(a_pending(session), NOW)

    await store.users.remove(user.id)

    assert await store.connected_accounts.get(mine.key) is None
    assert await store.connected_accounts.get(other.key) == other
    assert await store.pending_connections.get("p1") is None


async def test_a_disabled_user_keeps_them(store: Store, user: User) -> None:
    account = an_account(user.id)
    await store.connected_accounts.put(account)

    await store.users.set_disabled(user.id, NOW)

    assert await store.connected_accounts.get(account.key) == account


def a_pending(
    session: LoginSession, fingerprint: str = "p1", name: str = "jira", minutes: int = 1
) -> PendingConnection:
    return PendingConnection(
        fingerprint,
        session.id,
        "tickets",
        name,
        b"\x00sealed",
        NOW + 9 * MINUTE,
        NOW + minutes * MINUTE,
    )


async def test_a_begun_connection_is_taken_once(store: Store, session: LoginSession) -> None:
    pending = a_pending(session)
    await store.pending_connections.put(pending, NOW)

    assert await store.pending_connections.get("p1") == pending
    taken = await asyncio.gather(*[store.pending_connections.take("p1") for _ in range(5)])
    assert sorted(taken, key=lambda each: each is None) == [pending, *[None] * 4]
    assert await store.pending_connections.get("p1") is None


async def test_a_login_begins_one_for_each_account(store: Store, session: LoginSession) -> None:
    await store.pending_connections.put(a_pending(session), NOW)
    crm, again = a_pending(session, "p2", "crm"), a_pending(session, "p3")
    for pending in (crm, again):
        await store.pending_connections.put(pending, NOW)

    assert await store.pending_connections.get("p1") is None
    assert await store.pending_connections.get("p2") == crm
    assert await store.pending_connections.get("p3") == again


async def test_begun_connections_that_expired_are_forgotten(
    store: Store, session: LoginSession
) -> None:
    await store.pending_connections.put(a_pending(session), NOW)
    later = a_pending(session, "p2", "crm", minutes=3)

    await store.pending_connections.put(later, NOW + MINUTE)

    assert await store.pending_connections.get("p1") is None
    assert await store.pending_connections.get("p2") == later
