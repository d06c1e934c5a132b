"""The port to the HTTP clients that plugins use."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from domain.shared.errors import ToolFailed


class HttpClient(Protocol):
    """An HTTP client like `httpx2.AsyncClient`: same arguments, responses and errors."""

    async def request(self, method: str, url: str, **options: Any) -> Any:
        """Send a request, and return its `httpx2.Response`, read to its end."""
        ...

    def stream(self, method: str, url: str, **options: Any) -> AbstractAsyncContextManager[Any]:
        """Send a request; within the ``async with`` its response can be read in pieces."""
        ...

    async def get(self, url: str, **options: Any) -> Any:
        """Send a GET."""
        return await self.request("GET", url, **options)

    async def head(self, url: str, **options: Any) -> Any:
        """Send a HEAD."""
        return await self.request("HEAD", url, **options)

    async def post(self, url: str, **options: Any) -> Any:
        """Send a POST."""
        return await self.request("POST", url, **options)

    async def put(self, url: str, **options: Any) -> Any:
        """Send a PUT."""
        return await self.request("PUT", url, **options)

    async def patch(self, url: str, **options: Any) -> Any:
        """Send a PATCH."""
        return await self.request("PATCH", url, **options)

    async def delete(self, url: str, **options: Any) -> Any:
        """Send a DELETE."""
        return await self.request("DELETE", url, **options)


class NoHttpClient(HttpClient):
    """A null client for where there is no network: every request fails."""

    async def request(self, method: str, url: str, **_options: Any) -> Any:
        """Refuse.

        Raises:
            ToolFailed: always.

        """
        raise ToolFailed(f"{method} {url}: there is no network here.")

    def stream(self, method: str, url: str, **_options: Any) -> AbstractAsyncContextManager[Any]:
        """Refuse.

        Raises:
            ToolFailed: always.

        """
        raise ToolFailed(f"{method} {url}: there is no network here.")


class HttpClients(Protocol):
    """The registry of the plugins' HTTP clients."""

    def of(self, plugin: str) -> HttpClient:
        """Return the plugin's client, shared by its tools. It connects on first use."""
        ...

    async def close(self) -> None:
        """Close all connections. Closing twice is no error."""
        ...
