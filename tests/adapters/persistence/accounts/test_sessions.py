"""The contract of `Sessions`."""

import asyncio
from dataclasses import replace

import pytest

from adapters.persistence import Database, Store
from domain.accounts.login_clients import LoginClient
from domain.accounts.ports import PasswordReset
from domain.accounts.users import User
from domain.shared.errors import InvalidRequest, NotFound
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import (
    MINUTE,
    NOT_IDS,
    NOW,
    UNKNOWN,
    a_session,
    a_user,
    user_of,
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

    assert await user_of(store, session.id, NOW) == user
    assert await user_of(store, session.id, session.expires_at) is None


async def test_no_refresh_lasts_beyond_the_end_of_a_session(store: Store, user: User) -> None:
    ends = replace(a_session(user), ends_at=NOW + 2 * MINUTE)
    goes_on = a_session(user, "f2")
    for session in (ends, goes_on):
        await store.sessions.add(session)
    first = await store.sessions.rotate("f1", "g1", NOW, NOW + MINUTE)
    assert first == replace(ends, fingerprint="g1")
    second = await store.sessions.rotate("g1", "h1", NOW, LATER)
    assert second is not None
    assert (second.expires_at, second.ends_at) == (NOW + 2 * MINUTE, NOW + 2 * MINUTE)
    other = await store.sessions.rotate("f2", "g2", NOW, LATER)
    assert other is not None
    assert other.expires_at == LATER
    assert await store.sessions.rotate("h1", "i1", NOW + 2 * MINUTE, LATER) is None


@pytest.mark.parametrize("session_id", NOT_IDS)
async def test_an_unknown_session_is_nobodys(store: Store, session_id: str) -> None:
    assert await user_of(store, session_id, NOW) is None
    await store.sessions.revoke(session_id, NOW)
    await store.sessions.revoke_all(session_id, NOW)


async def test_a_revoked_session_is_nobodys(store: Store, user: User) -> None:
    session, other = a_session(user, "f1"), a_session(user, "f2")
    await store.sessions.add(session)
    await store.sessions.add(other)

    await store.sessions.revoke(session.id, NOW)
    await store.sessions.revoke(session.id, NOW)

    assert await user_of(store, session.id, NOW) is None
    assert await store.sessions.rotate("f1", "f3", NOW, LATER) is None
    assert await user_of(store, other.id, NOW) == user


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

    assert [await user_of(store, session.id, NOW) for session in mine] == [None, None]
    assert await user_of(store, yours.id, NOW) == stranger


async def test_one_session_can_be_kept(store: Store, user: User) -> None:
    kept, other = a_session(user, "f1"), a_session(user, "f2")
    for session in (kept, other):
        await store.sessions.add(session)

    await store.sessions.revoke_all(user.id, NOW, kept=kept.id)

    assert await user_of(store, kept.id, NOW) == user
    assert await user_of(store, other.id, NOW) is None


async def test_a_token_is_replaced_once_and_lives_on(store: Store, user: User) -> None:
    session = a_session(user)
    await store.sessions.add(session)

    rotated = await store.sessions.rotate("f1", "f2", NOW, LATER)

    assert rotated == replace(session, fingerprint="f2", expires_at=LATER)
    assert await user_of(store, session.id, NOW + 5 * MINUTE) == user
    again = await store.sessions.rotate("f2", "f3", NOW, LATER)
    assert again is not None
    assert again.id == session.id


async def test_a_token_that_comes_twice_ends_the_session(store: Store, user: User) -> None:
    session = a_session(user)
    await store.sessions.add(session)
    await store.sessions.rotate("f1", "f2", NOW, LATER)

    assert await store.sessions.rotate("f1", "f3", NOW, LATER) is None

    assert await user_of(store, session.id, NOW) is None
    assert await store.sessions.rotate("f2", "f4", NOW, LATER) is None


@pytest.mark.parametrize("token", ["unknown", "", "\0", "\ud800"])
async def test_an_unknown_token_harms_nobody(store: Store, user: User, token: str) -> None:
    session = a_session(user)
    await store.sessions.add(session)

    assert await store.sessions.rotate(token, "f2", NOW, LATER) is None

    assert await user_of(store, session.id, NOW) == user


async def test_an_expired_token_is_not_replaced(store: Store, user: User) -> None:
    session = a_session(user)
    await store.sessions.add(session)

    assert await store.sessions.rotate("f1", "f2", session.expires_at, LATER) is None


async def test_sessions_are_listed_page_by_page_until_they_are_over(
    store: Store, user: User
) -> None:
    client = LoginClient("Firefox/150", "203.0.113.0/24")
    live = [
        replace(a_session(user, f"f{n}"), created_at=NOW + (n // 2) * MINUTE, client=client)
        for n in range(5)
    ]
    live = [replace(each, expires_at=NOW + 60 * MINUTE) for each in live]
    gone, over = a_session(user, "gone"), a_session(user, "over")
    for session in (*live, gone, over):
        await store.sessions.add(session)
    await store.sessions.revoke(gone.id, NOW)
    later = NOW + 10 * MINUTE

    first = await store.sessions.of_user(user.id, later, 3, None)
    second = await store.sessions.of_user(user.id, later, 3, first.next_cursor)

    ordered = sorted(live, key=lambda each: (each.created_at, each.id), reverse=True)
    assert [*first.items, *second.items] == ordered
    assert second.next_cursor is None
    with pytest.raises(InvalidRequest):
        await store.sessions.of_user(user.id, later, 3, "nonsense")


async def test_when_a_session_was_used_is_stored(store: Store, user: User) -> None:
    session = a_session(user)
    await store.sessions.add(session)
    assert not session.is_to_touch(NOW)
    assert session.is_to_touch(NOW + MINUTE)
    assert await store.users.last_seen([user.id, UNKNOWN]) == {user.id: NOW}

    await store.sessions.touch(session.id, NOW + MINUTE)

    found = await store.sessions.get(session.id, NOW)
    assert found == (replace(session, last_used_at=NOW + MINUTE), user)
    assert not found[0].is_to_touch(NOW + MINUTE)
    assert await store.users.last_seen([user.id]) == {user.id: NOW + MINUTE}
    assert await store.users.last_seen([]) == {}


async def test_one_ends_ones_own_sessions_alone(store: Store, user: User) -> None:
    session, over = a_session(user), a_session(user, "f2")
    for each in (session, over):
        await store.sessions.add(each)
    await store.sessions.revoke(over.id, NOW)
    for user_id, session_id in [
        (UNKNOWN, session.id),
        (user.id, over.id),
        *((user.id, each) for each in (UNKNOWN, *NOT_IDS)),
    ]:
        with pytest.raises(NotFound):
            await store.sessions.revoke_of(user_id, session_id, NOW)
    assert await store.sessions.alive({session.id, over.id, UNKNOWN}, NOW) == {session.id}

    await store.sessions.revoke_of(user.id, session.id, NOW)

    assert await user_of(store, session.id) is None
    assert await store.sessions.alive({session.id}, NOW) == set()


async def test_no_session_of_a_disabled_user_is_alive(store: Store, user: User) -> None:
    session = a_session(user)
    await store.sessions.add(session)
    assert await store.sessions.alive({session.id}, session.expires_at) == set()
    await store.users.set_disabled(user.id, NOW)
    assert await store.sessions.alive({session.id}, NOW) == set()


async def test_a_token_for_a_password_is_the_users_last_and_good_once(
    store: Store, user: User
) -> None:
    first, second = (PasswordReset(each, user.id, LATER) for each in ("r1", "r2"))
    other = PasswordReset("r3", new_id(), LATER)
    for reset in (first, other, second):
        await store.password_resets.put(reset)

    assert await store.password_resets.get("r1") is None
    assert await store.password_resets.get("r2") == second
    took = await asyncio.gather(*(store.password_resets.take("r2") for _ in range(5)))
    assert sorted(took) == [False, False, False, False, True]
    assert await store.password_resets.get("r2") is None
    assert await store.password_resets.get("r3") == other
