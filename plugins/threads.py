"""Threads for functions that are not async: one each, so that those that hang harm no other."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from domain.errors import ToolFailed

AT_ONCE: Final = 32


class Threads:
    """Runs the calls of one tool, at most so many at once: a thread cannot be stopped."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._free = threading.BoundedSemaphore(at_once)

    async def run(self, name: str, call: Callable[[], Any]) -> Any:
        """Return what the call returns, or raise what it raises.

        Who is cancelled leaves the thread to itself. It does not keep the process from ending.

        Raises:
            ToolFailed: so many calls are running already.

        """
        if not self._free.acquire(blocking=False):
            raise ToolFailed(
                f"{name} is busy: {self._at_once} calls of it still run, perhaps for ever."
            )
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Any] = loop.create_future()
        context = contextvars.copy_context()

        def tell(say: Callable[[Any], None], what: object) -> None:
            with suppress(RuntimeError):  # the loop has ended; nobody listens
                loop.call_soon_threadsafe(lambda: None if outcome.done() else say(what))

        def work() -> None:
            try:
                result = context.run(call)
            except StopIteration:  # a future cannot carry it: its waiter would wait for ever
                tell(outcome.set_exception, RuntimeError("StopIteration"))
            except BaseException as error:  # noqa: BLE001  all of it is the waiter's
                tell(outcome.set_exception, error)
            else:
                tell(outcome.set_result, result)
            finally:
                self._free.release()

        threading.Thread(target=work, name=f"tool {name}", daemon=True).start()
        return await outcome
