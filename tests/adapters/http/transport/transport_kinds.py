"""The transports that are tested alike: the stock one and ours, and ours on both loops."""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import uvloop

from adapters.http.transport.streaming import StreamingTransport

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
HELLO = OK + b"Content-Length: 5\r\n\r\nhello"
SHORT = 0.05  # seconds: for timeouts that are to run out
LONG = 30.0  # for those that are not


@dataclass(frozen=True)
class Kind:
    """A transport on a loop."""

    make: Callable[..., httpx2.AsyncBaseTransport]
    loop: Callable[[], asyncio.AbstractEventLoop]

    def client(
        self, verify: Any = False, limits: httpx2.Limits | None = None, **timeouts: float
    ) -> httpx2.AsyncClient:
        times = httpx2.Timeout(**{"timeout": LONG, **timeouts})
        limits = limits or httpx2.Limits(max_connections=100)
        transport = self.make(verify=verify, limits=limits)
        return httpx2.AsyncClient(transport=transport, timeout=times)


STOCK = Kind(httpx2.AsyncHTTPTransport, asyncio.new_event_loop)
OURS = Kind(StreamingTransport, asyncio.new_event_loop)
OURS_ON_UVLOOP = Kind(StreamingTransport, uvloop.new_event_loop)

Scenario = Callable[..., Awaitable[None]]


def over(**kinds: Kind) -> Callable[[Scenario], Callable[..., None]]:
    """Run a test, whose first parameter is the kind, once for each, on a loop of its own."""

    def parametrised(scenario: Scenario) -> Callable[..., None]:
        @functools.wraps(scenario)
        def test(kind: Kind, **fixtures: Any) -> None:
            async def run() -> None:
                async with asyncio.timeout(LONG):
                    await scenario(kind, **fixtures)

            with asyncio.Runner(loop_factory=kind.loop) as runner:
                runner.run(run())

        vars(test)["__signature__"] = inspect.signature(scenario)  # where pytest looks
        mark = pytest.mark.parametrize("kind", kinds.values(), ids=kinds)
        marked: Callable[..., None] = mark(test)
        return marked

    return parametrised


alike = over(stock=STOCK, asyncio=OURS, uvloop=OURS_ON_UVLOOP)
ours = over(asyncio=OURS, uvloop=OURS_ON_UVLOOP)
