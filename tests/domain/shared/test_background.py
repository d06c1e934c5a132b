"""Work beside everything else, begun and stopped."""

import asyncio

from domain.shared.background import BackgroundTask


async def test_work_goes_on_until_it_is_stopped() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    background = BackgroundTask()
    assert not await background.stop()
    background.start(work())
    await began.wait()
    assert await background.stop()
    assert ended.is_set()
    assert not await background.stop()


async def test_work_that_failed_is_stopped_without_a_word() -> None:
    async def work() -> None:
        raise ValueError

    background = BackgroundTask()
    background.start(work())
    await asyncio.sleep(0)
    assert await background.stop()
