"""A streamed answer of any provider, from the bytes of a response to the pieces of the house.

The bytes are decoded here, not by the SDKs: building a typed object for each piece costs
several times what all the rest of a turn does.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Protocol

from adapters.llm.failures import failure
from adapters.llm.sse import EventDecoder
from domain.errors import ProviderReason
from domain.llm import Piece

if TYPE_CHECKING:
    import httpx2

_DRAIN_TIMEOUT = 0.1  # seconds to wait for the end of a stream whose answer is whole
_NOT_A_STREAM = ("text/html", "application/json")


class MalformedAnswer(ValueError):
    """What came is not what the provider's protocol says."""


class AnswerReader(Protocol):
    """Reads one answer of one provider, event by event."""

    @property
    def done(self) -> bool:
        """Whether the provider has said that nothing follows."""
        ...

    @property
    def finished(self) -> bool:
        """Whether the model said why it stopped: without it, the answer was cut."""
        ...

    def read(self, data: bytes) -> Sequence[Piece]:
        """Take in the data of one event; return the pieces that it completes.

        Raises:
            ValueError: it is not JSON, or not what the protocol says (`MalformedAnswer`).
            ProviderError: the event is an error.

        """
        ...

    def end(self) -> Sequence[Piece]:
        """Return the last pieces, the `Stop` last, of an answer that is finished.

        Raises:
            MalformedAnswer: what came does not make an answer.

        """
        ...


async def pieces_of(
    response: "httpx2.Response", reader: AnswerReader, provider: str, deadline: float
) -> AsyncGenerator[Sequence[Piece], None]:
    """Yield the pieces of an answer, those together that came together; close the response.

    ``deadline`` is a time of the running loop. It is looked at whenever something comes: the
    read timeout of the connection bounds how long nothing does.

    Raises:
        ProviderError: the answer was cut, or is not what the protocol says.
        TimeoutError: the deadline has passed.

    """
    time, events = asyncio.get_running_loop().time, EventDecoder()
    async with aclosing(response), aclosing(_body_of(response)) as chunks:
        try:
            _check_kind(response.headers.get("content-type", ""))
            while not reader.done and (chunk := await anext(chunks, None)) is not None:
                for data in events.feed(chunk):
                    if pieces := reader.read(data):
                        yield pieces
                if time() > deadline:
                    raise TimeoutError
            if not reader.finished:
                raise failure(provider, ProviderReason.TRUNCATED)
            yield reader.end()
        except ValueError as problem:
            raise failure(provider, ProviderReason.MALFORMED, str(problem)) from problem
        await _drain(chunks)


def _body_of(response: "httpx2.Response") -> AsyncGenerator[bytes, None]:
    """Return the bytes of the body as they come.

    Where nothing is to be decoded, without the response's own iterators: they are two layers more
    for each piece.
    """
    import httpx2

    stream = response.stream
    if isinstance(stream, httpx2.AsyncByteStream) and "content-encoding" not in response.headers:
        pieces = aiter(stream)
        if isinstance(pieces, AsyncGenerator):
            return pieces
    return response.aiter_bytes()


def _check_kind(content_type: str) -> None:
    if content_type.startswith(_NOT_A_STREAM):
        raise MalformedAnswer(f"not an event stream but {content_type}: check the base URL")


async def _drain(chunks: AsyncGenerator[bytes, None]) -> None:
    """Read to the end of the response, so that its connection can serve another request."""
    import httpx2

    with suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(_DRAIN_TIMEOUT):
            async for _ in chunks:
                pass
