"""The desk over a real host: two workers that share the switches, and follow each other."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from domain.plugins.service import PluginService
from domain.plugins.switches import Switch, Switchboard, SwitchKind
from domain.shared.errors import Conflict, NotFound, Unavailable, UnknownTool
from plugins.host.host import PluginHost
from tests.domain.builders import NOW
from tests.fakes.clock import FakeClock
from tests.fakes.memory import Memory
from tests.fakes.persistence import FakeSwitches
from tests.plugins.packages import good, install, uninstall

Start = Callable[[], Awaitable[tuple[PluginService, PluginHost]]]


class Switches(FakeSwitches):
    """Switches whose database goes away."""

    is_away = False

    async def load(self) -> Switchboard:
        if self.is_away:
            raise Unavailable("The database does not answer.")
        return await super().load()

    async def set_aside(self, kind: SwitchKind, name: str, switch: Switch) -> None:
        await self.load()
        await super().set_aside(kind, name, switch)


@pytest.fixture
def switches() -> Switches:
    return Switches(Memory())


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
async def start(installed: Path, switches: Switches, clock: FakeClock) -> AsyncIterator[Start]:
    install(installed, "greeter", good("greet"))
    async with AsyncExitStack() as stack:

        async def worker() -> tuple[PluginService, PluginHost]:
            host = PluginHost(["banned"], seconds=60)
            plugin_service = PluginService(host, host, switches, clock, poll_seconds=0.01)
            await plugin_service.start(tries_again=True)
            stack.push_async_callback(plugin_service.stop)
            return plugin_service, host

        yield worker


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_others_follow(start: Start, installed: Path) -> None:
    (plugin_service, host), (other_desk, other) = await start(), await start()
    seen: list[int] = []

    async def watcher() -> None:
        seen.append(len(other.tools()))
        raise RuntimeError("only this watcher's trouble")

    other_desk.watch(watcher)
    number = len(host.tools())
    tool = await plugin_service.turn_tool("greet", is_on=False)
    assert tool.spec.name == "greet"
    assert [tool.spec.name for tool in host.tools_off()] == ["greet"]
    await until(lambda: bool(other.tools_off()))
    assert (await plugin_service.turn_plugin("greeter", is_on=False)).state == "disabled"
    await until(lambda: other.plugins() == host.plugins())
    with pytest.raises(Conflict, match="switched off"):
        await plugin_service.reload("greeter")
    await plugin_service.turn_plugin("greeter", is_on=True)
    await plugin_service.turn_tool("greet", is_on=True)
    await until(lambda: other.plugins() == host.plugins())
    install(installed, "greeter", good("greet", "good morning"), version="1.3")
    assert (await plugin_service.reload("greeter")).version == "1.3"
    await until(lambda: other.plugins() == host.plugins())
    install(installed, "newcomer", good("welcome"))
    assert "newcomer" in [info.name for info in await plugin_service.search()]
    await until(lambda: other.plugins() == host.plugins())
    await until(lambda: bool(seen) and seen[-1] == number + 1)


async def test_what_is_not_there_or_not_allowed(start: Start, installed: Path) -> None:
    install(installed, "banned", good("ban"))
    plugin_service, _ = await start()
    for work in (plugin_service.turn_plugin("nobody", is_on=True), plugin_service.reload("nobody")):
        with pytest.raises(NotFound):
            await work
    with pytest.raises(NotFound):
        await plugin_service.turn_tool("nothing", is_on=False)
    for work in (plugin_service.turn_plugin("banned", is_on=True), plugin_service.reload("banned")):
        with pytest.raises(Conflict, match="PUERTO_PLUGINS_BLOCKED"):
            await work


async def test_what_was_off_is_off_for_a_worker_that_starts(start: Start) -> None:
    plugin_service, _ = await start()
    await plugin_service.turn_plugin("greeter", is_on=False)
    del sys.modules["greeter_module"]
    _, late = await start()
    assert [info.state for info in late.plugins() if info.name == "greeter"] == ["disabled"]
    assert "greeter_module" not in sys.modules


async def test_what_is_set_aside_is_so_everywhere_and_until_a_reload(
    start: Start, switches: Switches
) -> None:
    (plugin_service, host), (_, other) = await start(), await start()
    told = asyncio.Event()

    async def watcher() -> None:
        told.set()

    plugin_service.watch(watcher)
    switches.is_away = True
    await asyncio.to_thread(
        plugin_service.set_aside, SwitchKind.TOOL, "greet", "blocked the event loop"
    )
    with pytest.raises(UnknownTool):
        host.get("greet")
    switches.is_away = False  # it is stored when that can be
    await until(lambda: bool(other.tools_off()))
    assert await switches.load() == host.board
    assert told.is_set()
    assert (await plugin_service.reload("greeter")).reason == ""
    assert host.get("greet").spec.name == "greet"
    await until(lambda: not other.tools_off())


def reason_of(host: PluginHost, name: str = "greeter") -> str:
    return next(info.reason for info in host.plugins() if info.name == name)


async def quarantined(
    plugin_service: PluginService, switches: Switches, kind: SwitchKind, name: str
) -> None:
    """Set it aside, and wait until that is stored."""
    await asyncio.to_thread(plugin_service.set_aside, kind, name, "blocked the event loop")
    async with asyncio.timeout(60):
        while not (await switches.load()).switch(kind, name).reason:
            await asyncio.sleep(0.01)


async def test_a_quarantine_says_since_when_and_what_lifts_it(
    start: Start, switches: Switches
) -> None:
    plugin_service, host = await start()
    await quarantined(plugin_service, switches, SwitchKind.TOOL, "greet")
    told = (
        "it blocked the event loop (2026-11-20 12:00 UTC; the next start tries it again);"
        " `puerto plugin reload greeter` lifts it"
    )
    assert host.why_off("greet") == told
    assert reason_of(host) == f"tool 'greet' is quarantined: {told}"


async def test_another_plugins_tool_does_not_inherit_a_quarantine(
    start: Start, installed: Path, switches: Switches
) -> None:
    plugin_service, _ = await start()
    await quarantined(plugin_service, switches, SwitchKind.TOOL, "greet")
    uninstall(installed, "greeter")
    install(installed, "stranger", good("greet", "hi"))
    del sys.modules["greeter_module"]
    await plugin_service.search()
    _, host = await start()
    assert host.get("greet").spec.plugin == "stranger"


@pytest.mark.parametrize(
    ("kind", "name"), [(SwitchKind.TOOL, "greet"), (SwitchKind.PLUGIN, "greeter")]
)
async def test_other_code_lifts_a_quarantine(
    start: Start, installed: Path, switches: Switches, kind: SwitchKind, name: str
) -> None:
    plugin_service, host = await start()
    await quarantined(plugin_service, switches, kind, name)
    with pytest.raises(UnknownTool):
        host.get("greet")
    await plugin_service.search()
    with pytest.raises(UnknownTool):  # nothing changed
        host.get("greet")
    install(installed, "greeter", good("greet", "better"))  # under the same version
    await plugin_service.search()
    assert host.get("greet").spec.name == "greet"
    assert reason_of(host) == ""


@pytest.mark.parametrize(
    ("kind", "name"), [(SwitchKind.TOOL, "greet"), (SwitchKind.PLUGIN, "greeter")]
)
async def test_starts_try_again_what_was_set_aside_ever_later(
    start: Start, switches: Switches, clock: FakeClock, kind: SwitchKind, name: str
) -> None:
    plugin_service, host = await start()
    for wait in (timedelta(), timedelta(minutes=1), timedelta(minutes=4), timedelta(minutes=16)):
        await quarantined(plugin_service, switches, kind, name)
        if wait:
            clock.advance(wait - timedelta(seconds=1))
            _, early = await start()
            assert early.plugins() == host.plugins()
            with pytest.raises(UnknownTool):
                early.get("greet")
            clock.advance(timedelta(seconds=1))
        _, late = await start()
        assert late.get("greet").spec.name == "greet"
        await until(lambda: "greet" in [tool.spec.name for tool in host.tools()])
    assert (await switches.load()).switch(kind, name).tries == 4
    await plugin_service.turn_tool("greet", is_on=True)
    await plugin_service.turn_plugin("greeter", is_on=True)
    assert (await switches.load()).switch(kind, name).tries == 0  # an operator's word ends it


async def test_what_an_operator_switched_off_is_not_tried_again(
    start: Start, switches: Switches
) -> None:
    plugin_service, _ = await start()
    await plugin_service.turn_tool("greet", is_on=False)
    _, late = await start()
    with pytest.raises(UnknownTool, match=r"switched off\."):
        late.get("greet")
    assert late.why_off("greet") == ""
