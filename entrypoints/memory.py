"""Memory that is free again goes back to the system after many tools came or went.

Tools of a learned API are many small objects, and reading its document takes many more. When they
are gone the C library keeps what they took, for later, unless it is told not to.
"""

import asyncio
import ctypes
import gc
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Final

from domain.ports.toolbox import Toolbox

_MANY: Final = 100  # tools, more or fewer than before
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
    found = _malloc_trim()
    if found is not None:
        found(0)


def settle() -> None:
    """Take what a started service holds out of the garbage collector's sight.

    Modules, models and plugins stay for good. To look through all of them again and again while
    an API is learned stops every thread for tenths of a second, and finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    """Return ``malloc_trim``, which the GNU C library has and others do not."""
    with suppress(OSError, AttributeError, TypeError):
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
        return found
    return None
