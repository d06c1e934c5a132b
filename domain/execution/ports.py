"""The port to what tells, without waiting, that a worker of this installation died."""

from collections.abc import Sequence
from typing import Protocol


class WorkerLocks(Protocol):
    """Locks that go with their process, however it ends. Workers elsewhere may hold others."""

    async def hold(self, worker_id: str) -> None:
        """Hold a lock in this worker's name from now on."""
        ...

    async def dead(self) -> Sequence[str]:
        """Return the workers whose locks nobody holds any more: their processes are gone."""
        ...

    async def forget(self, worker_id: str) -> None:
        """Forget a dead worker."""
        ...

    async def release(self) -> None:
        """Give up the lock that is held, if one is. The worker then counts as never dead."""
        ...
