"""Who holds up the event loop is named, and does not do it again."""

import asyncio
import sys
import threading
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from domain.plugins.switches import SwitchKind
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool
from plugins.host.host import PluginHost
from plugins.host.watchdog import LoopWatch, find_culprit
from tests.plugins.host.test_host import HandMade, plugin, spec

SECONDS = 0.2


@dataclass
class Told:
    """What a watch said."""

    calls: list[tuple[SwitchKind, str, str]] = field(default_factory=list)
    said: threading.Event = field(default_factory=threading.Event)

    def set_aside(self, kind: SwitchKind, name: str, reason: str) -> None:
        self.calls.append((kind, name, reason))
        self.said.set()


def ours(module: str) -> str | None:
    """Say that this file is a plugin."""
    return "mine" if module == __name__ else None


@asynccontextmanager
async def watched(owner_of: Any = ours, seconds: float = SECONDS) -> AsyncGenerator[Told]:
    told = Told()
    watch = LoopWatch(owner_of, told.set_aside, seconds)
    watch.start()
    yield told
    watch.stop()


def hold_up(times: float = 3.0) -> None:
    time.sleep(SECONDS * times)


@tool(effect="read")
async def block() -> str:
    """Sleep where nobody may."""
    hold_up()
    return "slept"


async def test_a_tool_that_blocks_is_named(
    context: ToolContext, caplog: pytest.LogCaptureFixture
) -> None:
    host = PluginHost()
    host.register(plugin(block), "bad")
    async with watched() as told:
        assert await host.get("block").run({}, context) == "slept"
        assert await asyncio.to_thread(told.said.wait, 60)
    ((kind, name, reason),) = told.calls
    assert (kind, name) == (SwitchKind.TOOL, "block")
    line = hold_up.__code__.co_firstlineno + 1
    assert reason.startswith("blocked the event loop for ")
    assert reason.endswith(f" s at {__file__}:{line}")
    assert f"tool block blocks the event loop at {__file__}:{line}" in caplog.text


async def test_code_of_a_plugin_that_is_no_tools_is_the_plugins() -> None:
    async with watched() as told:
        hold_up()
        assert await asyncio.to_thread(told.said.wait, 60)
    assert [call[:2] for call in told.calls] == [(SwitchKind.PLUGIN, "mine")]


async def test_nobody_is_blamed_for_the_code_of_others(caplog: pytest.LogCaptureFixture) -> None:
    async with watched(lambda module: None) as told:
        hold_up()
        await asyncio.sleep(0.01)
    assert told.calls == []
    assert "The event loop is blocked, by no plugin's code" in caplog.text


async def test_work_that_lets_others_in_blocks_nothing() -> None:
    limit = 2.0  # seconds: a busy machine may stop everybody for tenths of one
    async with watched(seconds=limit) as told:
        end = time.monotonic() + limit * 1.2
        while time.monotonic() < end:
            hold_up(0.1)
            await asyncio.sleep(0)
    assert told.calls == []


class Checking(HandMade):
    """A tool whose check looks at its stack."""

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        found = find_culprit(sys._getframe(), lambda module: None)
        assert found is not None
        return {"kind": found.kind, "name": found.name}


def test_a_check_is_the_tools_too() -> None:
    host = PluginHost()
    host.register(plugin(Checking(spec("look"))), "mine")
    assert host.get("look").check({}) == {"kind": "tool", "name": "look"}


class Bulky(HandMade):
    """A tool whose result takes long to look through."""

    async def run(self, _arguments: Mapping[str, Any], _context: ToolContext) -> Any:
        return [{"id": n, "name": f"name {n}", "parts": [n, n]} for n in range(50_000)]


async def test_nobody_is_blamed_for_a_large_result(context: ToolContext) -> None:
    host = PluginHost()
    host.register(plugin(Bulky(spec("rows"))), "good")
    async with watched(lambda module: None) as told:
        assert len(await host.get("rows").run({}, context)) == 50_000
    assert told.calls == []


class Watching(Iterator[int]):
    """Looks at the stack in which code of ours reads it: from its own frame, and from ours."""

    def __init__(self) -> None:
        self.found: list[Any] = []

    def __next__(self) -> int:
        for frame in (sys._getframe(), sys._getframe(1)):
            self.found.append(find_culprit(frame, ours))
        raise StopIteration


def test_code_of_ours_that_a_tool_keeps_busy_is_not_the_tools() -> None:
    items = Watching()

    class Giving(HandMade):
        def check(self, _arguments: Mapping[str, Any]) -> dict[str, Any]:
            return {"items": items}

    host = PluginHost()
    host.register(plugin(Giving(spec("look"))), "mine")
    assert host.get("look").check({}) == {"items": []}
    its_own, ours_alone = items.found
    assert (its_own.kind, its_own.name) == (SwitchKind.TOOL, "look")
    assert ours_alone is None
