"""Background tasks: work in an asyncio task of its own, with a start and a stop."""

import asyncio
from collections.abc import Coroutine


class BackgroundTask:
    """One asyncio task in the background, started and stopped by its owner."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Start the coroutine as a task on the running event loop."""
        self._task = asyncio.create_task(work)

    async def stop(self) -> bool:
        """Cancel the task and wait for its end; return whether there was one.

        Stopping twice is no error.
        """
        task, self._task = self._task, None
        if task is None:
            return False
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return True
