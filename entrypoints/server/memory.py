"""Memory use: freed memory is returned to the system after many tools were added or removed.

Tools of a learned API are many small objects, and reading its document takes many more. The GNU C
library keeps freed memory for later use unless `malloc_trim` is called, and has a heap (arena) a
thread, each of which stays as large as it ever was. Python's own blocks for small objects, of a
megabyte, go back only when they are empty: so schemas are text (`SchemaText`), and documents are
decoded in a process that ends.
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
_MMAP_THRESHOLD: Final = -3  # M_MMAP_THRESHOLD, which otherwise rises to 32 MB
_LARGE: Final = 1 << 20  # bytes
# Of the garbage collector. A learned API has a million objects; Python's defaults are 700, 10, 10.
_THRESHOLDS: Final = (5_000, 5, 20)


class MemoryKeeper:
    """Returns memory to the system when the number of tools changes much.

    ``give_back`` takes milliseconds and is called in a thread; the default is `trim`.
    """

    def __init__(self, toolbox: Toolbox, give_back: Callable[[], None] | None = None) -> None:
        self._toolbox = toolbox
        self._give_back = give_back or trim
        self._count = 0

    async def follow(self) -> None:
        """Count the tools, and return memory if there are many more or fewer than last time."""
        before, self._count = self._count, len(self._toolbox.tools())
        if abs(self._count - before) >= _MANY:
            await asyncio.to_thread(self._give_back)


def trim() -> None:
    """Return free memory of the C library to the system (malloc_trim), where that is supported."""
    malloc_trim = _from_c("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


def tune_heap() -> None:
    """Make all threads share one heap, without large blocks (mallopt), where that is supported.

    Threads have heaps of their own so that they need not wait for each other, but Python's threads
    take turns anyway. And a large block goes back to the system when it is freed, unless it stands
    in a heap, where the C library puts such blocks once one was freed. Must be called before the
    first thread starts.
    """
    mallopt = _from_c("mallopt")
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, _LARGE)


def freeze_objects() -> None:
    """Exempt the objects of the started service from garbage collection (gc.freeze).

    Modules, models and plugins stay for good. To traverse them again and again while an API is
    learned would stop every thread for tenths of a second, and free nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


@cache
def _from_c(name: str) -> Callable[..., int] | None:
    """Return a function of the C library, or None where it has none of that name."""
    with suppress(OSError, AttributeError, TypeError):
        function: Callable[..., int] = getattr(ctypes.CDLL(None), name)
        return function
    return None
