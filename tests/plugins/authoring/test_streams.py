"""Tools that yield their result: async generators."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from domain.shared.errors import ToolFailed
from plugins.authoring import streams
from plugins.host.admission import admit
from puerto import Artifact, ToolContext, ToolDefinitionError, tool

FILE = Artifact(b"x", "text/plain", "x.txt")


def yielding(*pieces: Any) -> Any:
    @tool(effect="read")
    async def give() -> AsyncIterator[Any]:
        """Give it."""
        for piece in pieces:
            yield piece

    return admit(give, "desk")


@pytest.mark.parametrize(
    ("pieces", "result", "shown"),
    [
        (("a", "b\n", "c"), "ab\nc", ["a", "b\n", "c"]),
        (("a", {"n": 1}), ["a", {"n": 1}], ["a", '{"n": 1}\n']),
        ((FILE, "a"), [FILE, "a"], ["x.txt\n", "a"]),
        (({"file": FILE},), [{"file": FILE}], [""]),
        ((), [], []),
    ],
    ids=["texts", "values", "files", "file_inside", "nothing"],
)
async def test_pieces_are_shown_and_the_result_is_the_whole(
    pieces: Any, result: Any, shown: list[str], context: ToolContext
) -> None:
    seen = list[str]()
    context = replace(context, stream_output=seen.append)
    assert await yielding(*pieces).run({}, context) == result
    assert seen == shown


async def test_no_texts_are_an_empty_text(context: ToolContext) -> None:
    @tool(effect="read")
    async def give() -> AsyncIterator[str]:
        """Give it."""
        for piece in list[str]():
            yield piece

    assert await give.run({}, context) == ""


async def test_an_error_after_pieces_is_that_of_the_call(context: ToolContext) -> None:
    @tool(effect="read")
    async def give() -> AsyncIterator[str]:
        """Give it."""
        yield "a"
        raise ToolFailed("no more", code="OUT")

    with pytest.raises(ToolFailed, match="no more") as caught:
        await admit(give, "desk").run({}, context)
    assert caught.value.code == "OUT"


async def test_a_cancelled_call_closes_the_generator(context: ToolContext) -> None:
    begun, closed = asyncio.Event(), list[str]()

    @tool(effect="read")
    async def give() -> AsyncIterator[str]:
        """Give it."""
        try:
            yield "a"
            begun.set()
            await asyncio.Event().wait()
        finally:
            closed.append("closed")

    task = asyncio.create_task(admit(give, "desk").run({}, context))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed == ["closed"]


async def test_a_stream_without_end_is_closed_when_it_is_too_large(
    context: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST_ITEMS", 10)
    closed = list[str]()

    @tool(effect="read")
    async def give() -> AsyncIterator[int]:
        """Give it."""
        try:
            while True:
                yield 1
        finally:
            closed.append("closed")

    result = await admit(give, "desk").run({}, context)
    assert "11 pieces" in result["note"]
    assert closed == ["closed"]


def test_a_generator_that_is_not_async_is_refused() -> None:
    with pytest.raises(ToolDefinitionError, match="unless it is async"):

        @tool(effect="read")
        def give() -> Any:
            """Give it."""
            yield 1
