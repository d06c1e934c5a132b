"""Workers whose processes were killed: their runs need not wait until the leases run out."""

import logging
from typing import Final

from domain.execution.ports import WorkerLocks
from domain.runs.ports import Leases

_log: Final = logging.getLogger(__name__)


class DeadWorkers:
    """Hands the runs of dead workers to whoever starts next in the same place."""

    def __init__(self, locks: WorkerLocks, leases: Leases) -> None:
        self._locks = locks
        self._leases = leases

    async def start(self, worker_id: str) -> None:
        """Let others see that this worker lives, and free the runs of those that do not.

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
        """Let this worker go: what it drove is handed back."""
        await self._locks.release()
