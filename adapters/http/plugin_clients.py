"""HTTP clients for plugins: one guarded httpx2 client for each plugin.

A plugin's URLs often come from its users or a model, so they pass the SSRF guard, as those of
learned APIs do: an operator opens what is not on the public internet (``PUERTO_OPEN_HOSTS``).
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.trace_context import add_trace_context
from domain.shared.errors import AddressRefused
from domain.tools.http import HttpClient, HttpClients

if TYPE_CHECKING:
    import httpx2

CONNECT_TIMEOUT: Final = 5.0  # seconds
TIMEOUT: Final = 30.0  # seconds that a server may be silent


class PluginHttpClients(HttpClients):
    """The registry of the plugins' clients, each with its own connections."""

    def __init__(self, user_agent: str, ssrf_guard: SsrfGuard) -> None:
        self._user_agent = user_agent
        self._ssrf_guard = ssrf_guard
        self._clients: dict[str, PluginHttpClient] = {}

    @override
    def of(self, plugin: str) -> "PluginHttpClient":
        if plugin not in self._clients:
            agent = f"{self._user_agent} ({plugin})" if plugin else self._user_agent
            self._clients[plugin] = PluginHttpClient(agent, self._ssrf_guard)
        return self._clients[plugin]

    @override
    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()
        self._clients.clear()


class PluginHttpClient(HttpClient):
    """An `httpx2.AsyncClient` that is made for the first request.

    It stores no cookies, since all users' calls share it, and follows redirects only on request.
    """

    def __init__(self, user_agent: str, ssrf_guard: SsrfGuard) -> None:
        self._user_agent = user_agent
        self._ssrf_guard = ssrf_guard
        self._client: httpx2.AsyncClient | None = None
        self._opening = asyncio.Lock()

    @override
    async def request(self, method: str, url: str, **options: Any) -> "httpx2.Response":
        """Send a request, and return its response, read to its end.

        Raises:
            httpx2.HTTPError: as `httpx2.AsyncClient.request` does; a ``ConnectError`` if the
                address is not open, which says how it is opened.

        """
        client = await self._opened()
        return await client.request(method, url, **options)

    @asynccontextmanager
    @override
    async def stream(
        self, method: str, url: str, **options: Any
    ) -> "AsyncGenerator[httpx2.Response]":
        """Send a request; within the ``async with`` its response can be read in pieces.

        Raises:
            httpx2.HTTPError: as `httpx2.AsyncClient.stream` does.

        """
        client = await self._opened()
        async with client.stream(method, url, **options) as response:
            yield response

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _opened(self) -> "httpx2.AsyncClient":
        async with self._opening:
            if self._client is None:  # importing httpx2 and reading certificates is slow
                self._client = await asyncio.to_thread(self._open)
            return self._client

    def _open(self) -> "httpx2.AsyncClient":
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpx2

        from adapters.http.guarded_client_transport import GuardedClientTransport
        from adapters.http.transport.environment import proxy_mounts, tls_context

        context = tls_context()
        return httpx2.AsyncClient(
            transport=GuardedClientTransport(self._ssrf_guard, verify=context),
            event_hooks={"request": [self._require_open, add_trace_context]},
            timeout=httpx2.Timeout(TIMEOUT, connect=CONNECT_TIMEOUT),
            mounts=dict(proxy_mounts(context, httpx2.Limits())),
            trust_env=False,  # httpx2 itself fails on any proxy variable that it does not know
            headers={"User-Agent": self._user_agent},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    async def _require_open(self, request: "httpx2.Request") -> None:
        """Refuse an address that is not open, also where a proxy would be asked for it."""
        import httpx2

        try:
            self._ssrf_guard.check(str(request.url))
        except AddressRefused as error:
            raise httpx2.ConnectError(error.message, request=request) from error
