"""Which workers over a data folder are alive: a locked file each (``flock``).

The system gives up a lock when its process ends, also when it is killed, and in another container
that shares the folder. A process that merely hangs keeps it.
"""

import asyncio
import fcntl
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from typing_extensions import override

from domain.execution.ports import WorkerLocks

_log: Final = logging.getLogger(__name__)


class FileLocks(WorkerLocks):
    """Locks in files of a folder, which are named after the workers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: tuple[int, Path] | None = None

    @override
    async def hold(self, worker_id: str) -> None:
        """Hold a lock; without one, where none can be had, runs wait for their leases as ever."""
        try:
            self._held = await asyncio.to_thread(_lock_new, self._folder / worker_id)
        except OSError as error:
            _log.warning("%s takes no locks (%s)", self._folder, error.strerror)

    @override
    async def dead(self) -> Sequence[str]:
        """Return the workers whose files are not locked."""
        return await asyncio.to_thread(_unlocked, self._folder)

    @override
    async def forget(self, worker_id: str) -> None:
        await asyncio.to_thread((self._folder / worker_id).unlink, missing_ok=True)

    @override
    async def release(self) -> None:
        """Remove the file and close it, which gives up the lock."""
        held, self._held = self._held, None
        if held is not None:
            await asyncio.to_thread(_unlock, *held)


def _lock_new(path: Path) -> tuple[int, Path]:
    """Make a file that is locked before it can be seen under its name."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    file = os.open(draft, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        draft.rename(path)
    except OSError:
        os.close(file)
        draft.unlink(missing_ok=True)
        raise
    return file, path


def _unlock(file: int, path: Path) -> None:
    path.unlink(missing_ok=True)
    os.close(file)


def _unlocked(folder: Path) -> Sequence[str]:
    if not folder.is_dir():
        return []
    names = (path.name for path in folder.iterdir() if not path.name.startswith("."))
    return [name for name in names if _is_unlocked(folder / name)]


def _is_unlocked(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:  # gone meanwhile: its worker stopped in order
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(file)
