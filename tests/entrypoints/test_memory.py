"""Memory goes back when many tools came or went, and only then."""

import gc

from entrypoints.memory import MemoryKeeper, settle, trim
from tests.fakes.tools import FakeTool, FakeToolbox


async def test_it_follows_how_many_tools_there_are() -> None:
    toolbox, given = FakeToolbox(), list[int]()
    keeper = MemoryKeeper(toolbox, lambda: given.append(len(toolbox.tools())))

    for count in (3, 50, 180, 200, 20):
        for name in [tool.spec.name for tool in toolbox.tools()]:
            toolbox.drop(name)
        for at in range(count):
            toolbox.put(FakeTool(f"look_{at}"))
        await keeper.follow()
        await keeper.follow()

    assert given == [180, 20]


def test_memory_is_given_back_on_any_system() -> None:
    trim()
    trim()


def test_what_a_started_service_holds_is_not_looked_through_again() -> None:
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        settle()

        assert gc.get_freeze_count() > frozen
        assert gc.get_threshold()[0] > threshold[0]
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)
