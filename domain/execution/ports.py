"""The port to the locks of workers, which show at once that a worker's process died."""

from collections.abc import Sequence
from typing import Protocol


class WorkerLocks(Protocol):
    """Locks that end with their process, however that ends. Each host sees its own only."""

    async def hold(self, worker_id: str) -> None:
        """Take a lock in this worker's name."""
        ...

    async def dead(self) -> Sequence[str]:
        """Return the workers whose locks are free: their processes are gone."""
        ...

    async def forget(self, worker_id: str) -> None:
        """Remove the lock of a dead worker."""
        ...

    async def release(self) -> None:
        """Give up this worker's lock, if it holds one, so that it never counts as dead."""
        ...
