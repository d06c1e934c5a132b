"""The contract of `Configurations`."""

import asyncio
from dataclasses import replace

import pytest

from domain.configuration import Configuration
from domain.policy import Autonomy
from tests.adapters.persistence.stores import AnyStore


async def test_nothing_changed_means_the_initial_one(store: AnyStore) -> None:
    assert await store.configurations.load() == Configuration()


async def test_a_change_holds(store: AnyStore) -> None:
    wanted = Configuration("openai", "gpt-x", Autonomy.FULL, {"aws": True})

    assert await store.configurations.change(lambda _: wanted) == wanted

    assert await store.configurations.load() == wanted


async def test_edits_do_not_overlap(store: AnyStore) -> None:
    def longer(configuration: Configuration) -> Configuration:
        return replace(configuration, model=(configuration.model or "") + "x")

    await asyncio.gather(*(store.configurations.change(longer) for _ in range(10)))

    assert (await store.configurations.load()).model == "x" * 10


async def test_an_edit_that_fails_changes_nothing(store: AnyStore) -> None:
    def fail(_: Configuration) -> Configuration:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.configurations.change(fail)

    assert await store.configurations.load() == Configuration()
