"""Memory goes back when many tools came or went, and only then."""

from entrypoints.memory import MemoryKeeper, trim
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
