"""A run in the hands of a worker, which can halt it from outside."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from domain.runs.decide import Finish
from domain.runs.journal import Journal


class ActiveRun:
    """A run that this worker drives: its journal, its task, and the `RunControl` of the runner."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.halt: Finish | None = None
        self.task: asyncio.Task[None] | None = None
        self._action: asyncio.Task[None] | None = None

    def hold(self, halt: Finish) -> None:
        """Halt the run: interrupt its action, and end it that way."""
        self.halt = self.halt or halt
        if self._action is not None:
            self._action.cancel()

    async def act(self, action: Coroutine[Any, Any, None]) -> None:
        """Run the action to its end, or to its interruption by `hold`."""
        self._action = asyncio.create_task(action)
        try:
            await asyncio.wait({self._action})
        except asyncio.CancelledError:  # the run is handed over: its action must not go on here
            self._action.cancel()
            await asyncio.gather(self._action, return_exceptions=True)
            raise
        if not self._action.cancelled():
            self._action.result()
        elif self.halt is None:  # untrusted code cancelled it: a retry would loop for ever
            raise RuntimeError("what the run did was cancelled by nobody who may")
        self._action = None
