"""The transport behind every client that calls addresses which others have named."""

import ssl
from typing import Final

import httpx2

from adapters.http.guard.gate import Gate
from adapters.http.transport.streaming import StreamingTransport

_LIMITS: Final = httpx2.Limits(
    max_connections=200, max_keepalive_connections=40, keepalive_expiry=30.0
)


class GatedTransport(httpx2.AsyncBaseTransport):
    """Connects to what the gate lets through, and to no proxy: a proxy would look names up itself.

    Any client of httpx2 can be built on it; what a redirect leads to passes here again. The names
    in TLS and in ``Host`` stay those of the URL. ``verify`` is as in httpx2.
    """

    def __init__(self, gate: Gate, *, verify: ssl.SSLContext | bool = True) -> None:
        self._gate = gate
        self._inner = StreamingTransport(verify=verify, limits=_LIMITS, look_up=gate.addresses)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and return the response, its body still to come.

        Raises:
            AddressRefused: the address is not open.
            WebError: its host is not known.
            httpx2.TransportError: as the stock transport does.

        """
        self._gate.check(str(request.url))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        await self._inner.aclose()
