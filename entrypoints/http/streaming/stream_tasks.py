"""The streams of one WebSocket, each in a task, and how many there may be."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from domain.shared.errors import RateLimited

STREAMS_AT_ONCE: Final = 16

_log = logging.getLogger("puerto.http")


class StreamTasks:
    """Tasks that each follow the run or the conversation of an id; at most 16 at once."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def follows(self, name: str | None) -> bool:
        """Return whether the run or conversation of this id is followed."""
        return name in self._tasks

    def require_room(self) -> None:
        """Check that one more stream is allowed.

        Raises:
            RateLimited: the limit is reached.

        """
        if len(self._tasks) >= STREAMS_AT_ONCE:
            message = f"One socket follows at most {STREAMS_AT_ONCE} runs and conversations."
            raise RateLimited(message, retry_after=1)

    def begin(self, name: str, forwarding: Coroutine[Any, Any, None]) -> None:
        """Follow the run or conversation of this id in a task."""
        task = self._tasks[name] = asyncio.create_task(forwarding)
        task.add_done_callback(lambda done: self._forget(name, done))

    async def stop(self, name: str) -> None:
        """Stop following the run or conversation of this id, if it is followed."""
        if (task := self._tasks.pop(name, None)) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """Stop all streams."""
        for name in list(self._tasks):
            await self.stop(name)

    def _forget(self, name: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(name) is task:
            del self._tasks[name]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("following %s failed", name, exc_info=error)
