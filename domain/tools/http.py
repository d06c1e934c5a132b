"""The port to the HTTP clients that plugins use."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol

from domain.shared.errors import ToolFailed, ToolRefused

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})  # "safe" in RFC 9110, 9.2.1


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


class ReadingHttpClient(HttpClient):
    """An HTTP client that only reads, for a preview: it sends GET, HEAD and OPTIONS."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    async def request(self, method: str, url: str, **options: Any) -> Any:
        """Send a request that reads.

        Raises:
            ToolRefused: the method is another.

        """
        return await self._client.request(_reading(method), url, **options)

    def stream(self, method: str, url: str, **options: Any) -> AbstractAsyncContextManager[Any]:
        """Send a request that reads, and stream its response.

        Raises:
            ToolRefused: the method is another.

        """
        return self._client.stream(_reading(method), url, **options)


def _reading(method: str) -> str:
    if str(method).upper() not in _READING:
        raise ToolRefused(f"A preview only reads: it cannot send {method}.")
    return method


class HttpClients(Protocol):
    """The registry of the plugins' HTTP clients."""

    def of(self, plugin: str) -> HttpClient:
        """Return the plugin's client, shared by its tools. It connects on first use."""
        ...

    async def close(self) -> None:
        """Close all connections. Closing twice is no error."""
        ...
