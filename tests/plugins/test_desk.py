"""The desk over a real host: two workers that share the switches, and follow each other."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from domain.errors import Conflict, NotFound, Unavailable, UnknownTool
from domain.plugin_desk import PluginDesk
from domain.switches import Switchboard, SwitchKind
from plugins.host import PluginHost
from tests.fakes.memory import Memory
from tests.fakes.persistence import FakeSwitches
from tests.plugins.packages import good, install

Start = Callable[[], Awaitable[tuple[PluginDesk, PluginHost]]]


class Switches(FakeSwitches):
    """Switches whose database goes away."""

    is_away = False

    async def load(self) -> Switchboard:
        if self.is_away:
            raise Unavailable("The database does not answer.")
        return await super().load()

    async def turn(self, kind: SwitchKind, name: str, *, is_on: bool, reason: str = "") -> None:
        await self.load()
        await super().turn(kind, name, is_on=is_on, reason=reason)


@pytest.fixture
def switches() -> Switches:
    return Switches(Memory())


@pytest.fixture
async def start(installed: Path, switches: Switches) -> AsyncIterator[Start]:
    install(installed, "greeter", good("greet"))
    async with AsyncExitStack() as stack:

        async def worker() -> tuple[PluginDesk, PluginHost]:
            host = PluginHost(["banned"], seconds=5)
            desk = PluginDesk(host, host, switches, poll_seconds=0.01)
            await desk.start()
            stack.push_async_callback(desk.stop)
            return desk, host

        yield worker


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_others_follow(start: Start, installed: Path) -> None:
    (desk, host), (other_desk, other) = await start(), await start()
    seen: list[int] = []

    async def watcher() -> None:
        seen.append(len(other.tools()))
        raise RuntimeError("only this watcher's trouble")

    other_desk.watch(watcher)
    number = len(host.tools())
    tool = await desk.turn_tool("greet", is_on=False)
    assert tool.spec.name == "greet"
    assert [tool.spec.name for tool in host.tools_off()] == ["greet"]
    await until(lambda: bool(other.tools_off()))
    assert (await desk.turn_plugin("greeter", is_on=False)).state == "disabled"
    await until(lambda: other.plugins() == host.plugins())
    with pytest.raises(Conflict, match="switched off"):
        await desk.reload("greeter")
    await desk.turn_plugin("greeter", is_on=True)
    await desk.turn_tool("greet", is_on=True)
    await until(lambda: other.plugins() == host.plugins())
    install(installed, "greeter", good("greet", "good morning"), version="1.3")
    assert (await desk.reload("greeter")).version == "1.3"
    await until(lambda: other.plugins() == host.plugins())
    install(installed, "newcomer", good("welcome"))
    assert "newcomer" in [info.name for info in await desk.search()]
    await until(lambda: other.plugins() == host.plugins())
    await until(lambda: bool(seen) and seen[-1] == number + 1)


async def test_what_is_not_there_or_not_allowed(start: Start, installed: Path) -> None:
    install(installed, "banned", good("ban"))
    desk, _ = await start()
    for work in (desk.turn_plugin("nobody", is_on=True), desk.reload("nobody")):
        with pytest.raises(NotFound):
            await work
    with pytest.raises(NotFound):
        await desk.turn_tool("nothing", is_on=False)
    for work in (desk.turn_plugin("banned", is_on=True), desk.reload("banned")):
        with pytest.raises(Conflict, match="PUERTO_PLUGINS_BLOCKED"):
            await work


async def test_what_was_off_is_off_for_a_worker_that_starts(start: Start) -> None:
    desk, _ = await start()
    await desk.turn_plugin("greeter", is_on=False)
    del sys.modules["greeter_module"]
    _, late = await start()
    assert [info.state for info in late.plugins() if info.name == "greeter"] == ["disabled"]
    assert "greeter_module" not in sys.modules


async def test_what_is_set_aside_is_so_everywhere_and_until_a_reload(
    start: Start, switches: Switches
) -> None:
    (desk, host), (_, other) = await start(), await start()
    told = asyncio.Event()

    async def watcher() -> None:
        told.set()

    desk.watch(watcher)
    switches.is_away = True
    await asyncio.to_thread(desk.set_aside, SwitchKind.TOOL, "greet", "blocked the event loop")
    with pytest.raises(UnknownTool):
        host.get("greet")
    switches.is_away = False  # it is stored when that can be
    await until(lambda: bool(other.tools_off()))
    assert await switches.load() == host.board
    assert told.is_set()
    assert (await desk.reload("greeter")).reason == ""
    assert host.get("greet").spec.name == "greet"
    await until(lambda: not other.tools_off())
