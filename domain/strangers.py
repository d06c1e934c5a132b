"""Awaiting a stranger's code: for a while, whatever it does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class TooLate(TimeoutError):
    """It took longer than it may."""


async def within(seconds: float, work: Callable[[], Awaitable[T]]) -> T:
    """Return what ``work`` gives.

    It has a task of its own: one that takes too long is cancelled, and if it does not heed that
    nobody waits for it.

    Raises:
        TooLate: it took too long.
        Exception: what it raised; where that would end the service, a `RuntimeError` instead.

    """
    task = asyncio.ensure_future(_tamed(work))
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            task.add_done_callback(_forget)
            task.cancel()
    if not done:
        raise TooLate(f"it did not answer within {seconds:g} seconds")
    return task.result()


async def _tamed(work: Callable[[], Awaitable[T]]) -> T:
    try:
        return await work()
    except (SystemExit, KeyboardInterrupt, GeneratorExit) as error:
        raise RuntimeError(f"it raised {type(error).__name__}") from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise RuntimeError("it cancelled itself") from error


def _forget(task: "asyncio.Future[T]") -> None:
    if not task.cancelled():
        task.exception()  # else asyncio says that nobody asked for it
