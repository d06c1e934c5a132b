"""OpenAI's chat completions: the contract, and what is special to them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.llm.openai.chat import OpenAIChat
from domain.conversations.sampling import Sampling
from domain.models.messages import (
    AssistantTurn,
    ModelRequest,
    Stop,
    StopReason,
    Text,
    ToolTurn,
    ToolUse,
    Usage,
    UserTurn,
)
from domain.models.ports import ChatModel
from domain.tools.tool import ToolSpec
from tests.adapters.llm.provider_contract import KEY, ProviderContract, answer, words
from tests.adapters.llm.provider_quirks import ProviderQuirks
from tests.adapters.llm.voices import Completions
from tests.adapters.llm.wire.openai import OpenAIWireServer, chunk


class TestOpenAIChat(ProviderContract, ProviderQuirks):
    """The real SDK, against a real server."""

    service = OpenAIWireServer
    voice = Completions()

    @classmethod
    def make(cls, base_url: str, **options: Any) -> ChatModel:
        return OpenAIChat(base_url=base_url, **{"api_key": KEY, **options})


@pytest.fixture
async def model(wire: OpenAIWireServer) -> AsyncIterator[OpenAIChat]:
    model = OpenAIChat(api_key="sk-test", base_url=wire.base_url)
    yield model
    await model.close()


async def test_streams_text_as_it_comes(model: OpenAIChat) -> None:
    pieces = await answer(model, "text")
    words = ["The", " answer", " is", " forty-two."]
    assert pieces == [*map(Text, words), Stop(StopReason.END, Usage(21, 9, 16))]


async def test_a_filter_is_a_refusal(model: OpenAIChat) -> None:
    assert (await answer(model, "content-filter"))[-1] == Stop(StopReason.REFUSAL, Usage(21, 9, 16))


async def test_sends_the_whole_conversation(
    wire: OpenAIWireServer, model: OpenAIChat, add: ToolSpec
) -> None:
    use = ToolUse("c1", "add", {"a": 2**70, "b": 1})
    request = ModelRequest(
        "echo",
        [
            UserTurn("¿Cuánto es?"),
            AssistantTurn("", [use]),
            ToolTurn("c1", "add", "too big", is_error=True),
            AssistantTurn("Sorry."),
            UserTurn("Again."),
        ],
        system="Be brief.",
        tools=[add],
        sampling=Sampling(temperature=0.0, max_output_tokens=100),
    )
    [piece async for piece in model.stream(request)]
    (seen,) = wire.requests
    assert seen.headers["authorization"] == "Bearer sk-test"
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "add", "arguments": f'{{"a":{2**70},"b":1}}'},
    }
    described = {
        "name": "add",
        "description": add.description,
        "parameters": add.parameters,
    }
    assert seen.body == {
        "model": "echo",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "¿Cuánto es?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "Error: too big"},
            {"role": "assistant", "content": "Sorry."},
            {"role": "user", "content": "Again."},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "tools": [{"type": "function", "function": described}],
        "temperature": 0.0,
        "max_completion_tokens": 100,
    }


async def test_sends_nothing_that_was_not_asked_for(
    wire: OpenAIWireServer, model: OpenAIChat
) -> None:
    await answer(model, "text")
    assert wire.requests[0].body.keys() == {"model", "messages", "stream", "stream_options"}


async def test_sends_a_changed_tool_as_it_is_now(
    wire: OpenAIWireServer, model: OpenAIChat, add: ToolSpec
) -> None:
    changed = ToolSpec("add", "Add, but better.", add.parameters, add.effect)
    for tool in (add, changed, add):
        await answer(model, "text", tools=[tool])
    sent = [seen.body["tools"][0]["function"]["description"] for seen in wire.requests]
    assert sent == [add.description, "Add, but better.", add.description]


async def test_needs_no_key_for_a_server_of_ones_own(wire: OpenAIWireServer) -> None:
    model = OpenAIChat(api_key="", base_url=wire.base_url, provider="ollama")
    assert model.provider == "ollama"
    assert await answer(model, "text")
    await model.close()


async def test_ends_without_the_mark_that_nothing_follows(
    wire: OpenAIWireServer, model: OpenAIChat
) -> None:
    wire.play("terse", [chunk({"content": "Hi"}), chunk(finish="stop")])
    assert await answer(model, "terse") == [Text("Hi"), Stop()]


async def test_leaves_out_a_temperature_that_the_model_refuses(
    wire: OpenAIWireServer, model: OpenAIChat
) -> None:
    for _ in range(2):
        assert words(await answer(model, "thinker", sampling=Sampling(temperature=0.5)))
    assert ["temperature" in seen.body for seen in wire.requests] == [True, False, False]
