"""Tasks that somebody started and left behind: whose they were, where they failed."""

import asyncio
import logging
from collections.abc import Callable
from traceback import walk_tb
from typing import Any, Final

from domain.plugins.incidents import Incidents, Part
from domain.shared.json_values import error_text

_log: Final = logging.getLogger(__name__)


class LeftTasks:
    """Hears of errors that nobody awaited, and takes those down that came out of a plugin's code.

    ``owner_of`` says which plugin a module belongs to; it may take its time.
    """

    def __init__(self, incidents: Incidents, owner_of: Callable[[str], str | None]) -> None:
        self._incidents = incidents
        self._owner_of = owner_of
        self._looking: set[asyncio.Task[None]] = set()

    def listen(self) -> None:
        """Begin to hear what nobody on the running loop awaits."""
        asyncio.get_running_loop().set_exception_handler(self._hear)

    def _hear(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, BaseException) or loop.is_closed():
            loop.default_exception_handler(context)
            return
        task = loop.create_task(self._look(loop, context, error))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def _look(
        self, loop: asyncio.AbstractEventLoop, context: dict[str, Any], error: BaseException
    ) -> None:
        owner = await asyncio.to_thread(self._owner, error)
        if owner is None:
            loop.default_exception_handler(context)
            return
        _log.error(
            "a task that the plugin %s left behind failed: %s",
            owner,
            error_text(error),
            exc_info=error,
        )
        self._incidents.note(owner, Part.TASK, error)

    def _owner(self, error: BaseException) -> str | None:
        frames = [frame for frame, _ in walk_tb(error.__traceback__)]
        modules = (str(frame.f_globals.get("__name__", "")) for frame in reversed(frames))
        return next(filter(None, map(self._owner_of, modules)), None)
