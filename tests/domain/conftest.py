"""Houses are closed after each test."""

from collections.abc import AsyncIterator

import pytest

from tests.domain.house import BUILT


@pytest.fixture(autouse=True)
async def closed_houses() -> AsyncIterator[None]:
    yield
    while BUILT:
        await BUILT.pop().worker.stop(0)
