"""What plugins keep, and the settings that operators set: the contract of their repositories."""

import asyncio

from adapters.persistence import Store
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import a_user

ADA = new_id()


async def test_values_are_kept_by_plugin_and_owner(store: Store) -> None:
    values = store.plugin_values
    assert await values.get("crm", "", "seen") is None
    assert await values.put("crm", "", "seen", {"at": [1, "ü\0", None]}, most=2)
    assert await values.put("crm", ADA, "seen", 2, most=2)
    assert await values.put("erp", "", "seen", 3, most=2)
    assert await values.get("crm", "", "seen") == {"at": [1, "ü\0", None]}
    assert await values.get("crm", ADA, "seen") == 2
    assert await values.put("crm", ADA, "seen", "changed", most=2)
    assert await values.get("crm", ADA, "seen") == "changed"
    assert await values.remove("crm", ADA, "seen")
    assert not await values.remove("crm", ADA, "seen")
    assert await values.get("crm", ADA, "seen") is None
    assert await values.get("erp", "", "seen") == 3


async def test_only_so_many_keys_are_kept(store: Store) -> None:
    values = store.plugin_values
    assert [await values.put("crm", "", key, 1, most=2) for key in "abc"] == [True, True, False]
    assert await values.put("crm", "", "a", 2, most=2)
    assert await values.put("crm", ADA, "c", 2, most=2)
    assert await values.keys("crm", "", "", 10) == ["a", "b"]


async def test_keys_are_listed_by_prefix(store: Store) -> None:
    for key in ("b%2", "a1", "b_1", "b%1", "B%1"):
        await store.plugin_values.put("crm", "", key, 1, most=10)
    assert await store.plugin_values.keys("crm", "", "b%", 10) == ["b%1", "b%2"]
    assert await store.plugin_values.keys("crm", "", "b", 2) == ["b%1", "b%2"]


async def test_one_key_may_be_written_by_many_at_once(store: Store) -> None:
    put = store.plugin_values.put
    assert all(await asyncio.gather(*(put("crm", "", "k", n, most=5) for n in range(5))))
    assert await store.plugin_values.get("crm", "", "k") in range(5)


async def test_what_belongs_to_a_user_goes_with_the_user(store: Store) -> None:
    ann = a_user()
    await store.users.add(ann, "hash")
    await store.plugin_values.put("crm", ann.id, "mine", 1, most=5)
    await store.plugin_values.put("crm", "", "ours", 1, most=5)
    await store.users.remove(ann.id)
    assert await store.plugin_values.get("crm", ann.id, "mine") is None
    assert await store.plugin_values.get("crm", "", "ours") == 1


async def test_sealed_settings_are_replaced(store: Store) -> None:
    assert await store.plugin_settings.load() == {}
    await store.plugin_settings.put("crm", b"1")
    await store.plugin_settings.put("erp", b"2")
    await store.plugin_settings.put("crm", b"\x003")
    assert await store.plugin_settings.load() == {"crm": b"\x003", "erp": b"2"}


async def test_a_change_of_settings_is_counted(store: Store) -> None:
    await store.switches.note_settings("crm")
    await store.switches.note_settings("crm")
    board = await store.switches.load()
    assert (board.settings, board.plugins, board.generation) == ({"crm": 2}, {}, 0)
