"""What the providers that are asked through an SDK have in common.

The SDK makes the request: keys, connections, errors. It is slow to import, so the first
request does it, in a thread. The SDKs' own retries are off: the house has one rule for all of
them (`domain.asking_models`), which also covers answers that break before they begin.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, aclosing
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

import orjson

from adapters.llm.answers import AnswerReader, pieces_of
from adapters.llm.failures import failure, http_errors
from adapters.llm.schemas import Target, for_provider, from_provider
from domain.errors import ProviderReason
from domain.llm import ModelRequest, Piece, ToolRequest
from domain.ports.chat_model import ChatModel

if TYPE_CHECKING:
    import httpx2

Client = TypeVar("Client")

CONNECT_TIMEOUT = 5.0  # seconds


class SdkChat(ChatModel, ABC, Generic[Client]):
    """A provider behind an SDK, whose client is made for the first request.

    ``read_timeout`` is how long the provider may be silent, ``total_timeout`` how long a whole
    answer may take, both in seconds. `_target` has the provider's rules for tools.
    """

    _target: ClassVar[Target]

    def __init__(
        self,
        provider: str,
        *,
        api_key: str,
        base_url: str,
        read_timeout: float,
        total_timeout: float,
    ) -> None:
        self._provider = provider
        self._api_key = api_key
        self._base_url = base_url
        self._read_timeout = min(read_timeout, total_timeout)
        self._total_timeout = total_timeout
        self._client: Client | None = None
        self._opening = asyncio.Lock()

    @property
    def provider(self) -> str:
        """Name the provider."""
        return self._provider

    @abstractmethod
    def _open(self) -> Client:
        """Make the client, importing the SDK; called in a thread."""

    def _http(self) -> "httpx2.AsyncClient":
        """Make the HTTP client that the SDK sends with, and closes with its own; in a thread."""
        import httpx2

        from adapters.transport import streaming_client

        return streaming_client(httpx2.Timeout(self._read_timeout, connect=CONNECT_TIMEOUT))

    @abstractmethod
    async def _close(self, client: Client) -> None:
        """Close the client's connections."""

    @abstractmethod
    def _errors(self) -> AbstractContextManager[None]:
        """Return what raises the SDK's errors as those of the house."""

    @abstractmethod
    async def _send(self, client: Client, request: ModelRequest) -> "httpx2.Response":
        """Send the request, and return the beginning of its streamed response.

        Raises:
            orjson.JSONEncodeError: a text is not valid Unicode (half a surrogate pair).

        """

    @abstractmethod
    def _reader(self) -> AnswerReader:
        """Return a reader for one answer."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Yield the answer piece by piece, a `Stop` last.

        Raises:
            ProviderError: as the port says; nothing of the SDK comes through.

        """
        deadline = asyncio.get_running_loop().time() + self._total_timeout
        with http_errors(self._provider):
            client = await self._connected()
            with self._errors():
                asked = for_provider(request, self._target)
                response = await self._ask(client, asked, deadline)
            reading = pieces_of(response, self._reader(), self._provider, deadline)
            async with aclosing(reading) as batches:
                async for pieces in batches:
                    for piece in pieces:
                        if isinstance(piece, ToolRequest):
                            yield from_provider(piece, request.tools, self._target)
                        else:
                            yield piece

    async def close(self) -> None:
        """Close the connections, if any were opened."""
        client, self._client = self._client, None
        if client is not None:
            await self._close(client)

    async def _connected(self) -> Client:
        if self._client is None:
            async with self._opening:
                if self._client is None:
                    with self._errors():
                        self._client = await asyncio.to_thread(self._open)
        return self._client

    async def _ask(
        self, client: Client, request: ModelRequest, deadline: float
    ) -> "httpx2.Response":
        try:
            async with asyncio.timeout_at(deadline):
                return await self._send(client, request)
        except orjson.JSONEncodeError:  # it would be refused anyway
            quote = "a text in it is not valid Unicode"
            raise failure(self._provider, ProviderReason.REJECTED, quote) from None
