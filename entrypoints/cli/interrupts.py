"""Work that Ctrl-C ends at once, whatever libraries make of a cancellation."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from types import FrameType

T = TypeVar("T")


async def until_interrupted(work: Coroutine[object, object, T]) -> T | None:
    """Run the work and return its result; None if Ctrl-C ended it.

    It runs in a task of its own, and Ctrl-C is recorded: libraries may swallow a cancellation, or
    turn it into another error.
    """
    task = asyncio.create_task(work)
    interrupts: list[int] = []

    def stop(number: int, _: "FrameType | None") -> None:
        interrupts.append(number)
        task.get_loop().call_soon_threadsafe(task.cancel)

    before = signal.signal(signal.SIGINT, stop)
    try:
        await asyncio.gather(task, return_exceptions=True)
    finally:
        signal.signal(signal.SIGINT, before)
    return None if interrupts else task.result()
