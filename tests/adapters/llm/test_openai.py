"""The OpenAI adapter: what it sends, what it makes of the answers, and how it is left."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from adapters.llm.openai import OpenAIChat
from domain.llm import (
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
    Usage,
    UserTurn,
)
from domain.tools import ToolSpec
from tests.adapters.llm.wire_openai import OpenAIWireServer, answer, chunk, text


@pytest.fixture
async def model(wire: OpenAIWireServer) -> AsyncIterator[OpenAIChat]:
    model = OpenAIChat(api_key="sk-test", base_url=wire.base_url)
    yield model
    await model.close()


async def ask(model: OpenAIChat, name: str) -> list[Piece]:
    return [piece async for piece in model.stream(ModelRequest(name, [UserTurn("Hello.")]))]


async def test_streams_text_as_it_comes(model: OpenAIChat) -> None:
    pieces = await ask(model, "text")
    words = ["The", " answer", " is", " forty-two."]
    assert pieces == [*map(Text, words), Stop(StopReason.END, Usage(21, 9, 16))]


@pytest.mark.parametrize("name", ["parallel", "interleaved"])
async def test_gives_parallel_calls_whole_and_in_order(model: OpenAIChat, name: str) -> None:
    assert await ask(model, name) == [
        ToolRequest("add", '{"a": 40, "b": 2}'),
        ToolRequest("add", '{"a": 1, "b": 1}'),
        Stop(StopReason.TOOL_CALLS, Usage(21, 9, 16)),
    ]


async def test_tells_reasoning_from_text(model: OpenAIChat) -> None:
    assert (await ask(model, "reasoning"))[:2] == [Reasoning("Hm, let me see."), Text("Yes.")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("length", StopReason.LENGTH),
        ("refusal", StopReason.REFUSAL),
        ("content-filter", StopReason.REFUSAL),
    ],
)
async def test_says_why_it_stopped(model: OpenAIChat, name: str, reason: StopReason) -> None:
    *said, stop = await ask(model, name)
    assert all(isinstance(piece, Text) for piece in said)
    assert stop == Stop(reason, Usage(21, 9, 16))


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
        temperature=0.0,
        max_output_tokens=100,
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
    await ask(model, "text")
    assert wire.requests[0].body.keys() == {"model", "messages", "stream", "stream_options"}


async def test_sends_a_changed_tool_as_it_is_now(
    wire: OpenAIWireServer, model: OpenAIChat, add: ToolSpec
) -> None:
    changed = ToolSpec("add", "Add, but better.", add.parameters, add.effect)
    for tool in (add, changed, add):
        request = ModelRequest("text", [UserTurn("Hello.")], tools=[tool])
        [piece async for piece in model.stream(request)]
    sent = [seen.body["tools"][0]["function"]["description"] for seen in wire.requests]
    assert sent == [add.description, "Add, but better.", add.description]


async def test_needs_no_key_for_a_server_of_ones_own(wire: OpenAIWireServer) -> None:
    model = OpenAIChat(api_key=None, base_url=wire.base_url, provider="ollama")
    assert model.provider == "ollama"
    assert await ask(model, "text")
    await model.close()


async def test_uses_one_connection_for_answers_in_turn(
    wire: OpenAIWireServer, model: OpenAIChat
) -> None:
    for _ in range(3):
        await ask(model, "text")
    assert wire.connections == 1


async def test_takes_many_events_in_one_piece_and_one_in_many(
    wire: OpenAIWireServer, model: OpenAIChat
) -> None:
    stream = b"".join(step for step in answer(*text("ñandú 🦤 end")) if isinstance(step, bytes))
    wire.play("burst", [stream])
    wire.play("drip", [stream[at : at + 1] for at in range(len(stream))])
    assert await ask(model, "burst") == await ask(model, "drip")


async def test_ends_without_the_mark_that_nothing_follows(
    wire: OpenAIWireServer, model: OpenAIChat
) -> None:
    wire.play("terse", [chunk({"content": "Hi"}), chunk(finish="stop")])
    assert await ask(model, "terse") == [Text("Hi"), Stop()]


async def test_hangs_up_when_the_stream_is_closed(
    wire: OpenAIWireServer, model: OpenAIChat
) -> None:
    request = ModelRequest("hang-mid-stream", [UserTurn("Hello.")])
    async with aclosing(model.stream(request)) as stream:
        await anext(stream)
    assert await wire.disconnected()


@pytest.mark.parametrize("name", ["hang-mid-stream", "hang-before-headers"])
async def test_hangs_up_when_its_reader_is_cancelled(
    wire: OpenAIWireServer, model: OpenAIChat, name: str
) -> None:
    reader = asyncio.create_task(ask(model, name))
    await wire.requested()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert await wire.disconnected()


async def test_opens_again_after_it_was_closed(model: OpenAIChat) -> None:
    first = await ask(model, "text")
    await model.close()
    assert await ask(model, "text") == first


def test_does_not_import_the_sdk_before_it_is_needed() -> None:
    code = (
        "import sys; from adapters.llm.openai import OpenAIChat; OpenAIChat(api_key='sk');"
        "sys.exit('openai' in sys.modules or 'httpx2' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
