"""The contract of model providers, as tests.

Subclass `ChatModelContract` in a test file and define its fixtures::

    class TestMyChat(ChatModelContract):
        lacks = frozenset({Ability.REASONING})

        @pytest.fixture
        async def model(self):
            model = MyChat()
            yield model
            await model.close()

        @pytest.fixture
        def text_request(self):
            return ModelRequest("my-model", [UserTurn("Say hello.")])

The async tests need pytest-asyncio in its ``auto`` mode.
"""

# ruff: noqa: S101 - pytest rewrites these asserts, as it does in any test

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from enum import StrEnum
from typing import ClassVar, NoReturn

import pytest

from domain.conversations.sampling import Sampling
from domain.models.messages import (
    AssistantTurn,
    ModelRequest,
    Piece,
    Reasoning,
    Stop,
    StopReason,
    Text,
    ToolRequest,
    ToolTurn,
    ToolUse,
)
from domain.models.ports import ChatModel
from domain.shared.errors import ProviderError

__all__ = ["Ability", "ChatModelContract"]


class Ability(StrEnum):
    """What a model need not be able to do."""

    TOOLS = "tools"
    PARALLEL_CALLS = "parallel calls"
    REASONING = "reasoning"
    FAILURE = "failure"


class ChatModelContract:
    """The contract of `domain.models.ports.ChatModel`.

    ``lacks`` declares what the model cannot do; the fixtures for that may be left out.
    ``told`` is the tool's result in these tests; the model has to mention it.
    """

    lacks: ClassVar[frozenset[Ability]] = frozenset()
    told: ClassVar[str] = "4217"

    @pytest.fixture
    def model(self) -> ChatModel:
        """Return the model to test; close it afterwards."""
        pytest.fail("the contract needs a fixture: model")

    @pytest.fixture
    def text_request(self) -> ModelRequest:
        """Return a request that is answered in words."""
        pytest.fail("the contract needs a fixture: text_request")

    @pytest.fixture
    def tool_request(self) -> ModelRequest:
        """Return a request whose answer asks for one call of its one tool."""
        self._absent(Ability.TOOLS, "tool_request")

    @pytest.fixture
    def parallel_request(self) -> ModelRequest:
        """Return a request whose answer asks for two calls or more."""
        self._absent(Ability.PARALLEL_CALLS, "parallel_request")

    @pytest.fixture
    def reasoning_request(self) -> ModelRequest:
        """Return a request whose answer shows the model's reasoning."""
        self._absent(Ability.REASONING, "reasoning_request")

    @pytest.fixture
    def failing_request(self) -> ModelRequest:
        """Return a request that the provider refuses."""
        self._absent(Ability.FAILURE, "failing_request")

    def _absent(self, ability: Ability, fixture: str) -> NoReturn:
        if ability in self.lacks:
            pytest.skip(f"declared to lack {ability}")
        pytest.fail(f"the contract needs a fixture: {fixture}, or {ability!r} among `lacks`")

    def test_names_its_provider(self, model: ChatModel) -> None:
        """The name is an identifier, as settings and URLs need."""
        assert model.provider.isidentifier()

    async def test_answers_in_words(self, model: ChatModel, text_request: ModelRequest) -> None:
        """Text comes in non-empty pieces, followed by one `Stop`."""
        pieces = await _answer(model, text_request)
        stop = _stop(pieces)
        assert stop.reason is StopReason.END
        assert min(stop.usage.input_tokens, stop.usage.output_tokens) >= 0
        assert _text(pieces).strip()
        assert all(piece.content for piece in pieces if isinstance(piece, Text))
        assert not _calls(pieces)

    async def test_answers_again(self, model: ChatModel, text_request: ModelRequest) -> None:
        """A request leaves no state that spoils the next one."""
        assert _text(await _answer(model, text_request))
        assert _text(await _answer(model, text_request))

    async def test_says_which_parameters_it_honours(
        self, model: ChatModel, text_request: ModelRequest
    ) -> None:
        """Only parameters of the request are claimed; users are warned of the others."""
        assert not _stop(await _answer(model, text_request)).taken
        sampling = Sampling(temperature=1.0, max_output_tokens=500)
        stop = _stop(await _answer(model, replace(text_request, sampling=sampling)))
        assert stop.taken <= sampling.given().keys()

    async def test_asks_for_a_tool(self, model: ChatModel, tool_request: ModelRequest) -> None:
        """The call names the offered tool; its arguments are a JSON object."""
        pieces = await _answer(model, tool_request)
        (call,) = _calls(pieces)
        assert call.tool == tool_request.tools[0].name
        assert isinstance(json.loads(call.arguments), dict)
        assert _stop(pieces).reason is StopReason.TOOL_CALLS

    async def test_asks_for_several(self, model: ChatModel, parallel_request: ModelRequest) -> None:
        """Several calls come whole in one answer."""
        pieces = await _answer(model, parallel_request)
        offered = {tool.name for tool in parallel_request.tools}
        assert len(_calls(pieces)) > 1
        assert {call.tool for call in _calls(pieces)} <= offered
        assert all(isinstance(json.loads(call.arguments), dict) for call in _calls(pieces))
        assert _stop(pieces).reason is StopReason.TOOL_CALLS

    async def test_uses_the_result(self, model: ChatModel, tool_request: ModelRequest) -> None:
        """The model uses a tool's result in its answer."""
        calls = _calls(await _answer(model, tool_request))
        pieces = await _answer(model, _with_results(tool_request, calls, self.told))
        assert self.told in _text(pieces)
        assert _stop(pieces).reason is StopReason.END

    async def test_bears_a_failed_call(self, model: ChatModel, tool_request: ModelRequest) -> None:
        """The model still answers when its call failed."""
        calls = _calls(await _answer(model, tool_request))
        failed = _with_results(tool_request, calls, self.told, is_error=True)
        _stop(await _answer(model, failed))

    async def test_shows_reasoning(self, model: ChatModel, reasoning_request: ModelRequest) -> None:
        """Reasoning is kept apart from the answer."""
        pieces = await _answer(model, reasoning_request)
        reasoning = [piece.content for piece in pieces if isinstance(piece, Reasoning)]
        assert all(reasoning)
        assert reasoning
        assert "".join(reasoning) not in _text(pieces)

    async def test_says_that_it_failed(
        self, model: ChatModel, failing_request: ModelRequest
    ) -> None:
        """A failure is a `ProviderError` that names the provider."""
        with pytest.raises(ProviderError) as failure:
            await _answer(model, failing_request)
        assert failure.value.provider == model.provider
        assert failure.value.message

    async def test_can_be_left(self, model: ChatModel, text_request: ModelRequest) -> None:
        """Closing the stream after its first piece does no harm."""
        async with aclosing(model.stream(text_request)) as stream:
            await anext(stream)
        assert _text(await _answer(model, text_request))

    async def test_serves_several_at_once(
        self, model: ChatModel, text_request: ModelRequest, tool_request: ModelRequest
    ) -> None:
        """Concurrent requests do not disturb each other."""
        requests = [text_request, tool_request] * 3
        answers = await asyncio.gather(*(_answer(model, request) for request in requests))
        assert all(_text(pieces) for pieces in answers[::2])
        assert all(len(_calls(pieces)) == 1 for pieces in answers[1::2])

    async def test_closes_unopened_and_twice(self, model: ChatModel) -> None:
        """Closing is always allowed."""
        await model.close()
        await model.close()

    async def test_closes_after_use(self, model: ChatModel, text_request: ModelRequest) -> None:
        """Closing is allowed twice after use, too."""
        await _answer(model, text_request)
        await model.close()
        await model.close()


async def _answer(model: ChatModel, request: ModelRequest) -> list[Piece]:
    async with aclosing(model.stream(request)) as stream:
        return [piece async for piece in stream]


def _stop(pieces: Sequence[Piece]) -> Stop:
    (stop,) = (piece for piece in pieces if isinstance(piece, Stop))
    assert pieces[-1] is stop
    return stop


def _text(pieces: Sequence[Piece]) -> str:
    return "".join(piece.content for piece in pieces if isinstance(piece, Text))


def _calls(pieces: Sequence[Piece]) -> list[ToolRequest]:
    return [piece for piece in pieces if isinstance(piece, ToolRequest)]


def _with_results(
    request: ModelRequest, calls: Sequence[ToolRequest], told: str, *, is_error: bool = False
) -> ModelRequest:
    uses = [ToolUse(f"c{n}", call.tool, json.loads(call.arguments)) for n, call in enumerate(calls)]
    content = "It is broken." if is_error else json.dumps({"result": int(told)})
    results = [ToolTurn(use.id, use.tool, content, is_error) for use in uses]
    return replace(request, turns=[*request.turns, AssistantTurn("", uses), *results])
