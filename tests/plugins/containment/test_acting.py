"""Whose code runs is known, and what it can do to the others is kept from it."""

import asyncio
import builtins
import json
import os
import socket
import sys
import threading
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest

from domain.models.messages import Piece, Stop, Text
from domain.shared.untrusted import Contained, within
from domain.tools.tool_context import ToolContext
from plugins.authoring.hookspecs import hookimpl
from plugins.authoring.tool import tool
from plugins.containment.acting import check_between, own_task, watched
from plugins.containment.process_state import ReportChange, watching_process
from plugins.host.host import PluginHost

OPEN = open
Told = list[tuple[str, str, bool]]


@pytest.fixture
def told() -> Iterator[Told]:
    """What was reported; the process is watched meanwhile."""
    reports: Told = []
    with watching_process(told_to(reports)):
        yield reports


def told_to(reports: Told) -> ReportChange:
    def report(plugin: str, what: str, *, is_grave: bool) -> None:
        reports.append((plugin, what, is_grave))

    return report


def on_own_tasks(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test on a loop as the service has it."""

    def loop() -> asyncio.AbstractEventLoop:
        made = asyncio.new_event_loop()
        made.set_task_factory(own_task)
        return made

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main())


async def cancel_all() -> None:
    for task in asyncio.all_tasks():
        task.cancel()
    await asyncio.sleep(0)


CANCELS = ("rude", "cancelled a task that is not its own", True)


def test_a_plugin_cancels_no_task_but_its_own(told: Told) -> None:
    async def main() -> None:
        ours = asyncio.create_task(asyncio.sleep(0.01, "slept"))
        theirs = asyncio.create_task(watched("other", "the other", lambda: asyncio.sleep(0.01, 1)))
        await asyncio.sleep(0)
        with pytest.raises(Contained, match="it cancelled itself"):
            await within(60, lambda: watched("rude", "the rude", cancel_all))
        assert await ours == "slept"
        assert await theirs == 1

    on_own_tasks(main)
    assert set(told) == {CANCELS}


def test_a_plugin_may_cancel_what_it_began(told: Told) -> None:
    async def work() -> str:
        child = asyncio.create_task(asyncio.sleep(600))
        child.cancel()
        with suppress(asyncio.CancelledError):
            await child
        with suppress(TimeoutError):
            async with asyncio.timeout(0):  # cancels the task that it is in
                await asyncio.sleep(600)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(600), 0)
        with suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(600))
                group.create_task(fail())
        assert child.cancelled()
        return "done"

    async def fail() -> None:
        raise ValueError

    async def main() -> None:
        assert await watched("good", "the good", work) == "done"

    on_own_tasks(main)
    assert told == []


def test_a_task_that_was_left_behind_is_the_plugins_too(told: Told) -> None:
    left: list[asyncio.Task[None]] = []

    async def leave() -> None:
        left.append(asyncio.create_task(later()))

    async def later() -> None:
        builtins.open = None  # type: ignore[assignment]
        await asyncio.sleep(0)
        await cancel_all()

    async def main() -> None:
        await asyncio.create_task(watched("rude", "the rude", leave))
        with suppress(asyncio.CancelledError):
            await left[0]

    on_own_tasks(main)
    assert builtins.open is OPEN
    assert set(told) == {CANCELS, ("rude", "replaced builtins.open", True)}


def test_the_guard_against_foreign_cancels_is_not_taken_off(told: Told) -> None:
    async def take_off() -> None:
        asyncio.get_running_loop().set_task_factory(None)
        await asyncio.sleep(0)
        await cancel_all()

    async def main() -> None:
        with watching_process(told_to(told)):
            with suppress(asyncio.CancelledError):
                await asyncio.create_task(watched("rude", "the rude", take_off))
            assert asyncio.get_running_loop().get_task_factory() is own_task

    on_own_tasks(main)
    assert told[0] == ("rude", "the loop's task factory was replaced", False)
    assert set(told[1:]) == {CANCELS}


@pytest.mark.parametrize(
    ("at_work", "who", "plugin"),
    [
        ([], "some code of a plugin's, between its calls", ""),
        (["one"], "the one", "one"),
        (["one", "one"], "the one", "one"),
        (["two", "one"], "one of: the one, the two", ""),
    ],
)
async def test_whose_code_may_have_changed_the_process_is_named(
    told: Told,
    caplog: pytest.LogCaptureFixture,
    at_work: list[str],
    who: str,
    plugin: str,
) -> None:
    ended = asyncio.Event()
    began = [asyncio.create_task(watched(each, f"the {each}", ended.wait)) for each in at_work]
    await asyncio.sleep(0)
    socket.setdefaulttimeout(0.001)
    check_between()
    ended.set()
    await asyncio.gather(*began)
    what = "the timeout of new sockets was set to 0.001 s"
    assert f"{who}: {what}; it is put back" in caplog.text
    assert told == ([(plugin, what, False)] if plugin else [])


async def test_whoever_awaits_is_not_set_aside_for_what_a_thread_did(told: Told) -> None:
    ended = asyncio.Event()
    awaits = asyncio.create_task(watched("good", "the good", ended.wait))
    await asyncio.sleep(0)
    builtins.open = None  # type: ignore[assignment]
    check_between()
    assert builtins.open is OPEN
    ended.set()
    await awaits
    assert told == []


class Rude:
    """A plugin all of whose parts take a function away, and cancel everything."""

    @hookimpl
    def puerto_register(self, registry: Any) -> None:
        registry.add_veto(self._take)
        registry.add_observer(self._take)
        registry.add_lifespan(self._live)
        registry.add_chat_model(
            "rude", lambda: SimpleNamespace(stream=self._stream), default_model="m"
        )

    async def _take(self, _what: object) -> None:
        builtins.open = None  # type: ignore[assignment]
        await asyncio.sleep(0)
        assert builtins.open is OPEN  # it was put back before anything else ran
        await cancel_all()

    @asynccontextmanager
    async def _live(self) -> AsyncGenerator[None]:
        await self._take(None)
        yield

    async def _stream(self, _request: object) -> AsyncGenerator[Piece]:
        yield Text("a")
        builtins.open = None  # type: ignore[assignment]
        yield Stop()


REPLACED = ("rude", "replaced builtins.open", True)


def test_every_part_of_a_plugin_acts_for_it(told: Told) -> None:
    host = PluginHost()
    host.register(Rude(), "rude")
    (veto,), (observer,), (life,) = host.vetoes(), host.observers(), host.lifespans()
    asked: list[Callable[[], Awaitable[Any]]] = [
        lambda: veto.value(SimpleNamespace()),  # type: ignore[arg-type]
        lambda: observer.value(SimpleNamespace()),  # type: ignore[arg-type]
        lambda: life.value().__aenter__(),
    ]

    async def main() -> None:
        for each in asked:
            told.clear()
            with pytest.raises(Contained):
                await within(60, each)
            assert set(told) == {CANCELS, REPLACED}
        told.clear()
        (offer,) = host.chat_models()
        model: Any = offer.value.factory()
        assert [piece async for piece in model.stream(None)] == [Text("a"), Stop()]
        assert told == [REPLACED]

    on_own_tasks(main)


async def test_what_all_share_is_put_back(
    context: ToolContext, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHARED", "here")

    @tool(effect="read")
    def change() -> None:
        """Change what all share."""
        os.environ.clear()
        socket.setdefaulttimeout(0.001)
        sys.setswitchinterval(5)
        warnings.simplefilter("error")
        json.dumps = sys.exit = None  # type: ignore[assignment]
        threading.Thread = None  # type: ignore[assignment, misc]

    dumps, interval, before = json.dumps, sys.getswitchinterval(), list(warnings.filters)
    host = PluginHost()
    host.register(SimpleNamespace(puerto_register=hookimpl(_registering(change))), "rude")
    with warnings.catch_warnings():
        warnings.resetwarnings()
        with watching_process():
            await host.get("change").run({}, context)
            assert [each for each in warnings.filters if each[0] == "error"] == []
    assert warnings.filters == before
    assert os.environ["SHARED"] == "here"
    assert socket.getdefaulttimeout() is None
    assert sys.getswitchinterval() == interval
    assert json.dumps is dumps
    whats = {(plugin, what.split(" (")[0], grave) for plugin, what, grave in told}
    assert ("rude", "replaced sys.exit, json.dumps, threading.Thread", True) in whats
    assert ("rude", "the timeout of new sockets was set to 0.001 s", False) in whats


def _registering(each: Any) -> Callable[[Any], None]:
    def register_it(registry: Any) -> None:
        registry.add_tools(each)

    return register_it
