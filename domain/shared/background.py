"""Work that goes on beside everything else, until it is stopped."""

import asyncio
from collections.abc import Coroutine


class BackgroundTask:
    """One task, started and stopped by whoever owns it."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Begin with the work, on the event loop that is running."""
        self._task = asyncio.create_task(work)

    async def stop(self) -> bool:
        """Cancel the work and wait for its end; tell whether there was any to be stopped.

        Stopping twice is no error.
        """
        task, self._task = self._task, None
        if task is None:
            return False
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return True
