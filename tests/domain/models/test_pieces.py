"""The pieces of an answer, from whichever model."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from domain.models.messages import (
    Reasoning,
    Stop,
    StopReason,
    Text,
    TextWasReasoning,
    ToolRequest,
    Usage,
)
from domain.models.pieces import ANSWER_LENGTH, PieceReader, UnusablePiece, usable_error
from domain.shared.errors import ProviderError, ProviderReason, Unavailable
from domain.shared.untrusted import Contained


async def yielding(*pieces: Any) -> AsyncGenerator[Any, None]:
    for piece in pieces:
        yield piece


async def read(*pieces: Any) -> list[Any]:
    reader = PieceReader(yielding(*pieces))
    found: list[Any] = []
    while (piece := await reader.next()) is not None:
        found.append(piece)
    await reader.close()
    return found


async def test_what_is_good_comes_through_as_it_is() -> None:
    pieces = [
        Reasoning("hm"),
        TextWasReasoning(),
        Text("ñ"),
        ToolRequest("look", "{}"),
        Stop(StopReason.TOOL_CALLS, Usage(1, 2, 3), "memento"),
    ]
    found = await read(*pieces)
    assert found == pieces
    assert found[2] is pieces[2]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Text("a\0\ud800"), Text("a\ufffd\ufffd")),
        (Reasoning("\ud83d\ude00"), Reasoning("\U0001f600")),
        (
            ToolRequest("look", {"a": (1, {2})}),  # type: ignore[arg-type]
            ToolRequest("look", '{"a": [1, [2]]}'),
        ),
        (Stop(usage=Usage(-5, None, 2)), Stop(usage=Usage(0, 0, 2))),  # type: ignore[arg-type]
        (Stop("length"), Stop(StopReason.LENGTH)),  # type: ignore[arg-type]
    ],
)
async def test_what_can_be_mended_is(given: Any, expected: Any) -> None:
    assert await read(given) == [expected]


@pytest.mark.parametrize(
    "piece",
    [
        None,
        "text",
        Text(None),  # type: ignore[arg-type]
        Reasoning(5),  # type: ignore[arg-type]
        ToolRequest("x" * 201, "{}"),
        ToolRequest("look", [1]),  # type: ignore[arg-type]
        Stop(memento=object()),  # type: ignore[arg-type]
        Stop(usage=None),  # type: ignore[arg-type]
    ],
    ids=repr,
)
async def test_what_is_no_piece_ends_the_answer(piece: Any) -> None:
    with pytest.raises(UnusablePiece):
        await read(piece)


async def test_an_answer_has_an_end() -> None:
    half = Text("x" * (ANSWER_LENGTH // 2))
    assert len(await read(half, half)) == 2
    with pytest.raises(UnusablePiece, match="more than 4,000,000 characters"):
        await read(half, half, Text("x"))

    async def for_ever() -> AsyncGenerator[Any, None]:
        while True:
            yield Text("")

    reader = PieceReader(for_ever(), most=2)
    assert [await reader.next(), await reader.next()] == [Text(""), Text("")]
    with pytest.raises(UnusablePiece, match="no end"):
        await reader.next()
    await reader.close()


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), GeneratorExit()])
async def test_exits_of_a_model_end_no_more_than_its_answer(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    async def leaving() -> AsyncGenerator[Any, None]:
        try:
            yield Text("a")
        finally:
            raise error

    reader = PieceReader(leaving())
    await reader.next()
    with pytest.raises(Contained, match=type(error).__name__):
        await reader.next()
    early = PieceReader(leaving())
    await early.next()
    await early.close()
    assert isinstance(error, GeneratorExit) or type(error).__name__ in caplog.text


def test_an_error_is_told_as_it_is_if_it_can_be() -> None:
    good = ProviderError("busy", provider="p", reason=ProviderReason.OVERLOADED, retry_after=1.5)
    away = Unavailable("not set")
    assert usable_error("p", good) is good
    assert usable_error("p", away) is away
    assert usable_error("p", KeyError("x")) is None
    good.retry_after = "soon"  # type: ignore[assignment]
    for odd in (good, UnusablePiece("it has no end")):
        told = usable_error("p", odd)
        assert isinstance(told, ProviderError)
        assert told.reason is ProviderReason.MALFORMED
        assert told.message.startswith("The provider p gave no answer that can be used: ")
