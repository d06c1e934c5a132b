"""Threads for plugins' synchronous functions: one a call, so that a hanging one blocks no other."""

import inspect
import threading
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Final

from domain.shared.errors import ToolFailed
from domain.shared.untrusted import in_thread
from plugins.containment.acting import in_own_thread

AT_ONCE: Final = 32
_WATCHING: Final = 4


class Threads:
    """Runs the calls of one tool in threads, with a limit, since a thread cannot be stopped."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._free = threading.BoundedSemaphore(at_once)

    async def run(self, name: str, call: Callable[[], Any]) -> Any:
        """Return what the call returns, or raise what it raises.

        After a cancellation the thread goes on by itself; it does not keep the process alive.

        Raises:
            ToolFailed: as many calls as are allowed are running already.

        """
        if not self._free.acquire(blocking=False):
            raise ToolFailed(
                f"{name} is busy: {self._at_once} calls of it still run, perhaps for ever."
            )

        def work() -> Any:
            try:
                return in_own_thread(call)
            finally:
                self._free.release()

        return await in_thread(work, f"tool {name}")


def threaded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return an async function that calls this one in a thread, four times at once at most."""
    threads = Threads(_WATCHING)

    @wraps(function, updated=())
    async def call(*args: Any, **kwargs: Any) -> Any:
        result = await threads.run(name, partial(function, *args, **kwargs))
        return await result if inspect.isawaitable(result) else result

    return call
