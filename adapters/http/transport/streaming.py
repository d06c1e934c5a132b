"""The transport for httpx2 that replaces its `AsyncHTTPTransport` for direct connections."""

import ssl
from collections.abc import AsyncIterator
from functools import partial
from typing import Final

import httpx2

from adapters.http.transport.connection import Connection, Timeouts
from adapters.http.transport.dialing import LookUp, addresses_of
from adapters.http.transport.environment import tls_context
from adapters.http.transport.pool import Origin, Pool

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_LIMITS: Final = httpx2.Limits(max_connections=100, max_keepalive_connections=20)


class StreamingTransport(httpx2.AsyncBaseTransport):
    """HTTP/1.1 over asyncio with a connection pool; raises the errors of httpx2's transport.

    ``verify`` is an SSL context, or whether to verify certificates as httpx2 does; ``look_up``
    resolves names, and its errors are passed on.
    """

    def __init__(
        self,
        *,
        verify: ssl.SSLContext | bool = True,
        limits: httpx2.Limits = _DEFAULT_LIMITS,
        look_up: LookUp = addresses_of,
    ) -> None:
        self._pool = Pool(partial(tls_context, verify), limits, look_up)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and return the response, with its body still to be read.

        The server may have closed a reused connection: a safe request (GET, HEAD, OPTIONS) is then
        retried once on a new connection; any other only if that was noticed before sending.

        Raises:
            httpx2.TransportError: as the stock transport does.

        """
        origin, timeouts = Origin.of(request), request.extensions.get("timeout", {})
        connection = await self._pool.take(origin, timeouts)
        was_reused = connection.served
        try:
            return await self._ask(connection, request, timeouts)
        except (httpx2.ReadError, httpx2.RemoteProtocolError):
            if not was_reused or connection.answered or not _repeatable(request):
                raise
        connection = await self._pool.take(origin, timeouts, fresh=True)
        return await self._ask(connection, request, timeouts)

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        await self._pool.aclose()

    async def _ask(
        self, connection: Connection, request: httpx2.Request, timeouts: Timeouts
    ) -> httpx2.Response:
        try:
            head = await connection.exchange(request, timeouts)
        except BaseException:
            connection.close()  # the request may be partly sent
            self._pool.give_back(connection)
            raise
        return httpx2.Response(
            head.status,
            headers=head.headers,
            stream=_Body(connection, self._pool),
            extensions={
                "http_version": b"HTTP/" + head.version.encode(),
                "reason_phrase": head.reason,
            },
        )


class _Body(httpx2.AsyncByteStream):
    """A response's body; at its end the connection returns to the pool."""

    def __init__(self, connection: Connection, pool: Pool) -> None:
        self._connection: Connection | None = connection
        self._pool = pool

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while self._connection is not None and (piece := await self._connection.read()):
                yield piece
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.give_back(connection)


def _repeatable(request: httpx2.Request) -> bool:
    return request.method in _SAFE and isinstance(request.stream, httpx2.ByteStream)
