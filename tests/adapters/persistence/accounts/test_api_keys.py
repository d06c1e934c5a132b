"""API keys: the contract of whoever keeps them."""

from dataclasses import replace
from datetime import datetime

import pytest

from adapters.persistence import Store
from domain.accounts.api_keys import ApiKey, Scope, made_of, new_key
from domain.accounts.users import User
from domain.shared.errors import NotFound
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import MINUTE, NOT_IDS, NOW, a_user


def a_key(user: User, name: str = "report", at: datetime = NOW) -> ApiKey:
    return made_of(new_key(), new_id(), user, name, {Scope.CHAT, Scope.LEARN}, at, NOW + MINUTE)


async def test_a_key_is_found_by_its_fingerprint_with_its_user(store: Store) -> None:
    ann = a_user()
    await store.users.add(ann, "hash")
    key = a_key(ann, "r\u00e9port")
    assert await store.program_keys.add(key, most=5)
    assert await store.program_keys.by_fingerprint(key.fingerprint) == (key, ann)
    assert await store.program_keys.by_fingerprint("0" * 64) is None
    await store.program_keys.touch(key.id, NOW + MINUTE)
    used = replace(key, last_used_at=NOW + MINUTE)
    assert list(await store.program_keys.of_user(ann.id)) == [used]


async def test_a_key_without_an_end_is_kept_so(store: Store) -> None:
    ann = a_user()
    await store.users.add(ann, "hash")
    await store.program_keys.add(replace(a_key(ann), expires_at=None), most=5)
    [key] = await store.program_keys.of_user(ann.id)
    assert (key.expires_at, key.last_used_at) == (None, None)


async def test_which_keys_are_alive(store: Store) -> None:
    ann, bob = a_user("ann"), a_user("bob")
    for user in (ann, bob):
        await store.users.add(user, "hash")
    endless, ending, other = replace(a_key(ann), expires_at=None), a_key(ann), a_key(bob)
    for key in (endless, ending, other):
        await store.program_keys.add(key, most=5)
    asked = {endless.fingerprint, ending.fingerprint, other.fingerprint, "0" * 64}

    assert await store.program_keys.alive(asked, NOW) == asked - {"0" * 64}
    await store.users.set_disabled(bob.id, NOW)
    assert await store.program_keys.alive(asked, NOW + MINUTE) == {endless.fingerprint}


async def test_a_user_has_only_so_many_the_newest_first(store: Store) -> None:
    ann, bob = a_user("ann"), a_user("bob")
    for user in (ann, bob):
        await store.users.add(user, "hash")
    first, second = a_key(ann, "1"), a_key(ann, "2", NOW + MINUTE)
    added = [
        await store.program_keys.add(key, most=2)
        for key in (first, second, a_key(ann, "3"), a_key(bob))
    ]
    assert added == [True, True, False, True]
    assert [each.name for each in await store.program_keys.of_user(ann.id)] == ["2", "1"]


async def test_only_its_user_removes_a_key(store: Store) -> None:
    ann, bob = a_user("ann"), a_user("bob")
    for user in (ann, bob):
        await store.users.add(user, "hash")
    key = a_key(ann)
    await store.program_keys.add(key, most=5)
    for user_id, key_id in [(bob.id, key.id), *((ann.id, each) for each in NOT_IDS)]:
        with pytest.raises(NotFound):
            await store.program_keys.remove(user_id, key_id)
    assert (await store.program_keys.remove(ann.id, key.id)).id == key.id
    with pytest.raises(NotFound):
        await store.program_keys.remove(ann.id, key.id)


async def test_a_key_is_none_while_its_user_is_disabled_and_goes_with_the_user(
    store: Store,
) -> None:
    ann = a_user()
    await store.users.add(ann, "hash")
    key = a_key(ann)
    await store.program_keys.add(key, most=5)
    await store.users.set_disabled(ann.id, NOW)
    assert await store.program_keys.by_fingerprint(key.fingerprint) is None
    await store.users.set_disabled(ann.id, None)
    assert await store.program_keys.by_fingerprint(key.fingerprint) is not None
    await store.users.remove(ann.id)
    assert await store.program_keys.of_user(ann.id) == []
