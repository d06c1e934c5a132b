"""Functions that are not async: each call in a thread of its own."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

from domain.shared.errors import ToolFailed
from domain.tools.tool_context import ToolContext
from plugins.authoring.threads import AT_ONCE, Threads
from plugins.authoring.tool import tool

WHO: ContextVar[str] = ContextVar("WHO")


async def test_a_thread_sees_the_context_of_its_call() -> None:
    WHO.set("ada")
    assert await Threads().run("look", WHO.get) == "ada"


async def test_calls_that_hang_stand_in_the_way_of_their_own_tool_only(
    context: ToolContext,
) -> None:
    gate = threading.Event()

    @tool(effect="read")
    def hang() -> None:
        """Hang."""
        gate.wait()

    @tool(effect="read")
    def answer() -> int:
        """Answer."""
        return 42

    hanging = [asyncio.ensure_future(hang.run({}, context)) for _ in range(AT_ONCE)]
    await asyncio.sleep(0)
    for call in hanging:
        call.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)

    with pytest.raises(ToolFailed, match=f"hang is busy: {AT_ONCE} calls"):
        await hang.run({}, context)
    assert await answer.run({}, context) == 42
    assert await asyncio.to_thread(lambda: 1) == 1

    gate.set()
    async with asyncio.timeout(60):
        while any(thread.name == "tool hang" for thread in threading.enumerate()):
            await asyncio.sleep(0.01)
    assert await hang.run({}, context) is None


async def test_a_thread_can_stop_when_its_call_is_cancelled(context: ToolContext) -> None:
    stopped = threading.Event()

    @tool(effect="read")
    def work(context: ToolContext) -> None:
        """Work until nobody waits."""
        if context.cancelled.wait(10):
            stopped.set()

    call = asyncio.ensure_future(work.run({}, context))
    await asyncio.sleep(0)
    call.cancel()
    context.cancelled.set()  # as who runs the call does
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await asyncio.to_thread(stopped.wait, 10)
