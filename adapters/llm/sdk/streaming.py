"""Streams an answer: from the bytes of an HTTP response to pieces.

The SDKs' own decoding is not used: it builds a typed object for each piece, which costs several
times as much as the rest of a turn.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

from adapters.llm.reading.bodies import BodyReader
from adapters.llm.sdk.answer_reader import AnswerReader
from adapters.llm.sdk.failures import failure
from domain.models.messages import Piece
from domain.shared.errors import ProviderReason

if TYPE_CHECKING:
    import httpx2

_REST_TIMEOUT = 10.0  # seconds to wait for more after the finish reason
_DRAIN_TIMEOUT = 0.1  # seconds to wait for the end of the body after a complete answer


async def pieces_of(
    response: "httpx2.Response",
    reader: AnswerReader,
    deadline: float,
    rest: float = _REST_TIMEOUT,
) -> AsyncGenerator[Sequence[Piece], None]:
    """Yield the pieces of an answer, in batches as they arrive; close the response.

    ``deadline`` is a time of the running loop, checked whenever bytes arrive; the connection's read
    timeout bounds the silence in between. ``rest`` is how many seconds to wait for more after the
    finish reason has come.

    Raises:
        ProviderError: the answer was cut off, or does not follow the protocol.
        TimeoutError: the deadline has passed.

    """
    time, take, provider = asyncio.get_running_loop().time, reader.take, reader.provider
    async with aclosing(response), aclosing(_body_of(response)) as chunks:
        try:
            body = BodyReader(response.headers.get("content-type", ""))
            while not reader.done:
                following = _last_of(chunks, rest) if reader.finished else anext(chunks, None)
                if (chunk := await following) is None:
                    break
                for data in body.feed(chunk):
                    if pieces := take(data):
                        yield pieces
                if time() > deadline:
                    raise TimeoutError
            if not reader.done:
                for data in body.end():
                    yield take(data)
            yield reader.end()
        except RecursionError as problem:
            words = "an event is nested too deep"
            raise failure(provider, ProviderReason.MALFORMED, words) from problem
        except ValueError as problem:
            raise failure(provider, ProviderReason.MALFORMED, str(problem)) from problem
        await _drain(chunks)


async def _last_of(chunks: AsyncGenerator[bytes, None], seconds: float) -> bytes | None:
    """Return the next bytes after the finish reason has come; None at the end or after a timeout.

    Failures are ignored here: only the token counts can still be missing.
    """
    import httpx2

    try:
        async with asyncio.timeout(seconds):
            return await anext(chunks, None)
    except (TimeoutError, httpx2.HTTPError):
        return None


def _body_of(response: "httpx2.Response") -> AsyncGenerator[bytes, None]:
    """Return the bytes of the body as they come.

    If there is no content encoding, the stream is read directly: the response's own iterators add
    two layers for each piece.
    """
    import httpx2

    stream = response.stream
    if isinstance(stream, httpx2.AsyncByteStream) and "content-encoding" not in response.headers:
        pieces = aiter(stream)
        if isinstance(pieces, AsyncGenerator):
            return pieces
    return response.aiter_bytes()


async def _drain(chunks: AsyncGenerator[bytes, None]) -> None:
    """Read the rest of the response, so that its connection can be reused."""
    import httpx2

    with suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(_DRAIN_TIMEOUT):
            async for _ in chunks:
                pass
