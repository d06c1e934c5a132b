"""The lives of plugins: entered, left, and apart from each other."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio
import pytest

from domain.plugins.lifespans import Lifespans
from domain.plugins.plugin import Lifespan, Registered
from domain.plugins.switches import SwitchKind
from tests.fakes.extensions import FakeExtensions


class Site:
    """Plugins whose lifespans write down what happens."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.set_aside: dict[str, str] = {}
        self.source = FakeExtensions()
        self.lifespans = Lifespans(self.source, self.drop, seconds=0.5)

    def drop(self, kind: SwitchKind, name: str, reason: str) -> None:
        assert kind is SwitchKind.PLUGIN
        self.set_aside[name] = reason
        self.remove(name)

    def remove(self, plugin: str) -> None:
        self.source.the_lifespans = [
            each for each in self.source.the_lifespans if each.plugin != plugin
        ]

    def add(self, plugin: str, lifespan: Lifespan | None = None) -> None:
        given = lifespan or self.telling(plugin)
        self.source.the_lifespans.append(Registered(plugin, given))

    def telling(self, name: str) -> Callable[[], AbstractAsyncContextManager[None]]:
        @asynccontextmanager
        async def lifespan() -> AsyncGenerator[None]:
            async with anyio.create_task_group():  # left in another task it would raise
                self.told.append(f"+{name}")
                yield
                self.told.append(f"-{name}")

        return lifespan


def raising(error: BaseException | None) -> Lifespan:
    @asynccontextmanager
    async def lifespan() -> AsyncGenerator[None]:
        if error is not None:
            raise error
        yield

    return lifespan


@asynccontextmanager
async def hanging() -> AsyncGenerator[None]:
    await asyncio.sleep(60)
    yield


@asynccontextmanager
async def staying() -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await asyncio.sleep(60)


def no_context_manager() -> AbstractAsyncContextManager[None]:
    raise TypeError("a plain function")


async def test_what_comes_is_entered_and_what_goes_is_left() -> None:
    site = Site()
    site.add("one")
    await site.lifespans.follow()
    site.add("two")
    await site.lifespans.follow()
    site.remove("one")
    await site.lifespans.follow()
    assert site.told == ["+one", "+two", "-one"]

    await site.lifespans.stop()
    await site.lifespans.stop()

    assert site.told[3:] == ["-two"]
    assert site.set_aside == {}


@pytest.mark.parametrize(
    ("lifespan", "reason"),
    [
        (raising(ConnectionError("no broker")), "could not start: ConnectionError: no broker"),
        (raising(SystemExit(3)), "could not start: SystemExit: 3"),
        (no_context_manager, "could not start: TypeError: a plain function"),
        (hanging, "did not start within 0.5 seconds"),
    ],
)
async def test_one_that_cannot_be_entered_sets_its_plugin_aside(
    lifespan: Lifespan, reason: str
) -> None:
    site = Site()
    site.add("good")
    site.add("bad")
    site.add("bad", lifespan)

    await site.lifespans.follow()

    assert site.set_aside == {"bad": reason}
    assert site.told == ["+good", "+bad", "-bad"]
    await site.lifespans.stop()
    assert site.told[3:] == ["-good"]


async def test_one_that_cannot_be_left_holds_nobody_up() -> None:
    site = Site()
    site.add("good")
    site.add("bad", staying)
    await site.lifespans.follow()

    await site.lifespans.stop()

    assert site.told == ["+good", "-good"]


async def test_a_life_that_cancels_itself_is_the_plugins_failure() -> None:
    @asynccontextmanager
    async def lifespan() -> AsyncGenerator[None]:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(60)
        yield

    site = Site()
    site.add("rude", lifespan)
    site.add("fine")
    await site.lifespans.follow()
    assert site.set_aside == {"rude": "could not start: CancelledError"}
    assert site.told == ["+fine"]
    await site.lifespans.stop()
