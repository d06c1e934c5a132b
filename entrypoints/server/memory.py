"""Memory that is free again goes back to the system after many tools came or went.

Tools of a learned API are many small objects, and reading its document takes many more. When they
are gone the C library keeps what they took, for later, unless it is told not to: and a heap for
each thread, of which the fullest moment of each counts.
"""

import asyncio
import ctypes
import gc
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Final

from domain.tools.ports import Toolbox

_MANY: Final = 100  # tools, more or fewer than before
_ARENA_MAX: Final = -8  # M_ARENA_MAX, mallopt(3)
_THRESHOLDS: Final = (
    5_000,
    5,
    20,
)  # a learned API brings a million objects; Python has 700, 10, 10


class MemoryKeeper:
    """Follows how many tools there are; ``give_back`` takes milliseconds, in a thread."""

    def __init__(self, toolbox: Toolbox, give_back: Callable[[], None] | None = None) -> None:
        self._toolbox = toolbox
        self._give_back = give_back or trim
        self._count = 0

    async def follow(self) -> None:
        """Look how many tools there are now, and give memory back if that changed much."""
        before, self._count = self._count, len(self._toolbox.tools())
        if abs(self._count - before) >= _MANY:
            await asyncio.to_thread(self._give_back)


def trim() -> None:
    """Give what the C library holds and nobody uses back to the system, where it can do that."""
    found = _from_c("malloc_trim")
    if found is not None:
        found(0)


def share_heap() -> None:
    """Have all threads of the process take memory from one heap, where the C library can do that.

    Threads have heaps of their own so that they need not wait for each other. But Python's take
    turns anyway. To be called before there are threads.
    """
    found = _from_c("mallopt")
    if found is not None:
        found(_ARENA_MAX, 1)


def settle() -> None:
    """Take what a started service holds out of the garbage collector's sight.

    Modules, models and plugins stay for good. To look through all of them again and again while
    an API is learned stops every thread for tenths of a second, and finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


@cache
def _from_c(name: str) -> Callable[..., int] | None:
    """Return a function that the GNU C library has and others do not."""
    with suppress(OSError, AttributeError, TypeError):
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
        return found
    return None
