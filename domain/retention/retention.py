"""Retention: rows older than the operator wants them kept are deleted, in small batches."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from domain.shared.background import BackgroundTask
from domain.shared.clock import Clock
from domain.shared.log_context import failures_logged

ROUND: Final = timedelta(hours=1)  # between rounds of deleting
LOOK_SECONDS: Final = 60.0  # between a worker's tries to claim a round
PAUSE_SECONDS: Final = 0.05  # between two batches, for whoever else writes

_log: Final = logging.getLogger(__name__)


class ExpiringRows(Protocol):
    """The repository of what has an age limit, by the names of its kinds. Times are UTC."""

    async def claim(self, now: datetime, until: datetime) -> bool:
        """Claim the round that is due, so that no worker begins another before ``until``.

        False when none is due: another worker has claimed it.
        """
        ...

    async def delete(self, kind: str, before: datetime) -> int:
        """Delete the oldest rows of a kind that are older, one bounded batch of them.

        Returns how many: 0 when there are none. Nothing of a run that has not ended is deleted.
        """
        ...


class Retention:
    """Deletes what is older than its kind's age limit: every hour, on one worker of all.

    ``ages`` are the limits by kind; a kind without one is kept for ever. ``count`` is told how many
    rows of a kind were deleted.
    """

    def __init__(
        self,
        rows: ExpiringRows,
        clock: Clock,
        ages: Mapping[str, timedelta],
        *,
        count: Callable[[str, int], None],
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._rows = rows
        self._clock = clock
        self._ages = ages
        self._count = count
        self._pause_seconds = pause_seconds
        self._background = BackgroundTask()

    async def start(self) -> None:
        """Start the background loop that claims rounds when they are due."""
        self._background.start(self._keep_looking())

    async def stop(self) -> None:
        """Stop the background loop; what is left is deleted another time."""
        await self._background.stop()

    async def look(self) -> bool:
        """Claim a round if one is due and delete what is too old; return whether one was due.

        Raises:
            Unavailable: the database does not answer.

        """
        now = self._clock.now()
        if not await self._rows.claim(now, now + ROUND):
            return False
        for kind, age in self._ages.items():
            with failures_logged(_log, f"old {kind} cannot be deleted"):
                await self._delete(kind, now - age)
        return True

    async def _delete(self, kind: str, before: datetime) -> None:
        deleted = 0
        while batch := await self._rows.delete(kind, before):
            deleted += batch
            self._count(kind, batch)
            await asyncio.sleep(self._pause_seconds)
        if deleted:
            _log.info("%d rows of old %s were deleted, from before %s", deleted, kind, before)

    async def _keep_looking(self) -> None:
        while True:
            with failures_logged(_log, "nothing old is deleted"):
                await self.look()
            await asyncio.sleep(LOOK_SECONDS)
