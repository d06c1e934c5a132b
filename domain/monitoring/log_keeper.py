"""The log keeper: stores log entries in batches, in the background, and reads them."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Final

from domain.accounts.users import Role, User
from domain.monitoring.counting import LOG_DROPPED, Counts
from domain.monitoring.logs import LogEntries, LogEntry, LogQuery
from domain.shared.background import BackgroundTask
from domain.shared.clock import Clock
from domain.shared.errors import PuertoError

FLUSH_SECONDS: Final = 1.0
QUEUE_LENGTH: Final = 2_000  # entries that wait; more are dropped
BATCH: Final = 200  # entries in one transaction

LOGGER: Final = __name__
"""The logger of the keeper's own failures, which must not be kept: each would cause the next."""

_log: Final = logging.getLogger(LOGGER)


class LogKeeper:
    """Keeps at most ``most`` log entries, those of all workers together.

    Whoever logs only appends to a bounded queue, and never waits. What does not fit is dropped and
    counted; an entry tells how many were. Entries of the last second are lost when the process is
    killed.
    """

    def __init__(self, entries: LogEntries, counts: Counts, clock: Clock, *, most: int) -> None:
        self._entries = entries
        self._counts = counts
        self._clock = clock
        self._most = most
        self._queue = deque[LogEntry]()
        self._dropped = 0
        self._storing = asyncio.Lock()
        self._background = BackgroundTask()

    def take(self, entry: LogEntry) -> None:
        """Take an entry to be stored soon, from any thread."""
        if len(self._queue) < QUEUE_LENGTH:
            self._queue.append(entry)
        else:
            self._dropped += 1

    async def start(self) -> None:
        """Start to store what is taken."""
        self._background.start(self._keep_storing())

    async def stop(self) -> None:
        """Store what is left, and stop. Stopping twice is no error."""
        if await self._background.stop():
            await self.store()

    async def store(self) -> None:
        """Store the entries that wait.

        While the database does not answer they go on waiting. Those that it refuses are dropped.
        """
        async with self._storing:
            for _ in range(QUEUE_LENGTH // BATCH + 1):
                if not (self._queue or self._dropped) or not await self._store_batch():
                    return

    async def newest(self, query: LogQuery) -> Sequence[LogEntry]:
        """Return the entries that the query asks for; those of other workers a second late.

        Raises:
            Unavailable: the database does not answer.

        """
        await self.store()
        return await self._entries.newest(query)

    async def _store_batch(self) -> bool:
        """Store the next entries; return False if they go on waiting."""
        batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
        dropped, self._dropped = self._dropped, 0
        told = [self._note(dropped)] if dropped else []
        try:
            await self._entries.add([*batch, *told], self._most)
        except PuertoError:
            self._queue.extendleft(reversed(batch))
            self._dropped += dropped
            return False
        except Exception as error:  # noqa: BLE001  whatever it is, the next batch may do
            if batch:
                _log.error("%d log entries cannot be kept", len(batch), exc_info=error)
            self._dropped += dropped + len(batch)
            return False
        if dropped:
            self._counts.add(LOG_DROPPED, dropped)
        return True

    def _note(self, dropped: int) -> LogEntry:
        message = f"{dropped} entries of the log are not here: more came than could be stored"
        return LogEntry(self._clock.now(), "WARNING", message, {"logger": LOGGER})

    async def _keep_storing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.store()


class LogService:
    """Reads the kept log, for operators."""

    def __init__(self, keeper: LogKeeper) -> None:
        self._keeper = keeper

    async def newest(self, user: User, query: LogQuery) -> Sequence[LogEntry]:
        """Return the entries that the query asks for, the newest first.

        Raises:
            Forbidden: the user is no operator.

        """
        user.require(Role.OPERATOR)
        return await self._keeper.newest(query)
