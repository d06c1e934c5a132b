"""Reading a run: its stream of events, or its answer as one record."""

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
    """What happens to a run when its reader disconnects before its end."""

    CONTINUE = "continue"
    CANCEL = "cancel"


class RunReader:
    """Reads one run, once; the caller has checked that it is the user's.

    ``record`` is None for a run that this process drives. With ``is_first`` the stream ends where
    the run first had to wait for a human. ``left`` is called if the reader disconnects before the
    end.
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
        """Tell whether the run has ended and the cursor is that of its last event."""
        if self._record is None or self._after is None or not self._record.status.is_final:
            return False
        return not await self._log.read(self.run_id, self._after, 1)

    def events(self, at_once: Tell | None = None) -> Batches:
        """Yield the run's events in batches as they come, to its end (`Follower.batches`).

        Pieces that ``at_once`` delivered directly are not yielded.
        """
        if self._is_first:  # direct delivery would bypass the check for the first wait
            batches = up_to_first_wait(self.run_id, self._follower.batches())
        else:
            batches = self._follower.batches(at_once)
        return batches if self._left is None else _watching_disconnect(batches, self._left)

    async def answer(self) -> RunAnswer:
        """Read to the run's end, or to where it waits for a human, and return its answer.

        Raises:
            Unavailable: the service stops, and the run goes on elsewhere.

        """
        return await collect(self.run_id, self.events())


async def _watching_disconnect(batches: Batches, left: Callable[[], Awaitable[None]]) -> Batches:
    """Yield the batches; call ``left`` if the reader is closed or cancelled before the last."""
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
