"""The contract of `Users`."""

from dataclasses import replace

import pytest

from adapters.persistence import Store
from domain.accounts.users import Role
from domain.shared.errors import Conflict, InvalidRequest, NotFound
from tests.adapters.persistence.stores import (
    MINUTE,
    NOT_IDS,
    NOW,
    UNKNOWN,
    a_conversation,
    a_session,
    a_user,
    user_of,
)


async def test_a_user_is_found_by_either_name_in_any_case(store: Store) -> None:
    user = a_user("ann")
    await store.users.add(user, "hash")

    assert await store.users.by_login("ann@X.org") == (user, "hash")
    assert await store.users.by_login("Ann") == (user, "hash")


@pytest.mark.parametrize("login", ["bob", "", "ann\0", "ann\ud800", "%", "' OR 1=1"])
async def test_an_unknown_login_is_nobody(store: Store, login: str) -> None:
    await store.users.add(a_user("ann"), "hash")

    assert await store.users.by_login(login) is None


async def test_a_taken_name_is_refused_and_the_message_says_which(store: Store) -> None:
    await store.users.add(a_user("ann"), "hash")
    bob = a_user("bob")

    with pytest.raises(Conflict, match="e-mail address"):
        await store.users.add(replace(bob, email="ANN@x.org"), "hash")
    with pytest.raises(Conflict, match="user name"):
        await store.users.add(replace(bob, username="ann"), "hash")
    assert await store.users.by_login("bob") is None


async def test_pages_follow_on_each_other_oldest_first(store: Store) -> None:
    users = [a_user(f"user{n}", NOW + (n // 2) * MINUTE) for n in range(5)]
    for user in reversed(users):
        await store.users.add(user, "hash")

    first = await store.users.page(2, None)
    second = await store.users.page(2, first.next_cursor)
    third = await store.users.page(2, second.next_cursor)

    ordered = sorted(users, key=lambda user: (user.created_at, user.id))
    assert [*first.items, *second.items, *third.items] == ordered
    assert third.next_cursor is None


async def test_users_are_found_by_the_beginning_of_their_names(store: Store) -> None:
    names = ("anna", "a_b", "axb", "joann")
    users = {name: a_user(name, NOW + n * MINUTE) for n, name in enumerate(names)}
    for user in users.values():
        await store.users.add(replace(user, email=f"{user.username}%@x.org"), "hash")

    async def found(prefix: str) -> list[str]:
        return [each.username for each in (await store.users.page(10, None, prefix)).items]

    assert await found("AN") == ["anna"]
    assert await found("a_") == ["a_b"]
    assert await found("joann%@") == ["joann"]
    assert await found("%") == []
    first = await store.users.page(2, None, "a")
    second = await store.users.page(2, first.next_cursor, "a")
    assert [each.username for each in (*first.items, *second.items)] == ["anna", "a_b", "axb"]


async def test_a_user_is_found_by_id(store: Store) -> None:
    user = a_user()
    await store.users.add(user, "hash")

    assert await store.users.get(user.id) == user


async def test_a_page_that_holds_all_is_the_last(store: Store) -> None:
    await store.users.add(a_user(), "hash")

    assert (await store.users.page(1, None)).next_cursor is None


async def test_a_foreign_cursor_is_refused(store: Store) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await store.users.page(2, "bm9uc2Vuc2U")
    assert refused.value.details["fields"][0]["path"] == "cursor"


async def test_a_password_is_replaced(store: Store) -> None:
    user = a_user()
    await store.users.add(user, "old")

    await store.users.set_password(user.id, "new")

    assert await store.users.by_login("ann") == (user, "new")


@pytest.mark.parametrize("user_id", [*NOT_IDS, UNKNOWN])
async def test_an_unknown_user_has_no_password(store: Store, user_id: str) -> None:
    with pytest.raises(NotFound):
        await store.users.set_password(user_id, "new")


async def test_a_role_is_changed_and_administrators_are_named(store: Store) -> None:
    ann, bob = a_user("ann"), a_user("bob")
    for user in (ann, bob):
        await store.users.add(user, "hash")
    assert await store.users.lock_administrators() == frozenset()

    assert await store.users.set_role(ann.id, Role.ADMIN) == replace(ann, role=Role.ADMIN)
    await store.users.set_role(bob.id, Role.ADMIN)
    assert await store.users.lock_administrators() == {ann.id, bob.id}
    await store.users.set_disabled(bob.id, NOW)
    assert await store.users.lock_administrators() == {ann.id}


async def test_a_disabled_user_has_no_session_until_enabled(store: Store) -> None:
    user = a_user("ann")
    await store.users.add(user, "hash")
    session = a_session(user)
    await store.sessions.add(session)

    assert await store.users.set_disabled(user.id, NOW) == replace(user, is_disabled=True)
    assert await user_of(store, session.id, NOW) is None
    assert await store.users.set_disabled(user.id, None) == user
    assert await user_of(store, session.id, NOW) == user


async def test_with_a_user_goes_what_is_theirs_and_nothing_else(store: Store) -> None:
    ann, bob = a_user("ann"), a_user("bob")
    for user in (ann, bob):
        await store.users.add(user, "hash")
    theirs, other = a_conversation(ann.id), a_conversation(bob.id)
    for conversation in (theirs, other):
        await store.conversations.add(conversation)

    await store.users.remove(ann.id)

    assert await store.users.by_login("ann") is None
    with pytest.raises(NotFound):
        await store.conversations.get(ann.id, theirs.id)
    assert await store.conversations.get(bob.id, other.id) == other


@pytest.mark.parametrize("user_id", [UNKNOWN, *NOT_IDS])
async def test_nobody_is_changed_or_removed(store: Store, user_id: str) -> None:
    for change in (
        store.users.get(user_id),
        store.users.set_role(user_id, Role.USER),
        store.users.set_disabled(user_id, None),
        store.users.remove(user_id),
    ):
        with pytest.raises(NotFound):
            await change
