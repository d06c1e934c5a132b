"""A value that is read from elsewhere, kept, and read again from time to time."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from domain.shared.errors import Unavailable

FRESH: Final = 600.0  # seconds in which a value is used as it is
STALE: Final = 3600.0  # from then on it is used only if a new one cannot be read
PAUSE: Final = 30.0  # between two readings, where one failed
FLOOR: Final = 1.0  # between two readings in any case

T = TypeVar("T")
_log = logging.getLogger(__name__)


class FetchedValue(Generic[T]):
    """Reads when first asked. Callers share a reading; if it fails, the last value is used on.

    A value older than `FRESH` is renewed while it is used, one older than `STALE` before. ``clock``
    is in seconds, and never goes back.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._read = read
        self._clock = clock
        self._sleep = sleep
        self._value: T | None = None
        self._read_at = self._tried_at = clock() - STALE
        self._reading: asyncio.Task[None] | None = None
        self._problem = "It was not read yet."

    async def get(self) -> T:
        """Return the value.

        Raises:
            Unavailable: it was never read, and cannot be read now.

        """
        now = self._clock()
        age, tried = now - self._read_at, now - self._tried_at
        if self._value is None:
            await self._ended(self._begun(FLOOR, tried))
        elif age >= STALE:
            await self._ended(self._begun(PAUSE, tried))
        elif age >= FRESH:
            self._begun(PAUSE, tried)
        return self._known()

    async def newer(self) -> T:
        """Return the value, read again; a second reading waits until `FLOOR` is over.

        Raises:
            Unavailable: it was never read, and cannot be read now.

        """
        if self._reading is None:
            self._begin(max(0.0, self._tried_at + FLOOR - self._clock()))
        await self._ended(self._reading)
        return self._known()

    async def close(self) -> None:
        """End a reading that is under way."""
        if self._reading is not None:
            self._reading.cancel()
            await self._ended(self._reading)

    def _known(self) -> T:
        if self._value is None:
            raise Unavailable(self._problem)
        return self._value

    def _begun(self, pause: float, tried: float) -> asyncio.Task[None] | None:
        """Return the reading under way, or a new one if the pause since the last is over."""
        if self._reading is None and tried >= pause:
            self._begin(0.0)
        return self._reading

    def _begin(self, delay: float) -> None:
        self._reading = asyncio.create_task(self._renew(delay))

    async def _ended(self, reading: asyncio.Task[None] | None) -> None:
        if reading is not None:
            await asyncio.wait([reading])  # who waits may be cancelled: the others go on waiting

    async def _renew(self, delay: float) -> None:
        try:
            if delay:
                await self._sleep(delay)
            self._tried_at = self._clock()
            self._value = await self._read()
            self._read_at = self._clock()
        except Unavailable as error:
            self._problem = error.message
            _log.warning("%s", error.message)
        finally:
            self._reading = None
