"""Reading a run of one's own: event by event, or as one answer."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from enum import StrEnum

from domain.runs.answer import RunAnswer, collect, up_to_first_wait
from domain.runs.cursors import Cursor
from domain.runs.events import Ended, Paused
from domain.runs.following import Batches, Follower, Tell
from domain.runs.ports import RunLog, RunRecord


class OnDisconnect(StrEnum):
    """What becomes of a run when its reader leaves before its end."""

    CONTINUE = "continue"
    CANCEL = "cancel"


class RunReader:
    """Reads one run, which was found to be the reader's, once.

    ``record`` is None of a run that this process drives. ``is_first`` ends the reading where the
    run first has to wait for a human. ``left`` is called if the reader leaves before that.
    """

    def __init__(
        self,
        run_id: str,
        follower: Follower,
        *,
        log: RunLog,
        record: RunRecord | None,
        after: Cursor | None,
        is_first: bool,
        left: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self.run_id = run_id
        self._follower = follower
        self._log = log
        self._record = record
        self._after = after
        self._is_first = is_first
        self._left = left

    async def is_over(self) -> bool:
        """Tell whether the reader has come back after the last event of all."""
        if self._record is None or self._after is None or not self._record.status.is_final:
            return False
        return not await self._log.read(self.run_id, self._after, 1)

    def events(self, at_once: Tell | None = None) -> Batches:
        """Yield the run's events as they come, in batches, to its end (`Follower.batches`).

        Pieces that ``at_once`` could tell in the moment they were said are not yielded.
        """
        if self._is_first:  # what is told must be looked at here
            batches = up_to_first_wait(self.run_id, self._follower.batches())
        else:
            batches = self._follower.batches(at_once)
        return batches if self._left is None else _noticing(batches, self._left)

    async def answer(self) -> RunAnswer:
        """Return what the run amounts to, at its end or where it waits for a human.

        Raises:
            Unavailable: the service stops, and the run goes on elsewhere.

        """
        return await collect(self.run_id, self.events())


async def _noticing(batches: Batches, left: Callable[[], Awaitable[None]]) -> Batches:
    """Yield the same; ``left`` is called if the reader is gone before the last batch."""
    is_over = False
    try:
        async with aclosing(batches):
            async for batch in batches:
                is_over = bool(batch) and isinstance(batch[-1].body, Ended | Paused)
                yield batch
    except (asyncio.CancelledError, GeneratorExit):
        if not is_over:
            await left()
        raise
