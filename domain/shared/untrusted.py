"""Awaiting a stranger's code: for a while, whatever it does."""

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, TypeVar

from domain.shared.json_values import error_text, type_name
from domain.shared.text import shorten

T = TypeVar("T")

_SHORT: Final = 300


class TooLate(TimeoutError):
    """It took longer than it may."""


class Contained(RuntimeError):
    """What a stranger's code raised, ``error``, would have ended more than its own work."""

    def __init__(self, what: str, error: BaseException) -> None:
        super().__init__(what)
        self.error = error


def original(error: BaseException) -> BaseException:
    """Return what a stranger's code raised, where it had to be contained."""
    return error.error if isinstance(error, Contained) else error


def in_short(error: BaseException, hide: Callable[[str], str] = str) -> str:
    """Return what was raised, type and message, on one line of at most 300 characters.

    ``hide`` takes secrets out, before anything is cut: no half of one is left.
    """
    return shorten(error_text(original(error), hide), _SHORT)


def raised(error: BaseException) -> str:
    """Return what a stranger's code raised, as words that follow on its name."""
    return f"it raised {type_name(original(error))}"


@contextmanager
def contained() -> Iterator[None]:
    """Let nothing but an `Exception` out of a stranger's code, and one's own cancellation.

    SystemExit and KeyboardInterrupt would end the service, GeneratorExit and a CancelledError
    that nobody asked for pass every handler: each becomes a `Contained` that says so.
    """
    try:
        yield
    except BaseException as error:
        if (found := contain(error)) is error:
            raise
        raise found from error


def contain(error: BaseException) -> BaseException:
    """Return what to raise in the place of what a stranger's code raised: that, if it may pass."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        is_ours = task is not None and task.cancelling()
        return error if is_ours else Contained("it cancelled itself", error)
    return error if isinstance(error, Exception) else Contained(raised(error), error)


async def in_thread(work: Callable[[], T], name: str) -> T:
    """Return what a function gives that is not async, in a thread of its own, or raise the same.

    Who is cancelled leaves the thread to itself. It does not keep the process from ending.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def tell(say: Callable[..., None], what: object) -> None:
        with suppress(RuntimeError):  # the loop has ended; nobody listens
            loop.call_soon_threadsafe(lambda: None if outcome.done() else say(what))

    def run() -> None:
        try:
            result = context.run(work)
        except StopIteration:  # a future cannot carry it: its waiter would wait for ever
            tell(outcome.set_exception, RuntimeError("StopIteration"))
        except BaseException as error:  # noqa: BLE001  all of it is the waiter's
            tell(outcome.set_exception, error)
        else:
            tell(outcome.set_result, result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await outcome


async def within(seconds: float, work: Callable[[], Awaitable[T]]) -> T:
    """Return what ``work`` gives.

    It has a task of its own: one that takes too long is cancelled, and if it does not heed that
    nobody waits for it.

    Raises:
        TooLate: it took too long.
        Exception: what it raised; where that would end the service, a `Contained` instead.

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
    if task.cancelled():  # by itself: else whoever waits for it would be cancelled, too
        raise Contained("it cancelled itself", asyncio.CancelledError())
    return task.result()


async def _tamed(work: Callable[[], Awaitable[T]]) -> T:
    with contained():
        return await work()


def _forget(task: "asyncio.Future[T]") -> None:
    if not task.cancelled():
        task.exception()  # else asyncio says that nobody asked for it
