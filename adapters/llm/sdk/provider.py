"""Base class of the providers that are reached through an SDK.

The SDK handles keys, requests and errors. Importing it is slow, so the first request does that, in
a thread. Its own retries are off: `domain.models.failover` retries for all providers, also answers
that break off before they begin.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, aclosing, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

import orjson
from typing_extensions import override

from adapters.llm.provider_record import ANSWER_SECONDS, SILENCE_SECONDS
from adapters.llm.schemas import Target, for_provider, from_provider
from adapters.llm.sdk.answer_reader import AnswerReader
from adapters.llm.sdk.failures import failure, http_errors
from adapters.llm.sdk.optional_fields import MEMENTOS, OptionalFields, Without
from adapters.llm.sdk.parameters import SentParameter
from adapters.llm.sdk.streaming import pieces_of
from domain.models.messages import ModelRequest, Piece, Stop, ToolRequest
from domain.models.ports import ChatModel
from domain.shared.errors import ProviderError, ProviderReason

if TYPE_CHECKING:
    import httpx2

Client = TypeVar("Client")

CONNECT_TIMEOUT = 5.0  # seconds

_log = logging.getLogger(__name__)


class RequestEncoder(Protocol):
    """Makes the bodies of one provider's requests."""

    def encode(self, request: ModelRequest, without: frozenset[str] = frozenset()) -> bytes:
        """Return the body of the request, leaving out the fields in ``without``.

        Raises:
            orjson.JSONEncodeError: a text is not valid Unicode (half a surrogate pair).

        """
        ...

    def parameters(self, request: ModelRequest, without: frozenset[str]) -> Iterable[SentParameter]:
        """Return the sampling parameters in that body."""
        ...


class SdkChat(ChatModel, ABC, Generic[Client]):
    """A provider behind an SDK, whose client is created for the first request.

    ``read_timeout`` bounds each silence of the provider, ``total_timeout`` a whole answer, both in
    seconds. `_name` is the provider's name unless ``provider`` is, `_target` has its rules for tool
    schemas, `_optional` the fields that a request can do without (`OptionalFields`).
    """

    _name: ClassVar[str]
    _target: ClassVar[Target]
    _optional: ClassVar[Mapping[str, str]]
    _passing: ClassVar[frozenset[str]] = frozenset({MEMENTOS})  # another answer's may be accepted

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        provider: str = "",
        read_timeout: float = SILENCE_SECONDS,
        total_timeout: float = ANSWER_SECONDS,
    ) -> None:
        self._fields = OptionalFields(self._optional, self._passing)
        self._provider = provider or self._name
        self._requests = self._encoder()
        self._api_key = api_key
        self._base_url = base_url
        self._read_timeout = min(read_timeout, total_timeout)
        self._total_timeout = total_timeout
        self._client: Client | None = None
        self._opening = asyncio.Lock()

    @property
    @override
    def provider(self) -> str:
        return self._provider

    @abstractmethod
    def _open(self) -> Client:
        """Create the client, importing the SDK; called in a thread."""

    def _http(self) -> "httpx2.AsyncClient":
        """Create the HTTP client for the SDK, which closes it with its own; called in a thread."""
        import httpx2

        from adapters.http.transport import streaming_client

        return streaming_client(httpx2.Timeout(self._read_timeout, connect=CONNECT_TIMEOUT))

    @abstractmethod
    async def _close(self, client: Client) -> None:
        """Close the client's connections."""

    @abstractmethod
    def _errors(self) -> AbstractContextManager[None]:
        """Return a context manager that maps the SDK's errors to Puerto's."""

    @abstractmethod
    def _encoder(self) -> RequestEncoder:
        """Create what makes the bodies of requests."""

    @abstractmethod
    async def _post(self, client: Client, model: str, body: bytes) -> "httpx2.Response":
        """Send the body; return the response once its head has come."""

    @abstractmethod
    def _reader(self) -> AnswerReader:
        """Return a reader for one answer."""

    @override
    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Yield the answer piece by piece, a `Stop` last.

        Raises:
            ProviderError: as the port says; no error of the SDK gets out.

        """
        with self._log_failure(request.model), http_errors(self._provider):
            client = await self._connected()
            # Set after the SDK has loaded, which can take seconds on a busy machine.
            deadline = asyncio.get_running_loop().time() + self._total_timeout
            with self._errors():
                asked = for_provider(request, self._target)
                response, without = await self._ask(client, asked, deadline)
            taken = frozenset(each.name for each in self._requests.parameters(asked, without))
            reading = pieces_of(response, self._reader(), deadline)
            async with aclosing(reading) as batches:
                async for pieces in batches:
                    for piece in pieces:
                        if isinstance(piece, ToolRequest):
                            yield from_provider(piece, request.tools, self._target)
                        elif isinstance(piece, Stop):
                            yield replace(piece, taken=taken)
                        else:
                            yield piece

    @override
    async def close(self) -> None:
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
    ) -> tuple["httpx2.Response", Without]:
        try:
            async with asyncio.timeout_at(deadline):
                return await self._send(client, request)
        except orjson.JSONEncodeError:  # it would be refused anyway
            quote = "a text in it is not valid Unicode"
            raise failure(self._provider, ProviderReason.REJECTED, quote) from None

    async def _send(
        self, client: Client, request: ModelRequest
    ) -> tuple["httpx2.Response", Without]:
        """Send the request; repeat it without a field for as long as the server refuses one.

        The fields that were left out are returned with the response.
        """
        encode, model = partial(self._requests.encode, request), request.model
        without = lasting = self._fields.refused(model)
        while True:
            try:
                response = await self._post(client, model, encode(without))
            except Exception as error:
                refusal = getattr(error, "response", None)
                if refusal is None:
                    raise
                refused = self._fields.refused_in(refusal, encode, without)
                if refused is None:
                    raise
                name = refused.name
                _log.warning("%s/%s does not take %s: left out", self._provider, model, name)
            else:
                self._fields.remember(model, lasting)
                return response, without
            without |= {name}
            lasting |= {name} if refused.lasts else frozenset()

    @contextmanager
    def _log_failure(self, model: str) -> Iterator[None]:
        """Log the provider's own words about a failure, also those that clients are not shown."""
        try:
            yield
        except ProviderError as error:
            if error.words:
                words = error.words.replace(self._api_key, "***") if self._api_key else error.words
                status = error.details.get("status", "no status")
                _log.warning(
                    "%s/%s: %s (%s): %s", self._provider, model, error.reason.value, status, words
                )
            raise
