"""Answers whose connection ends otherwise than the answer."""

import asyncio
from collections.abc import AsyncIterator

import httpx2

from adapters.llm.openai.chat_answer import CompletionReader
from adapters.llm.sdk.streaming import pieces_of
from domain.models.messages import Stop, Text
from tests.adapters.llm.voices import Completions


class Hanging(httpx2.AsyncByteStream):
    """Gives its parts, and then nothing, for ever."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part
        await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.is_closed = True


async def test_a_finished_answer_does_not_wait_for_a_line_that_is_left_open() -> None:
    stream = Hanging(*Completions().said("Hi"))
    response = httpx2.Response(200, stream=stream)
    deadline = asyncio.get_running_loop().time() + 60
    async with asyncio.timeout(60):
        read = pieces_of(response, CompletionReader(), deadline, rest=0.01)
        pieces = [piece async for batch in read for piece in batch]
    assert pieces == [Text("Hi"), Stop()]
    assert stream.is_closed
