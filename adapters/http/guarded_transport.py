"""The transport with the SSRF guard, for clients that call addresses given by others."""

import ssl
from typing import Final

import httpx2

from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.transport.streaming import StreamingTransport

_LIMITS: Final = httpx2.Limits(
    max_connections=200, max_keepalive_connections=40, keepalive_expiry=30.0
)


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Connects only to addresses that the SSRF guard allows, never by a proxy.

    A proxy would resolve names itself. Any client of httpx2 can use it; each redirect is checked
    again. The names in TLS and in ``Host`` stay those of the URL. ``verify`` is as in httpx2.
    """

    def __init__(self, ssrf_guard: SsrfGuard, *, verify: ssl.SSLContext | bool = True) -> None:
        self._ssrf_guard = ssrf_guard
        self._inner = StreamingTransport(
            verify=verify, limits=_LIMITS, look_up=ssrf_guard.addresses
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and return the response, with its body still to be read.

        Raises:
            AddressRefused: the address is not open.
            WebError: its host is not known.
            httpx2.TransportError: as the stock transport does.

        """
        self._ssrf_guard.check(str(request.url))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        await self._inner.aclose()
