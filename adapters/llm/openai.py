"""OpenAI's chat completions, and every server that speaks them: vLLM, Ollama, llama.cpp, ...

The SDK makes the request: keys, connections, retries, errors. The answer's bytes are decoded
here, which costs a sixth of what its typed chunks do. The SDK is slow to import, so the first
request does it, in a thread.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

import orjson

from adapters.llm.openai_answer import AnswerReader, MalformedAnswer
from adapters.llm.openai_errors import error_in_stream, failure, provider_errors
from adapters.llm.openai_request import RequestEncoder
from adapters.llm.sse import EventDecoder, OversizedEvent
from domain.errors import ProviderError, ProviderReason
from domain.llm import ModelRequest, Piece
from domain.ports.chat_model import ChatModel

if TYPE_CHECKING:
    import httpx2
    import openai

_ADDRESS = "https://api.openai.com/v1"
_NO_KEY = "none"  # servers of one's own need no key, but the SDK insists on one
_CONNECT_TIMEOUT = 5.0  # seconds
_DRAIN_TIMEOUT = 0.1  # seconds to wait for the end of a stream whose answer is whole
_NOT_A_STREAM = ("text/html", "application/json")
_DONE = b"[DONE]"


class OpenAIChat(ChatModel):
    """A provider that speaks OpenAI's chat completions.

    ``base_url`` includes ``/v1``. ``read_timeout`` is how long it may be silent,
    ``total_timeout`` how long a whole answer may take, both in seconds. ``max_retries`` are
    made before an answer begins, never after. ``http_client`` is closed with this.
    """

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str | None = None,
        provider: str = "openai",
        max_retries: int = 2,
        read_timeout: float = 60.0,
        total_timeout: float = 600.0,
        http_client: "httpx2.AsyncClient | None" = None,
    ) -> None:
        self._api_key = api_key or _NO_KEY
        self._base_url = base_url or _ADDRESS
        self._provider = provider
        self._max_retries = max_retries
        self._read_timeout = read_timeout
        self._total_timeout = total_timeout
        self._http_client = http_client
        self._client: openai.AsyncOpenAI | None = None
        self._opening = asyncio.Lock()
        self._requests = RequestEncoder()

    @property
    def provider(self) -> str:
        """Name the provider."""
        return self._provider

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Yield the answer piece by piece, a `Stop` last.

        Raises:
            ProviderError: as the port says; nothing of the SDK comes through.

        """
        client = await self._connected()
        deadline = asyncio.get_running_loop().time() + self._total_timeout
        with provider_errors(self._provider):
            response = await self._ask(client, request, deadline)
            async with aclosing(response), aclosing(response.aiter_bytes()) as chunks:
                answer = _Answer(self._provider, response.headers.get("content-type", ""))
                # No timeout may span a yield: it would cancel the reader in its own work.
                while not answer.done and (chunk := await _next(chunks, deadline)) is not None:
                    for piece in answer.read(chunk):
                        yield piece
                for piece in answer.end():
                    yield piece
                await _drain(chunks)

    async def close(self) -> None:
        """Close the connections, if any were opened."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
        elif self._http_client is not None:
            await self._http_client.aclose()

    async def _connected(self) -> "openai.AsyncOpenAI":
        if self._client is None:
            async with self._opening:
                if self._client is None:
                    self._client = await asyncio.to_thread(self._open)
        return self._client

    def _open(self) -> "openai.AsyncOpenAI":
        import httpx2
        import openai

        with provider_errors(self._provider):
            return openai.AsyncOpenAI(
                api_key=self._api_key,
                base_url=self._base_url,
                max_retries=self._max_retries,
                timeout=httpx2.Timeout(self._read_timeout, connect=_CONNECT_TIMEOUT),
                http_client=self._http_client,
            )

    async def _ask(
        self, client: "openai.AsyncOpenAI", request: ModelRequest, deadline: float
    ) -> "httpx2.Response":
        """Send the request, with the SDK's retries, and return the answer's beginning."""
        import httpx2

        try:
            body = self._requests.encode(request)
        except TypeError:  # half a surrogate pair: it would be refused anyway
            quote = "a text in it is not valid Unicode"
            raise failure(self._provider, ProviderReason.REJECTED, quote) from None
        # Asked for as a plain response, as the SDK has it for endpoints that it does not know:
        # it then neither rebuilds the body nor reads the answer.
        async with asyncio.timeout_at(deadline):
            return await client.post(
                "/chat/completions", content=body, cast_to=httpx2.Response, stream=True
            )


class _Answer:
    """The bytes of one answer, read into pieces."""

    def __init__(self, provider: str, content_type: str) -> None:
        self._provider = provider
        self._events = EventDecoder()
        self._reader = AnswerReader()
        self.done = False
        if content_type.startswith(_NOT_A_STREAM):
            raise self._malformed(f"not an event stream but {content_type}: check the base URL")

    def read(self, chunk: bytes) -> Iterator[Piece]:
        """Yield the pieces that these bytes complete, up to the mark that nothing follows."""
        try:
            for data in self._events.feed(chunk):
                if data == _DONE:
                    self.done = True
                    return
                yield from self._pieces(orjson.loads(data))
        except (orjson.JSONDecodeError, MalformedAnswer, OversizedEvent) as problem:
            raise self._malformed(str(problem)) from problem

    def _pieces(self, chunk: Any) -> Sequence[Piece]:
        if isinstance(chunk, dict) and (error := chunk.get("error")):
            raise error_in_stream(self._provider, error)
        return self._reader.read(chunk)

    def end(self) -> Sequence[Piece]:
        """Return the last pieces, if the model said why it stopped."""
        if not self._reader.finished:
            raise failure(self._provider, ProviderReason.TRUNCATED)
        try:
            return self._reader.end()
        except MalformedAnswer as error:
            raise self._malformed(str(error)) from error

    def _malformed(self, quote: str) -> ProviderError:
        return failure(self._provider, ProviderReason.MALFORMED, quote)


async def _next(chunks: AsyncGenerator[bytes, None], deadline: float) -> bytes | None:
    async with asyncio.timeout_at(deadline):
        return await anext(chunks, None)


async def _drain(chunks: AsyncGenerator[bytes, None]) -> None:
    """Read to the end of the response, so that its connection can serve another request."""
    import httpx2

    with suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(_DRAIN_TIMEOUT):
            async for _ in chunks:
                pass
