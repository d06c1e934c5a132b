"""The contract of `Sessions`."""

from dataclasses import replace

import pytest

from adapters.persistence import Database, Store
from domain.accounts.users import User
from tests.adapters.persistence.stores import (
    MINUTE,
    NOT_IDS,
    NOW,
    a_session,
    a_user,
)

LATER = NOW + 10 * MINUTE


@pytest.fixture
async def user(store: Store) -> User:
    user = a_user()
    await store.users.add(user, "hash")
    return user


async def test_a_session_is_its_users_until_it_expires(store: Store, user: User) -> None:
    session = a_session(user)
    await store.sessions.add(session)

    assert await store.sessions.user(session.id, NOW) == user
    assert await store.sessions.user(session.id, session.expires_at) is None


@pytest.mark.parametrize("session_id", NOT_IDS)
async def test_an_unknown_session_is_nobodys(store: Store, session_id: str) -> None:
    assert await store.sessions.user(session_id, NOW) is None
    await store.sessions.revoke(session_id, NOW)
    await store.sessions.revoke_all(session_id, NOW)


async def test_a_revoked_session_is_nobodys(store: Store, user: User) -> None:
    session, other = a_session(user, "f1"), a_session(user, "f2")
    await store.sessions.add(session)
    await store.sessions.add(other)

    await store.sessions.revoke(session.id, NOW)
    await store.sessions.revoke(session.id, NOW)

    assert await store.sessions.user(session.id, NOW) is None
    assert await store.sessions.rotate("f1", "f3", NOW, LATER) is None
    assert await store.sessions.user(other.id, NOW) == user


async def test_a_session_is_revoked_at_the_time_of_the_clock(database: Database) -> None:
    store, user, other = Store(database), a_user("ada"), a_user("bob")
    for each in (user, other):
        await store.users.add(each, "hash")
    session = replace(a_session(user, "f1"), created_at=LATER)
    await store.sessions.add(session)
    await store.sessions.add(replace(a_session(other, "f2"), created_at=LATER))

    await store.sessions.revoke(session.id, LATER)
    await store.sessions.revoke_all(other.id, LATER)

    assert len(await database.fetch("SELECT id FROM sessions WHERE revoked_at = created_at")) == 2


async def test_all_sessions_of_a_user_are_revoked_at_once(store: Store, user: User) -> None:
    stranger = a_user("bob")
    await store.users.add(stranger, "hash")
    mine, yours = [a_session(user, f) for f in ("f1", "f2")], a_session(stranger, "f3")
    for session in (*mine, yours):
        await store.sessions.add(session)

    await store.sessions.revoke_all(user.id, NOW)

    assert [await store.sessions.user(session.id, NOW) for session in mine] == [None, None]
    assert await store.sessions.user(yours.id, NOW) == stranger


async def test_one_session_can_be_kept(store: Store, user: User) -> None:
    kept, other = a_session(user, "f1"), a_session(user, "f2")
    for session in (kept, other):
        await store.sessions.add(session)

    await store.sessions.revoke_all(user.id, NOW, kept=kept.id)

    assert await store.sessions.user(kept.id, NOW) == user
    assert await store.sessions.user(other.id, NOW) is None


async def test_a_token_is_replaced_once_and_lives_on(store: Store, user: User) -> None:
    session = a_session(user)
    await store.sessions.add(session)

    rotated = await store.sessions.rotate("f1", "f2", NOW, LATER)

    assert rotated == replace(session, fingerprint="f2", expires_at=LATER)
    assert await store.sessions.user(session.id, NOW + 5 * MINUTE) == user
    again = await store.sessions.rotate("f2", "f3", NOW, LATER)
    assert again is not None
    assert again.id == session.id


async def test_a_token_that_comes_twice_ends_the_session(store: Store, user: User) -> None:
    session = a_session(user)
    await store.sessions.add(session)
    await store.sessions.rotate("f1", "f2", NOW, LATER)

    assert await store.sessions.rotate("f1", "f3", NOW, LATER) is None

    assert await store.sessions.user(session.id, NOW) is None
    assert await store.sessions.rotate("f2", "f4", NOW, LATER) is None


@pytest.mark.parametrize("token", ["unknown", "", "\0", "\ud800"])
async def test_an_unknown_token_harms_nobody(store: Store, user: User, token: str) -> None:
    session = a_session(user)
    await store.sessions.add(session)

    assert await store.sessions.rotate(token, "f2", NOW, LATER) is None

    assert await store.sessions.user(session.id, NOW) == user


async def test_an_expired_token_is_not_replaced(store: Store, user: User) -> None:
    session = a_session(user)
    await store.sessions.add(session)

    assert await store.sessions.rotate("f1", "f2", session.expires_at, LATER) is None
