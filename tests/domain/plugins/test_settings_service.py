"""The settings of plugins, as operators set them."""

import pytest

from domain.plugins.settings import CurrentSettings
from domain.plugins.settings_service import SettingsReader
from tests.fakes.learned_apis import FakeCipher
from tests.fakes.persistence import FakeStore


async def test_what_is_stored_is_encrypted_and_bound_to_its_plugin(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, settings = FakeStore(), CurrentSettings({})
    reader = SettingsReader(store.plugin_settings, FakeCipher(), settings)
    await reader.store("crm", {"token": "s3cr3t"})
    assert await reader.load() == {"crm": {"token": "s3cr3t"}}
    sealed = (await store.plugin_settings.load())["crm"]
    assert sealed != b'{"token": "s3cr3t"}'
    await store.plugin_settings.put("erp", sealed)  # copied into another's place
    assert await reader.load() == {"crm": {"token": "s3cr3t"}}
    assert "the settings of the plugin erp cannot be read" in caplog.text


async def test_they_are_read_when_their_changes_were_counted() -> None:
    store, settings = FakeStore(), CurrentSettings({})
    reader = SettingsReader(store.plugin_settings, FakeCipher(), settings)
    await reader.store("crm", {"a": 1})
    loads = list[int]()
    load = store.plugin_settings.load

    async def counted() -> dict[str, bytes]:
        loads.append(1)
        return dict(await load())

    store.plugin_settings.load = counted  # type: ignore[method-assign]
    await reader.refresh({})
    await reader.refresh({"crm": 1})
    await reader.refresh({"crm": 1})
    assert loads == [1]
