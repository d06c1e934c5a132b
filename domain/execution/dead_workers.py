"""Dead workers: the leases of killed processes are released before they expire."""

import logging
from typing import Final

from domain.execution.ports import WorkerLocks
from domain.runs.ports import Leases

_log: Final = logging.getLogger(__name__)


class DeadWorkers:
    """Detects dead workers on this host by their locks, and releases their leases."""

    def __init__(self, locks: WorkerLocks, leases: Leases) -> None:
        self._locks = locks
        self._leases = leases

    async def start(self, worker_id: str) -> None:
        """Take this worker's lock, and release the leases of dead workers.

        Raises:
            Unavailable: the database does not answer.

        """
        await self._locks.hold(worker_id)
        for dead in await self._locks.dead():
            freed = await self._leases.free(dead)
            if freed:
                _log.warning("worker %s was killed: its %d runs go on here", dead, freed)
            await self._locks.forget(dead)

    async def stop(self) -> None:
        """Give this worker's lock up."""
        await self._locks.release()
