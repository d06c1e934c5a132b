"""Isolation of untrusted code, such as plugins': timeouts, threads, containment of exceptions."""

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from typing import Final, TypeVar

from domain.shared.json_values import error_text, type_name
from domain.shared.text import shorten

T = TypeVar("T")

_SHORT: Final = 300


class TooLate(TimeoutError):
    """The untrusted code exceeded its timeout."""


class Contained(RuntimeError):
    """Untrusted code raised ``error``, which would have ended more than its own work."""

    def __init__(self, what: str, error: BaseException) -> None:
        super().__init__(what)
        self.error = error


def original(error: BaseException) -> BaseException:
    """Return the exception within a `Contained`; any other exception as it is."""
    return error.error if isinstance(error, Contained) else error


def in_short(error: BaseException, hide: Callable[[str], str] = str) -> str:
    """Return an exception's type and message, on one line of at most 300 characters.

    ``hide`` redacts secrets before the text is cut, so that no half of one remains.
    """
    return shorten(error_text(original(error), hide), _SHORT)


def raised(error: BaseException) -> str:
    """Return the predicate "it raised X" for an exception of untrusted code."""
    return f"it raised {type_name(original(error))}"


@contextmanager
def contained() -> Iterator[None]:
    """Turn what is no `Exception`, and no cancellation of this task, into a `Contained`.

    For blocks that call untrusted code: SystemExit and KeyboardInterrupt would end the service, and
    GeneratorExit and a CancelledError that nobody requested pass every handler.
    """
    try:
        yield
    except BaseException as error:
        if (safe := contain(error)) is error:
            raise
        raise safe from error


def contain(error: BaseException) -> BaseException:
    """Return the exception to raise for one of untrusted code: itself, or a `Contained`."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        is_ours = task is not None and task.cancelling()
        return error if is_ours else Contained("it cancelled itself", error)
    return error if isinstance(error, Exception) else Contained(raised(error), error)


def waited_for(work: Callable[[], T], seconds: float) -> T:
    """Call ``work`` in a thread of its own, and return its result.

    A thread cannot be killed: one that takes too long goes on, but nobody waits for it.

    Raises:
        TooLate: it took longer than ``seconds``.
        Exception: what it raised; where that would end the service, a `Contained` instead.

    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except Exception as error:  # noqa: BLE001  all of it is the waiter's
            outcome.set_exception(error)
        except BaseException as error:  # noqa: BLE001  SystemExit and the like must not pass
            outcome.set_exception(Contained(raised(error), error))

    threading.Thread(target=run, name="puerto plugin", daemon=True).start()
    done, _ = wait((outcome,), seconds)
    if not done:
        raise TooLate(f"it did not answer within {seconds:g} seconds")
    return outcome.result()


async def in_thread(work: Callable[[], T], name: str) -> T:
    """Run a blocking function in a thread of its own; return its result or raise its exception.

    Cancelling the caller leaves the thread running. It is a daemon: the process can end.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def settle(setter: Callable[..., None], value: object) -> None:
        with suppress(RuntimeError):  # the loop has ended; nobody listens
            loop.call_soon_threadsafe(lambda: None if outcome.done() else setter(value))

    def run() -> None:
        try:
            result = context.run(work)
        except StopIteration:  # a future cannot carry it: its waiter would wait for ever
            settle(outcome.set_exception, RuntimeError("StopIteration"))
        except BaseException as error:  # noqa: BLE001  all of it is the waiter's
            settle(outcome.set_exception, error)
        else:
            settle(outcome.set_result, result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await outcome


async def within(seconds: float, work: Callable[[], Awaitable[T]]) -> T:
    """Return the result of ``work``, awaited with a timeout.

    It runs in a task of its own: after the timeout that is cancelled, and abandoned if it ignores
    the cancellation.

    Raises:
        TooLate: it exceeded the timeout.
        Exception: what it raised; where that would end the service, a `Contained` instead.

    """
    task = asyncio.ensure_future(_contained_call(work))
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            task.add_done_callback(_forget)
            task.cancel()
    if not done:
        raise TooLate(f"it did not answer within {seconds:g} seconds")
    if task.cancelled():  # by itself: its CancelledError must not cancel the caller
        raise Contained("it cancelled itself", asyncio.CancelledError())
    return task.result()


async def _contained_call(work: Callable[[], Awaitable[T]]) -> T:
    with contained():
        return await work()


def _forget(task: "asyncio.Future[T]") -> None:
    if not task.cancelled():
        task.exception()  # else asyncio logs "exception was never retrieved"
