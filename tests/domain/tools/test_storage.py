"""The storage of plugins."""

from typing import Any

import pytest

from domain.tools.storage import MemoryValues, PluginStorage, Storage


async def test_values_are_got_set_listed_and_deleted() -> None:
    storage: Storage = PluginStorage(MemoryValues(), "crm")
    assert await storage.get("last") is None
    assert await storage.get("last", 0) == 0
    await storage.set("last", {"id": 7})
    await storage.set("first", [1])
    assert await storage.get("last") == {"id": 7}
    assert await storage.keys() == ["first", "last"]
    assert await storage.keys("la") == ["last"]
    assert await storage.delete("last")
    assert not await storage.delete("last")


async def test_users_and_plugins_do_not_see_each_others_values() -> None:
    values = MemoryValues()
    stores = [PluginStorage(values, *of) for of in (("crm",), ("crm", "ann"), ("erp",))]
    for number, storage in enumerate(stores):
        await storage.set("k", number)
    assert [await storage.get("k") for storage in stores] == [0, 1, 2]


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("k" * 201, 1, "at most 200 characters"),
        (5, 1, "a key is text, not a int"),
        ("k", "x" * 70_000, "larger than 64,000 characters"),
        ("k", object(), "JSON"),
        ("k", float("nan"), "number"),
    ],
)
async def test_what_cannot_be_stored_is_refused(key: Any, value: Any, why: str) -> None:
    storage = PluginStorage(MemoryValues(), "crm")
    with pytest.raises(ValueError, match=why):
        await storage.set(key, value)
    assert await storage.keys() == []


async def test_there_is_an_end_to_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.tools.storage.MOST_KEYS", 2)
    storage = PluginStorage(MemoryValues(), "crm")
    await storage.set("a", 1)
    await storage.set("b", 1)
    await storage.set("b", 2)
    with pytest.raises(ValueError, match="2 keys already"):
        await storage.set("c", 1)
