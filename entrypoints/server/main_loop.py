"""The event loop of the service, which tasks and threads left behind by plugins cannot stop."""

import asyncio
import logging
import signal
from collections.abc import Coroutine
from typing import Any, Final

from uvicorn.loops.auto import auto_loop_factory

from entrypoints.server.ending import force_exit_later
from plugins.containment.acting import own_task

_INTERRUPTED: Final = 130

_log = logging.getLogger("puerto")


def run_to_end(main: Coroutine[Any, Any, None]) -> None:
    """Run the service on a new event loop, until it ends.

    A task that a plugin left behind cannot end the loop: SystemExit and KeyboardInterrupt, which
    asyncio lets out of any task, are logged, and the loop goes on, as after a `stop`. When the
    service has ended, the process exits within `END_SECONDS` even where a thread or a task of a
    plugin would block that.
    """
    status = 1
    with asyncio.Runner(loop_factory=service_loop) as runner:
        try:
            _run_on(runner, main)
            status = 0
        except KeyboardInterrupt:
            status = _INTERRUPTED
            raise
        finally:
            force_exit_later(status)


def service_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop on which plugins cannot cancel the tasks of the service."""
    loop: asyncio.AbstractEventLoop = auto_loop_factory(use_subprocess=True)()
    loop.set_task_factory(own_task)
    return loop


def _run_on(runner: asyncio.Runner, main: Coroutine[Any, Any, None]) -> None:
    task = runner.get_loop().create_task(main)
    while True:
        try:
            return runner.run(_end_of(task))
        except (SystemExit, KeyboardInterrupt, RuntimeError) as error:
            if task.done() or _is_ours(error) or runner.get_loop().is_closed():
                raise
            if isinstance(error, RuntimeError):  # raised by `run_until_complete` after a `stop`
                _log.error("some code stopped the event loop: the service goes on")
                continue
            _log.error(
                "a task that was left behind raised %s: the service goes on", type(error).__name__
            )


async def _end_of(task: "asyncio.Task[None]") -> None:
    await task


def _is_ours(error: BaseException) -> bool:
    """Return whether Ctrl-C caused it: only Python's own handler of SIGINT raises for that."""
    raises = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return isinstance(error, KeyboardInterrupt) and raises
