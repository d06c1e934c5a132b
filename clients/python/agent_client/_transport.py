"""The two transports: all that differs between the blocking and the awaiting client.

The methods of both are coroutines; those of the blocking one never suspend.
"""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import httpx2
from httpx2 import EventSource, ServerSentEvent


class Source(Protocol):
    """The server-sent events of one connection."""

    async def next(self) -> ServerSentEvent | None:
        """Return the next event, None at the end of the connection.

        Raises:
            httpx2.TransportError: the connection was cut, or silent for too long.

        """
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...


class Transport(Protocol):
    """Sends requests and waits."""

    @property
    def http(self) -> httpx2.Client | httpx2.AsyncClient:
        """The client of httpx2, which builds the requests."""
        ...

    async def send(self, request: httpx2.Request) -> httpx2.Response:
        """Return the whole answer to a request.

        Raises:
            httpx2.TransportError: there is none.

        """
        ...

    async def open(self, request: httpx2.Request) -> tuple[httpx2.Response, Source]:
        """Return an answer that may be a stream: whole if it is no success; and its events.

        Raises:
            httpx2.TransportError: there is none.

        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def lock(self) -> AbstractAsyncContextManager[None]:
        """Enter what one task or thread at a time may be in; one lock a transport."""
        ...


class _BlockingSource:
    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self._events: Iterator[ServerSentEvent] = iter(EventSource(response))

    async def next(self) -> ServerSentEvent | None:
        return next(self._events, None)

    async def close(self) -> None:
        self._response.close()


class BlockingTransport:
    """Sends with an `httpx2.Client`, in the thread of the caller."""

    def __init__(self, http: httpx2.Client) -> None:
        self.http = http
        self._lock = threading.Lock()

    async def send(self, request: httpx2.Request) -> httpx2.Response:
        """Return the whole answer to a request."""
        return self.http.send(request)

    async def open(self, request: httpx2.Request) -> tuple[httpx2.Response, Source]:
        """Return an answer that may be a stream, and its events."""
        response = self.http.send(request, stream=True)
        if not response.is_success:
            response.read()
        return response, _BlockingSource(response)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)  # noqa: ASYNC251  nobody else is in this thread's way

    @asynccontextmanager
    async def lock(self) -> AsyncGenerator[None, None]:
        """Enter what one thread at a time may be in."""
        with self._lock:
            yield


class _AwaitingSource:
    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self._events: AsyncIterator[ServerSentEvent] = aiter(EventSource(response))

    async def next(self) -> ServerSentEvent | None:
        return await anext(self._events, None)

    async def close(self) -> None:
        await self._response.aclose()


class AwaitingTransport:
    """Sends with an `httpx2.AsyncClient`, in the event loop of the caller."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http
        self._lock = asyncio.Lock()

    async def send(self, request: httpx2.Request) -> httpx2.Response:
        """Return the whole answer to a request."""
        return await self.http.send(request)

    async def open(self, request: httpx2.Request) -> tuple[httpx2.Response, Source]:
        """Return an answer that may be a stream, and its events."""
        response = await self.http.send(request, stream=True)
        if not response.is_success:
            await response.aread()
        return response, _AwaitingSource(response)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    @asynccontextmanager
    async def lock(self) -> AsyncGenerator[None, None]:
        """Enter what one task at a time may be in."""
        async with self._lock:
            yield
