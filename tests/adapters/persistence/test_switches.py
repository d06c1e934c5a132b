"""The switches of plugins and tools: the contract of whoever keeps them."""

import asyncio

from adapters.persistence import Store
from domain.plugins.switches import Switch, Switchboard, SwitchKind
from tests.adapters.persistence.stores import NOW

PLUGIN, TOOL = SwitchKind.PLUGIN, SwitchKind.TOOL
ASLEEP = Switch().set_aside("sleeps", "dreamer", "1.2+abc", NOW)


async def test_at_first_everything_is_on(store: Store) -> None:
    assert await store.switches.load() == Switchboard()


async def test_what_is_switched_stays_so(store: Store) -> None:
    turn = store.switches.turn
    await turn(PLUGIN, "same", is_on=False)
    await store.switches.set_aside(TOOL, "same", ASLEEP)
    await store.switches.set_aside(TOOL, "other", ASLEEP)
    await turn(TOOL, "other", is_on=True)

    assert await store.switches.load() == Switchboard(
        {"same": Switch(is_on=False)}, {"same": ASLEEP, "other": Switch()}
    )


async def test_what_is_tried_again_keeps_how_often_it_was_set_aside(store: Store) -> None:
    await store.switches.set_aside(TOOL, "slow", ASLEEP)
    await store.switches.turn(TOOL, "unwanted", is_on=False)
    assert not await store.switches.try_again(TOOL, "slow", ASLEEP.tries + 1)
    assert not await store.switches.try_again(TOOL, "unwanted", 0)
    assert await store.switches.try_again(TOOL, "slow", ASLEEP.tries)
    assert not await store.switches.try_again(TOOL, "slow", ASLEEP.tries)  # by one worker

    assert (await store.switches.load()).tools == {
        "slow": ASLEEP.tried_again(),
        "unwanted": Switch(is_on=False),
    }


async def test_reading_again_is_counted(store: Store) -> None:
    await asyncio.gather(*(store.switches.renew("dice") for _ in range(3)))
    await store.switches.search()
    await store.switches.search()
    await store.switches.turn(PLUGIN, "dice", is_on=False)

    dice = Switch(is_on=False, generation=3)
    assert await store.switches.load() == Switchboard({"dice": dice}, {}, generation=2)


async def test_reading_again_lifts_a_quarantine_and_not_what_an_operator_said(
    store: Store,
) -> None:
    await store.switches.set_aside(PLUGIN, "slow", ASLEEP)
    await store.switches.turn(PLUGIN, "unwanted", is_on=False)
    for name in ("slow", "unwanted"):
        await store.switches.renew(name)

    assert (await store.switches.load()).plugins == {
        "slow": Switch(generation=1),
        "unwanted": Switch(is_on=False, generation=1),
    }
