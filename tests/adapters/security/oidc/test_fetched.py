"""Values that are read from elsewhere and kept."""

import asyncio

import pytest

from adapters.security.oidc.fetched import FLOOR, FRESH, PAUSE, STALE, FetchedValue
from domain.shared.errors import Unavailable


class Source:
    """Gives 1, 2, 3 ...; a reading waits for ``gate``, and time passes as it is told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.readings = 0
        self.slept: list[float] = []
        self.is_down = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.fetched = FetchedValue(self.read, lambda: self.now, self.sleep)

    async def read(self) -> int:
        self.readings += 1
        number = self.readings
        await self.gate.wait()
        if self.is_down:
            raise Unavailable("It is down.")
        return number

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def settled(self) -> None:
        """Let a reading that goes on beside others end."""
        for _ in range(5):
            await asyncio.sleep(0)


async def test_callers_at_once_share_a_reading() -> None:
    source = Source()
    source.gate.clear()
    callers = [asyncio.create_task(source.fetched.get()) for _ in range(20)]
    await source.settled()
    callers[0].cancel()  # the others do not hang on it
    source.gate.set()
    assert await asyncio.gather(*callers[1:]) == [1] * 19
    assert source.readings == 1


async def test_a_value_is_renewed_while_it_is_used() -> None:
    source = Source()
    assert await source.fetched.get() == 1
    source.now += FRESH - 1
    assert await source.fetched.get() == 1
    source.now += 1
    assert await source.fetched.get() == 1
    await source.settled()
    assert await source.fetched.get() == 2


async def test_an_old_value_is_renewed_before_it_is_used() -> None:
    source = Source()
    await source.fetched.get()
    source.now += STALE
    assert await source.fetched.get() == 2


async def test_while_the_source_is_down_the_last_value_is_used() -> None:
    source = Source()
    await source.fetched.get()
    source.is_down = True
    source.now += STALE
    assert await source.fetched.get() == 1
    assert await source.fetched.get() == 1
    assert source.readings == 2  # not for each caller
    source.now += PAUSE
    source.is_down = False
    assert await source.fetched.get() == 3


async def test_what_was_never_read_is_an_error_until_it_is() -> None:
    source = Source()
    source.is_down = True
    for _ in range(10):
        with pytest.raises(Unavailable, match="It is down"):
            await source.fetched.get()
    assert source.readings == 1
    source.is_down = False
    source.now += FLOOR
    assert await source.fetched.get() == 2


async def test_who_wants_a_newer_value_waits_for_the_next_second() -> None:
    source = Source()
    await source.fetched.get()
    callers = [asyncio.create_task(source.fetched.newer()) for _ in range(50)]
    assert await asyncio.gather(*callers) == [2] * 50
    assert source.slept == [FLOOR]
    source.now += FLOOR
    assert await source.fetched.newer() == 3
    assert source.slept == [FLOOR]


async def test_a_reading_ends_with_the_service() -> None:
    source = Source()
    await source.fetched.get()
    source.gate.clear()
    waiting = asyncio.create_task(source.fetched.newer())
    await source.settled()
    await source.fetched.close()
    assert await waiting == 1
    await source.fetched.close()
