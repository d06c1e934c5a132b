"""One HTTP/1.1 connection with keep-alive: a request, its response, then perhaps another.

Made for responses that come in many small pieces: a piece costs one callback and one wake-up, but
no task and no timer.
"""

import asyncio
import select
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import cast

import httpx2

from adapters.http.transport.incoming import Head, Incoming
from adapters.http.transport.outgoing import encoded

MAX_BUFFERED = 256 * 1024  # unread bytes of a body before reading is paused (back-pressure)

Timeouts = Mapping[str, float | None]  # seconds, under: connect, read, write, pool


class Connection(asyncio.Protocol):
    """A connection to one server; ``lost`` is called once it has ended.

    Send a request with `exchange`, read the body with `read`, and end the response with `finish`.
    """

    def __init__(self, lost: Callable[["Connection"], None]) -> None:
        self.served = False  # it has served a request before
        self.answered = False  # bytes of the response have come
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._incoming: Incoming | None = None
        self._error: httpx2.TransportError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._reading = True
        self._writable = True
        self._read_timeout: float | None = None  # seconds that the server may be silent
        self._since = 0.0  # time of the last received bytes, or of the wait for them (loop's clock)
        self._watchdog: asyncio.TimerHandle | None = None

    # --- the interface of the pool and the response

    async def exchange(self, request: httpx2.Request, timeouts: Timeouts) -> Head:
        """Send a request and return the head of the response.

        Raises:
            httpx2.TransportError: as the stock transport does.

        """
        incoming = Incoming(request.method)
        self.answered = False
        self._read_timeout = timeouts.get("read")
        async with aclosing(encoded(request)) as pieces:
            async for piece in pieces:
                self._incoming = incoming  # not before: earlier bytes are no response to it
                if self._transport.is_closing():
                    break
                self._transport.write(piece)
                if not (self._writable or await self._flushed(incoming, timeouts.get("write"))):
                    incoming.keep_alive = False  # the rest of the request is never sent
                    break
        while incoming.head is None:
            await self._wait()
        return incoming.head

    async def read(self) -> bytes:
        """Return the received bytes of the body, waiting for some; empty at the end.

        Raises:
            httpx2.TransportError: as the stock transport does.

        """
        incoming = self._incoming
        if incoming is None:
            return b""
        while not incoming.size and not incoming.complete:
            await self._wait()
        self._resume()
        return incoming.take()

    def finish(self) -> bool:
        """End the response; return whether the connection can be reused, else close it."""
        incoming, self._incoming = self._incoming, None
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None
        if incoming is None or not (incoming.complete and incoming.keep_alive and self._writable):
            self.close()
        else:
            self.served = True
            self._resume()
        if incoming is not None:
            incoming.drop()
        return not self._transport.is_closing()

    def is_stale(self) -> bool:
        """Tell whether an idle connection was closed, or has unexpected bytes."""
        if self._transport.is_closing():
            return True
        poll = select.poll()  # the event loop may not have noticed yet
        poll.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Close at once, dropping unsent and unread bytes."""
        self._fail(httpx2.ReadError("The connection was closed."))

    # --- callbacks of the event loop (asyncio.Protocol)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Parse received bytes, and wake the reader."""
        incoming = self._incoming
        if incoming is None or self._error is not None:  # no response is expected
            self.close()
            return
        self.answered = True
        self._since = self._loop.time()
        try:
            incoming.feed(data)
        except httpx2.RemoteProtocolError as error:
            self._fail(error)
            return
        if incoming.size > MAX_BUFFERED and not incoming.complete:
            self._reading = False
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Handle the server's end of file."""
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Handle the end of the connection; ``exc`` None means a regular close."""
        self._end(exc)
        self._lost(self)

    def pause_writing(self) -> None:
        """Stop sending: the send buffer is full."""
        self._writable = False

    def resume_writing(self) -> None:
        """Continue sending."""
        self._writable = True
        self._wake()

    # --- private

    def _end(self, exc: Exception | None) -> None:
        if self._error is None:
            self._error = self._verdict(exc)
        self._wake()

    def _verdict(self, exc: Exception | None) -> httpx2.TransportError | None:
        """Return the error that the end of the connection means for the response, or None."""
        incoming = self._incoming
        if incoming is None:  # an error for a request that is sent from now on
            return httpx2.RemoteProtocolError("Server disconnected without sending a response.")
        if incoming.complete:
            return None
        if exc is not None:
            return httpx2.ReadError(str(exc))
        try:
            incoming.end()
        except httpx2.RemoteProtocolError as error:
            return error
        return None

    def _fail(self, error: httpx2.TransportError) -> None:
        """Abort the connection; the first error is the one that is raised."""
        if self._error is None:
            self._error = error
        self._transport.abort()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _resume(self) -> None:
        if not self._reading and not self._transport.is_closing():
            self._reading = True
            self._transport.resume_reading()

    async def _wait(self) -> None:
        """Wait for an event of the connection, at most for the read timeout."""
        if self._error is not None:
            raise self._error
        self._since = self._loop.time()
        if self._watchdog is None and self._read_timeout is not None:
            self._watchdog = self._loop.call_at(self._since + self._read_timeout, self._watch)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _watch(self) -> None:
        """Check the read timeout: one timer serves many reads."""
        self._watchdog = None
        if self._waiter is None or self._read_timeout is None:
            return  # the next wait starts the watchdog again
        deadline = self._since + self._read_timeout
        if self._loop.time() < deadline:
            self._watchdog = self._loop.call_at(deadline, self._watch)
        else:
            self._fail(httpx2.ReadTimeout(f"Nothing came for {self._read_timeout} seconds."))

    async def _flushed(self, incoming: Incoming, timeout: float | None) -> bool:
        """Wait until more can be sent; False if the server has responded or closed already."""
        try:
            async with asyncio.timeout(timeout):
                while not (self._writable or incoming.head or self._error):
                    self._waiter = self._loop.create_future()
                    await self._waiter
        except TimeoutError:
            raise httpx2.WriteTimeout(f"Nothing was taken for {timeout} seconds.") from None
        finally:
            self._waiter = None
        return self._writable and self._error is None
