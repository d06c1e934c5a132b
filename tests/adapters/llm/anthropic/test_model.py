"""Anthropic's messages: the contract, and what is special to them."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import anthropic
import httpx2
import pytest

from adapters.llm.anthropic.errors import anthropic_errors
from adapters.llm.anthropic.model import AnthropicChat
from adapters.llm.sdk.failures import http_errors
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
    Turn,
    Usage,
    UserTurn,
)
from domain.models.ports import ChatModel
from domain.shared.errors import ProviderError, ProviderReason
from domain.tools.tool import Effect, ToolSpec
from tests.adapters.llm.provider_contract import (
    KEY,
    ProviderContract,
    answer,
    exceptions_of,
    failure,
    words,
)
from tests.adapters.llm.provider_quirks import ProviderQuirks
from tests.adapters.llm.voices import Messages
from tests.adapters.llm.wire.anthropic import AnthropicWireServer
from tests.adapters.llm.wire.anthropic_checks import Refusal, check
from tests.adapters.llm.wire.server import Request

CACHED = {"cache_control": {"type": "ephemeral"}}
EMPTY = {"type": "object", "properties": {}}
ASK = UserTurn('Please call add {"a": 1, "b": 2}.')


class TestAnthropicChat(ProviderContract, ProviderQuirks):
    """The real SDK, against a real server."""

    service = AnthropicWireServer
    voice = Messages()
    renames = True
    absent = frozenset({"interleaved"})  # one block ends before the next begins

    @classmethod
    def make(cls, base_url: str, **options: Any) -> ChatModel:
        return AnthropicChat(base_url=base_url, **{"api_key": KEY, **options})


@pytest.fixture(scope="module")
def server() -> Iterator[AnthropicWireServer]:
    with AnthropicWireServer() as server:
        yield server


@pytest.fixture
def wire(server: AnthropicWireServer) -> AnthropicWireServer:
    server.reset()
    return server


@pytest.fixture
async def model(wire: AnthropicWireServer) -> AsyncIterator[AnthropicChat]:
    model = AnthropicChat(api_key=KEY, base_url=wire.base_url)
    yield model
    await model.close()


# --- requests


async def test_sends_the_whole_conversation(
    wire: AnthropicWireServer, model: AnthropicChat, add: ToolSpec
) -> None:
    ping = ToolSpec("ping", "Answer.", {"type": "object"}, Effect.READ)
    request = ModelRequest(
        "echo",
        [
            AssistantTurn("Welcome."),
            UserTurn("¿Cuánto es?"),
            AssistantTurn("", [ToolUse("c/1", "add", {"a": 2**70}), ToolUse("c2", "gone", {})]),
            ToolTurn("c/1", "add", "too big", is_error=True),
            ToolTurn("c2", "gone", ""),
            UserTurn("Well?"),
            AssistantTurn(" "),
            UserTurn("Again."),
        ],
        system="Be brief.",
        tools=[ping, add],
        sampling=Sampling(temperature=0.0, max_output_tokens=100),
    )
    [piece async for piece in model.stream(request)]
    (seen,) = wire.requests
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    begun = {"type": "text", "text": "(What was said before is left out.)"}
    uses = [
        {"type": "tool_use", "id": "c_1", "name": "add", "input": {"a": 2**70}},
        {"type": "tool_use", "id": "c2", "name": "gone", "input": {}},
    ]
    results = [
        {"type": "tool_result", "tool_use_id": "c_1", "content": "too big", "is_error": True},
        {"type": "tool_result", "tool_use_id": "c2", "content": "(nothing)"},
        {"type": "text", "text": "Well?"},
        {"type": "text", "text": "Again.", **CACHED},
    ]
    described = {"description": add.description, "input_schema": add.parameters}
    assert seen.body == {
        "model": "echo",
        "max_tokens": 100,
        "messages": [
            {"role": "user", "content": [begun]},
            {"role": "assistant", "content": [{"type": "text", "text": "Welcome."}]},
            {"role": "user", "content": [{"type": "text", "text": "¿Cuánto es?"}]},
            {"role": "assistant", "content": uses},
            {"role": "user", "content": results},
        ],
        "stream": True,
        "system": [{"type": "text", "text": "Be brief.", **CACHED}],
        "tools": [
            {"name": "ping", "description": "Answer.", "input_schema": EMPTY},
            {"name": "add", **described, **CACHED},
        ],
    }


async def test_sends_nothing_that_was_not_asked_for(
    wire: AnthropicWireServer, model: AnthropicChat
) -> None:
    await answer(model, "text", system=" ")
    assert wire.requests[0].body == {
        "model": "text",
        "max_tokens": 32_000,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello."}]}],
        "stream": True,
    }


@pytest.mark.parametrize("turns", [[], [UserTurn("\n")], [UserTurn("Hi."), AssistantTurn("Hm,")]])
async def test_always_leaves_the_model_something_to_say(
    model: AnthropicChat, turns: Sequence[Turn]
) -> None:
    assert words(await answer(model, "echo", turns))


async def test_declares_the_tools_that_were_called_where_none_is_offered(
    wire: AnthropicWireServer, model: AnthropicChat
) -> None:
    use = ToolUse("c1", "add", {"a": 1})
    turns: list[Turn] = [UserTurn("Add."), AssistantTurn("", [use]), ToolTurn("c1", "add", "2")]
    assert words(await answer(model, "echo", turns))
    assert [tool["name"] for tool in wire.requests[0].body["tools"]] == ["add"]
    assert wire.requests[0].body["tool_choice"] == {"type": "none"}


async def test_says_in_words_what_the_service_refuses_in_a_schema(
    wire: AnthropicWireServer, model: AnthropicChat
) -> None:
    name = {"type": "string", "maxLength": 2**70}
    parameters = {
        "properties": {"name": name, "first name": name},
        "required": ["name", "first name"],
        "anyOf": [{"required": ["name"]}],
    }
    await answer(model, "text", tools=[ToolSpec("odd", "Odd.", parameters, Effect.READ)])
    assert wire.requests[0].body["tools"][0]["input_schema"] == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": f"At most {2**70} characters"},
            "first_name": {
                "type": "string",
                "description": f"At most {2**70} characters (its own name is first name)",
            },
        },
        "required": ["name", "first_name"],
    }


async def test_sends_a_changed_tool_as_it_is_now(
    wire: AnthropicWireServer, model: AnthropicChat, add: ToolSpec
) -> None:
    changed = ToolSpec("add", "Add, but better.", add.parameters, add.effect)
    for tool in (add, changed, add):
        await answer(model, "text", tools=[tool])
    sent = [seen.body["tools"][0]["description"] for seen in wire.requests]
    assert sent == [add.description, "Add, but better.", add.description]


# --- reasoning


def step(pieces: Sequence[Piece], call_id: str, *, memento: str | None = None) -> list[Turn]:
    """Return the turns of an answer with one call, as the house tells it, and of the result."""
    (call,) = (piece for piece in pieces if isinstance(piece, ToolRequest))
    stop = pieces[-1]
    assert isinstance(stop, Stop)
    use = ToolUse(call_id, call.tool, json.loads(call.arguments))
    said = "".join(words(pieces)).strip()
    kept = stop.memento if memento is None else memento
    return [AssistantTurn(said, [use], kept), ToolTurn(call_id, call.tool, "3"), ASK]


async def test_gives_its_reasoning_back_within_a_run(
    wire: AnthropicWireServer, model: AnthropicChat, add: ToolSpec
) -> None:
    """The server checks each signature, and that nothing before it has changed."""
    turns: list[Turn] = [ASK]
    for count in range(3):
        pieces = await answer(model, "thinker", turns, system="Be brief.", tools=[add])
        assert pieces[0] == Reasoning("I must think about this.")
        turns += step(pieces, f"c{count}")
    assert len(wire.requests) == 3
    kinds = [
        [block["type"] for block in message["content"]]
        for message in wire.requests[-1].body["messages"]
        if message["role"] == "assistant"
    ]
    assert kinds == [["thinking", "redacted_thinking", "text", "tool_use"]] * 2


async def test_goes_on_without_reasoning_that_is_no_longer_taken(
    wire: AnthropicWireServer, model: AnthropicChat, add: ToolSpec
) -> None:
    asked = await answer(model, "thinker", [ASK], system="It is Monday.", tools=[add])
    turns = [ASK, *step(asked, "c1")]
    pieces = await answer(model, "thinker", turns, system="It is Tuesday.", tools=[add])
    assert isinstance(pieces[-1], Stop)
    refused, taken = (seen.body["messages"][1]["content"] for seen in wire.requests[1:])
    assert "thinking" in [block["type"] for block in refused]
    assert [block["type"] for block in taken] == ["text", "tool_use"]


async def test_asks_only_once_what_is_refused_for_another_reason(
    wire: AnthropicWireServer, model: AnthropicChat, add: ToolSpec
) -> None:
    asked = await answer(model, "thinker", [ASK], tools=[add])
    _, error = await failure(model, "status-400", [UserTurn("Hm."), *step(asked, "c1")[2:]])
    assert error.reason is ProviderReason.REJECTED
    assert len(wire.requests) == 2


@pytest.mark.parametrize(
    "memento",
    [
        *("{", "null", "[7]", '["text"]', '[{"type": "text"}]'),
        '[{"type": "text", "text": 1}, {"type": "tool_use"}]',
        '[{"type": "reasoning"}, {"type": "tool_use"}]',
    ],
)
async def test_goes_on_without_a_memento_that_it_cannot_read(
    wire: AnthropicWireServer, model: AnthropicChat, add: ToolSpec, memento: str
) -> None:
    asked = await answer(model, "thinker", [ASK], tools=[add])
    await answer(model, "echo", [ASK, *step(asked, "c1", memento=memento)], tools=[add])
    content = wire.requests[-1].body["messages"][1]["content"]
    assert [block["type"] for block in content] == ["text", "tool_use"]
    assert len(wire.requests) == 2


# --- answers


@pytest.mark.parametrize(
    ("name", "reason", "told"),
    [
        ("window", StopReason.LENGTH, "So long that"),
        ("paused", StopReason.LENGTH, "I looked and"),
        ("sequence", StopReason.END, "Up to here"),
        ("refusal", StopReason.REFUSAL, "It is"),
        ("refusal-at-once", StopReason.REFUSAL, "It could do harm."),
    ],
)
async def test_knows_the_service_s_reasons_to_stop(
    model: AnthropicChat, name: str, reason: StopReason, told: str
) -> None:
    pieces = await answer(model, name)
    assert "".join(words(pieces)) == told
    assert pieces[-1] == Stop(reason, Usage(21, 9, 16))


async def test_an_empty_account_is_no_bad_request(model: AnthropicChat) -> None:
    _, error = await failure(model, "status-402")
    assert error.reason is ProviderReason.RATE_LIMITED
    assert "credit balance" in error.message


async def test_streams_text_word_by_word(model: AnthropicChat) -> None:
    *said, _ = await answer(model, "text")
    assert said == [Text("The"), Text(" answer"), Text(" is"), Text(" forty-two.")]


# --- errors

# Raised by what is not used here: cookies, of which the SDK keeps none.
_NOT_MET = {httpx2.CookieConflict}


@pytest.mark.parametrize(
    "kind", sorted((exceptions_of(anthropic) | exceptions_of(httpx2)) - _NOT_MET, key=str)
)
def test_every_exception_of_the_sdk_becomes_one_of_ours(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    if isinstance(error, anthropic.APIStatusError):
        error.status_code, error.body, error.response = 418, None, httpx2.Response(418)
    with pytest.raises(ProviderError), http_errors("acme"), anthropic_errors("acme"):
        raise error


# --- the stand-in for the service


async def test_the_sdk_s_own_reading_agrees(wire: AnthropicWireServer) -> None:
    async with anthropic.AsyncAnthropic(api_key=KEY, base_url=wire.base_url) as client:
        said = 'call add {"a": {"b": [1]}} and call now {}'
        async with client.messages.stream(
            model="thinker",
            max_tokens=100,
            messages=[{"role": "user", "content": [{"type": "text", "text": said}]}],
        ) as stream:
            message = await stream.get_final_message()
    assert message.stop_reason == "tool_use"
    assert message.usage.output_tokens == 9
    thought, redacted, text, *uses = message.content
    assert [thought.type, redacted.type, text.type] == ["thinking", "redacted_thinking", "text"]
    asked = [(use.name, use.input) for use in uses if use.type == "tool_use"]
    assert asked == [("add", {"a": {"b": [1]}}), ("now", {})]


HELLO = {"role": "user", "content": "Hello."}
USE = {"type": "tool_use", "id": "c1", "name": "add", "input": {}}
TOOL = {"name": "add", "input_schema": {"type": "object"}}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"temperature": 1.0}, id="sampling"),
        pytest.param({"messages": []}, id="nothing said"),
        pytest.param({"messages": [HELLO, {"role": "assistant", "content": "Hm"}]}, id="prefill"),
        pytest.param({"messages": [{"role": "user", "content": " "}]}, id="blank"),
        pytest.param(
            {"messages": [HELLO, {"role": "assistant", "content": [USE]}, HELLO], "tools": [TOOL]},
            id="no result",
        ),
        pytest.param({"tools": [{**TOOL, "input_schema": {}}]}, id="no type"),
        pytest.param({"tools": [TOOL, TOOL]}, id="twice the same tool"),
        pytest.param({"tools": [{**TOOL, "strict_": True}]}, id="unknown field"),
    ],
)
def test_the_stand_in_refuses_what_the_service_refuses(body: dict[str, Any]) -> None:
    headers = {
        "authorization": "Bearer any",
        "anthropic-version": "2026-10-21",
        "content-type": "application/json",
    }
    right = {"model": "echo", "max_tokens": 1, "messages": [HELLO]}
    check(Request("POST", "/v1/messages", headers, right))
    with pytest.raises(Refusal):
        check(Request("POST", "/v1/messages", headers, right | body))


def test_the_stand_in_runs_by_itself() -> None:
    command = [sys.executable, "-m", "tests.adapters.llm.wire.anthropic"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address, _ = process.stdout.readline().removeprefix("ANTHROPIC_BASE_URL=").split(" ")
        with anthropic.Anthropic(api_key="any", base_url=address) as client:
            assert [model.id for model in client.models.list()] == ["echo"]
        process.terminate()
    assert process.returncode == 0
