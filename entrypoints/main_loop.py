"""Running the service to its end, whatever plugins leave behind in its process."""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Coroutine
from typing import Any, Final

from uvicorn.loops.auto import auto_loop_factory

END_SECONDS: Final = 5.0  # that the process may take to end after the service has
_INTERRUPTED: Final = 130

_log = logging.getLogger("puerto")


def run_to_end(main: Coroutine[Any, Any, None]) -> None:
    """Run the service on a loop of its own.

    A task that a plugin left behind cannot end the loop: SystemExit and KeyboardInterrupt, which
    asyncio lets out of any task, are logged, and the loop goes on, as after a `stop`. When the
    service has ended, the process follows within `END_SECONDS`, also where a thread or a task of a
    plugin would hold it.
    """
    status = 1
    with asyncio.Runner(loop_factory=auto_loop_factory(use_subprocess=True)) as runner:
        try:
            _run_on(runner, main)
            status = 0
        except KeyboardInterrupt:
            status = _INTERRUPTED
            raise
        finally:
            _limit_the_end(status)


def _run_on(runner: asyncio.Runner, main: Coroutine[Any, Any, None]) -> None:
    task = runner.get_loop().create_task(main)
    while True:
        try:
            return runner.run(_end_of(task))
        except (SystemExit, KeyboardInterrupt, RuntimeError) as error:
            if task.done() or _is_ours(error) or runner.get_loop().is_closed():
                raise
            if isinstance(error, RuntimeError):  # `run_until_complete` says so
                _log.error("some code stopped the event loop: the service goes on")
                continue
            _log.error(
                "a task that was left behind raised %s: the service goes on", type(error).__name__
            )


async def _end_of(task: "asyncio.Task[None]") -> None:
    await task


def _is_ours(error: BaseException) -> bool:
    """Tell whether it is a Ctrl-C: where the server hears the signal, Python raises nothing."""
    unheard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return isinstance(error, KeyboardInterrupt) and unheard


def _limit_the_end(status: int) -> None:
    """Let the process end with that status, in a while, if it does not by itself."""
    threading.Thread(target=_end, args=(status,), name="puerto end", daemon=True).start()


def _end(status: int) -> None:
    time.sleep(END_SECONDS)
    held = [t.name for t in threading.enumerate() if not t.daemon and t.name != "MainThread"]
    _log.error(
        "the service has ended, and its process is held by %s: it is ended now",
        f"threads of plugins ({', '.join(held)})" if held else "what plugins left behind",
    )
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
