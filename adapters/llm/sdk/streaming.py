"""A streamed answer of any provider, from the bytes of a response to the pieces of the house.

The bytes are decoded here, not by the SDKs: building a typed object for each piece costs
several times what all the rest of a turn does.
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

_REST_TIMEOUT = 10.0  # seconds to wait for more of an answer that is finished
_DRAIN_TIMEOUT = 0.1  # seconds to wait for the end of a stream whose answer is whole


async def pieces_of(
    response: "httpx2.Response",
    reader: AnswerReader,
    deadline: float,
    rest: float = _REST_TIMEOUT,
) -> AsyncGenerator[Sequence[Piece], None]:
    """Yield the pieces of an answer, those together that came together; close the response.

    ``deadline`` is a time of the running loop. It is looked at whenever something comes: the
    read timeout of the connection bounds how long nothing does. ``rest`` is how many seconds are
    waited for more of an answer whose model said why it stopped.

    Raises:
        ProviderError: the answer was cut, or is not what the protocol says.
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
    """Return the next bytes of an answer that is finished; None at the end.

    Whatever goes wrong now only loses the usage, and a server that leaves the line open is not
    waited for.
    """
    import httpx2

    try:
        async with asyncio.timeout(seconds):
            return await anext(chunks, None)
    except (TimeoutError, httpx2.HTTPError):
        return None


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


async def _drain(chunks: AsyncGenerator[bytes, None]) -> None:
    """Read to the end of the response, so that its connection can serve another request."""
    import httpx2

    with suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(_DRAIN_TIMEOUT):
            async for _ in chunks:
                pass
