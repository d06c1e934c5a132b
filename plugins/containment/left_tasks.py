"""Exceptions of tasks that nobody awaits, attributed to the plugin whose code raised them."""

import asyncio
import logging
from collections.abc import Callable
from traceback import walk_tb
from typing import Any, Final

from domain.plugins.incidents import Incidents, PluginPart
from domain.shared.json_values import error_text

_log: Final = logging.getLogger(__name__)


class LeftTasks:
    """Exception handler of the event loop, which records errors from plugins' code as incidents.

    ``owner_of`` returns the plugin that a module belongs to; it may block.
    """

    def __init__(self, incidents: Incidents, owner_of: Callable[[str], str | None]) -> None:
        self._incidents = incidents
        self._owner_of = owner_of
        self._pending: set[asyncio.Task[None]] = set()

    def listen(self) -> None:
        """Become the exception handler of the running loop."""
        asyncio.get_running_loop().set_exception_handler(self._handle)

    def _handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, BaseException) or loop.is_closed():
            loop.default_exception_handler(context)
            return
        task = loop.create_task(self._attribute(loop, context, error))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _attribute(
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
        self._incidents.note(owner, PluginPart.TASK, error)

    def _owner(self, error: BaseException) -> str | None:
        frames = [frame for frame, _ in walk_tb(error.__traceback__)]
        modules = (str(frame.f_globals.get("__name__", "")) for frame in reversed(frames))
        return next(filter(None, map(self._owner_of, modules)), None)
