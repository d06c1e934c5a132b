"""The connection pool: connections in use, and idle ones for reuse (keep-alive)."""

import asyncio
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from weakref import WeakKeyDictionary

import httpx2

from adapters.http.transport.connection import Connection, Timeouts
from adapters.http.transport.dialing import LookUp, dial

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a URL; ``tls_name`` is the name for the certificate, None without TLS."""

    host: str
    port: int
    tls_name: str | None

    @classmethod
    def of(cls, request: httpx2.Request) -> Self:
        """Return a request's origin.

        Raises:
            httpx2.UnsupportedProtocol: it is neither http nor https.

        """
        url = request.url
        if url.scheme not in _PORTS:
            raise httpx2.UnsupportedProtocol(f"The URL's protocol is not http: {url.scheme!r}")
        host = url.raw_host.decode("ascii")
        secure = url.scheme == "https"
        name = request.extensions.get("sni_hostname") or host
        return cls(host, url.port or _PORTS[url.scheme], name if secure else None)


class Pool:
    """Connections within ``limits``; idle ones are closed after their expiry.

    ``tls`` makes the SSL context for the first connection that needs one, in a thread: reading the
    certificates takes some hundredths of a second, and some megabytes.
    """

    def __init__(
        self, tls: Callable[[], ssl.SSLContext], limits: httpx2.Limits, look_up: LookUp
    ) -> None:
        self._make_context = tls
        self._context: ssl.SSLContext | None = None
        self._look_up = look_up
        self._max = _bound(limits.max_connections)
        self._max_idle = _bound(limits.max_keepalive_connections)
        self._expiry = limits.keepalive_expiry
        self._slots = asyncio.Semaphore(self._max)
        self._taken = 0
        self._all = WeakKeyDictionary[Connection, Origin]()
        self._idle: dict[Connection, asyncio.TimerHandle | None] = {}  # oldest first

    async def take(self, origin: Origin, timeouts: Timeouts, *, fresh: bool = False) -> Connection:
        """Return a connection for one request: an idle one, or a new one if ``fresh``.

        Raises:
            httpx2.PoolTimeout: all were in use for too long.
            httpx2.ConnectTimeout: connecting took too long.
            httpx2.ConnectError: the name is unknown, the server refuses, or TLS fails.

        """
        await self._slot(timeouts.get("pool"))
        self._taken += 1
        try:
            idle = None if fresh else self._take_idle(origin)
            return idle or await self._new(origin, timeouts.get("connect"))
        except BaseException:
            self._free_slot()
            raise

    def give_back(self, connection: Connection) -> None:
        """Return a connection to the pool; it is closed unless its response was read to the end."""
        self._free_slot()
        if not connection.finish():
            return
        if len(self._idle) >= self._max_idle:
            connection.close()
            return
        self._idle[connection] = None
        if self._expiry is not None:
            loop = asyncio.get_running_loop()
            self._idle[connection] = loop.call_later(self._expiry, connection.close)

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        for connection in list(self._all):
            connection.close()
        await asyncio.sleep(0)  # lets connection_lost run

    async def _slot(self, timeout: float | None) -> None:
        try:
            async with asyncio.timeout(timeout):
                await self._slots.acquire()
        except TimeoutError:
            message = f"No connection was free for {timeout} seconds."
            raise httpx2.PoolTimeout(message) from None

    def _free_slot(self) -> None:
        self._taken -= 1
        self._slots.release()

    def _take_idle(self, origin: Origin) -> Connection | None:
        """Return the most recently used idle connection, closing stale ones."""
        for connection in [one for one in reversed(self._idle) if self._all[one] == origin]:
            self._unidle(connection)
            if not connection.is_stale():
                return connection
            connection.close()
        return None

    async def _new(self, origin: Origin, timeout: float | None) -> Connection:
        while self._idle and self._taken + len(self._idle) > self._max:
            oldest = next(iter(self._idle))
            self._unidle(oldest)
            oldest.close()
        connection = Connection(self._forget)
        context = await self._tls() if origin.tls_name else None
        await dial(
            connection,
            origin.host,
            origin.port,
            context,
            origin.tls_name,
            timeout,
            look_up=self._look_up,
        )
        self._all[connection] = origin
        return connection

    async def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            context = await asyncio.to_thread(self._make_context)
            context.set_alpn_protocols(["http/1.1"])
            self._context = context
        return self._context

    def _unidle(self, connection: Connection) -> None:
        timer = self._idle.pop(connection, None)
        if timer is not None:
            timer.cancel()

    def _forget(self, connection: Connection) -> None:
        """Remove a connection that has ended."""
        self._unidle(connection)
        self._all.pop(connection, None)


def _bound(limit: int | None) -> int:
    return sys.maxsize if limit is None else limit
