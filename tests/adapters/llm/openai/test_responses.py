"""OpenAI's Responses API: the contract, and what is special to it."""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.llm.openai.responses import ResponsesChat
from adapters.llm.openai.responses_answer import ResponseReader
from adapters.llm.reading.decoding import MalformedAnswer
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
    UserTurn,
)
from domain.models.ports import ChatModel
from domain.shared.errors import ProviderError, ProviderReason
from domain.tools.tool import ToolSpec
from tests.adapters.llm.json_values import json_of
from tests.adapters.llm.provider_contract import KEY, ProviderContract, answer, failure, words
from tests.adapters.llm.provider_quirks import ProviderQuirks
from tests.adapters.llm.reading.read_with import read_with
from tests.adapters.llm.voices import Responses
from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.adapters.llm.wire.responses import answer as answering
from tests.adapters.llm.wire.responses import event, message
from tests.adapters.llm.wire.server import Cut


class TestResponsesChat(ProviderContract, ProviderQuirks):
    """The real SDK, against a real server."""

    service = OpenAIWireServer
    voice = Responses()

    @classmethod
    def make(cls, base_url: str, **options: Any) -> ChatModel:
        return ResponsesChat(base_url=base_url, **{"api_key": KEY, **options})


@pytest.fixture
async def model(wire: OpenAIWireServer) -> AsyncIterator[ResponsesChat]:
    model = ResponsesChat(api_key="sk-test", base_url=wire.base_url)
    yield model
    await model.close()


async def test_sends_the_whole_conversation(
    wire: OpenAIWireServer, model: ResponsesChat, add: ToolSpec
) -> None:
    turns: list[Turn] = [
        UserTurn("¿Cuánto es?"),
        AssistantTurn("", [ToolUse("c1", "add", {"a": 2**70, "b": 1})]),
        ToolTurn("c1", "add", "too big", is_error=True),
        AssistantTurn("Sorry."),
        AssistantTurn(""),
        UserTurn("Again."),
    ]
    await answer(
        model,
        "echo",
        turns,
        system="Be brief.",
        tools=[add],
        sampling=Sampling(max_output_tokens=5),
    )
    (seen,) = wire.requests
    assert seen.headers["authorization"] == "Bearer sk-test"
    arguments = f'{{"a":{2**70},"b":1}}'
    assert seen.body == {
        "model": "echo",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": "¿Cuánto es?"},
            {"type": "function_call", "call_id": "c1", "name": "add", "arguments": arguments},
            {"type": "function_call_output", "call_id": "c1", "output": "Error: too big"},
            {"role": "assistant", "content": "Sorry."},
            {"role": "user", "content": "Again."},
        ],
        "tools": [
            {
                "type": "function",
                "name": "add",
                "description": add.description,
                "parameters": add.parameters,
                "strict": False,
            }
        ],
        "max_output_tokens": 16,
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"summary": "auto"},
    }


# --- reasoning, kept from one answer to the next


def gone_on(asked: list[Piece], memento: str) -> list[Turn]:
    """Return the conversation after the thinker has asked for one call."""
    (call,) = (piece for piece in asked if isinstance(piece, ToolRequest))
    use = ToolUse("c1", call.tool, json.loads(call.arguments))
    said = AssistantTurn("".join(words(asked)), [use], memento)
    return [UserTurn('call add {"a": 1}'), said, ToolTurn("c1", "add", "4217")]


async def test_gives_its_reasoning_back(wire: OpenAIWireServer, model: ResponsesChat) -> None:
    asked = await answer(model, "thinker", [UserTurn('call add {"a": 1}')])
    thought = [piece.content for piece in asked if isinstance(piece, Reasoning)]
    assert "".join(thought) == "I must think.\n\nAnd again."
    assert isinstance(asked[-1], Stop)
    await answer(model, "thinker", gone_on(asked, asked[-1].memento))
    _, reasoning, comment, call, result = wire.requests[-1].body["input"]
    assert reasoning == {
        "type": "reasoning",
        "id": "re_067ccd3acc8d48190",
        "summary": [
            {"type": "summary_text", "text": "I must think."},
            {"type": "summary_text", "text": "And again."},
        ],
        "encrypted_content": "gAAAAABk7wire",
    }
    assert comment == {"role": "assistant", "content": "Let me see.", "phase": "commentary"}
    assert (call["type"], call["call_id"]) == ("function_call", "c1")
    assert result["output"] == "4217"


@pytest.mark.parametrize(
    "memento",
    [
        "",
        "{",
        "[1]",
        '{"thinking": "Hm."}',
        '[{"type": "function_call"}]',
        '[{"type": "message", "end": 11, "phase": null}]',
        '[{"type": "message", "end": 99, "phase": null}, {"type": "function_call"}]',
        '[{"type": "reasoning"}, {"type": "function_call"}]',
    ],
)
async def test_does_without_a_memento_that_does_not_fit(
    wire: OpenAIWireServer, model: ResponsesChat, memento: str
) -> None:
    asked: list[Piece] = [Text("Let me see."), ToolRequest("add", "{}")]
    await answer(model, "echo", gone_on(asked, memento))
    said = [item.get("type", item.get("role")) for item in wire.requests[0].body["input"]]
    assert said == ["user", "assistant", "function_call", "function_call_output"]
    assert "phase" not in wire.requests[0].body["input"][1]


async def test_does_without_reasoning_that_is_not_taken(
    wire: OpenAIWireServer, model: ResponsesChat
) -> None:
    """Such as that of another organisation's key."""
    asked = await answer(model, "thinker", [UserTurn('call add {"a": 1}')])
    assert isinstance(asked[-1], Stop)
    turns = gone_on(asked, asked[-1].memento.replace("gAAAA", "other"))
    assert "4217" in "".join(words(await answer(model, "thinker", turns)))
    turns = gone_on(asked, asked[-1].memento)
    await answer(model, "thinker", turns)
    kinds = [item.get("type") for item in wire.requests[-1].body["input"]]
    assert "reasoning" in kinds


async def test_keeps_no_reasoning_that_is_too_large(
    wire: OpenAIWireServer, model: ResponsesChat
) -> None:
    sealed = "gAAAA" + "x" * (256 << 10)
    thought = {"type": "reasoning", "encrypted_content": sealed, "summary": []}
    call = {"type": "function_call", "name": "add", "arguments": "{}"}
    wire.play("deep", answering(thought, call))
    assert (await answer(model, "deep"))[-1] == Stop(StopReason.TOOL_CALLS, TestResponsesChat.usage)


# --- what a model does not take


async def test_asks_no_plain_model_to_reason(wire: OpenAIWireServer, model: ResponsesChat) -> None:
    await answer(model, "gpt-4.1-mini", sampling=Sampling(temperature=0.0))
    (seen,) = wire.requests
    assert seen.body.keys() == {"model", "input", "stream", "store", "temperature"}


@pytest.mark.parametrize(
    ("name", "refused"),
    [("plain", {"include", "reasoning"}), ("unverified", {"reasoning", "temperature"})],
)
async def test_remembers_what_a_model_refuses(
    wire: OpenAIWireServer, model: ResponsesChat, name: str, refused: set[str]
) -> None:
    for _ in range(2):
        assert words(await answer(model, name, sampling=Sampling(temperature=0.5)))
    sent = [seen.body.keys() & {"include", "reasoning", "temperature"} for seen in wire.requests]
    everything = {"include", "reasoning", "temperature"}
    assert sent[0] == everything
    assert len(sent) == 4
    assert sent[2] == sent[3] == everything - refused


# --- events


async def test_a_filter_is_a_refusal(model: ResponsesChat) -> None:
    *_, stop = await answer(model, "content-filter")
    assert stop == Stop(StopReason.REFUSAL, TestResponsesChat.usage)


async def test_parts_messages_with_an_empty_line(
    wire: OpenAIWireServer, model: ResponsesChat
) -> None:
    wire.play("twice", answering(message("First.", "commentary"), message("Second.")))
    assert "".join(words(await answer(model, "twice"))) == "First.\n\nSecond."


async def test_passes_over_what_it_does_not_know(
    wire: OpenAIWireServer, model: ResponsesChat
) -> None:
    known = answering(message("Hi."))
    wire.play("later", [event("response.some_future_event", x=1), *known])
    assert words(await answer(model, "later")) == ["Hi."]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (event("error", error={"code": "rate_limit_exceeded"}), ProviderReason.RATE_LIMITED),
        (event("error", code="context_length_exceeded"), ProviderReason.REJECTED),
        (event("response.failed", response={"error": None}), ProviderReason.OVERLOADED),
        (b'data: {"error": {"type": "invalid_request_error"}}\n\n', ProviderReason.REJECTED),
        (event("response.failed"), ProviderReason.OVERLOADED),
    ],
)
async def test_reads_an_error_in_the_stream(
    wire: OpenAIWireServer, model: ResponsesChat, told: bytes, reason: str
) -> None:
    wire.play("odd", [told, Cut()])
    assert (await failure(model, "odd"))[1].reason == reason


@pytest.mark.parametrize(
    "odd",
    [
        event("response.output_text.delta", delta=1),
        event("response.output_item.done", item=["function_call"]),
        event("response.output_item.added"),
        b"data: []\n\n",
    ],
)
async def test_passes_over_what_has_another_shape(
    wire: OpenAIWireServer, model: ResponsesChat, odd: bytes
) -> None:
    wire.play("odd", [odd, *answering(message("Hi."))])
    assert words(await answer(model, "odd")) == ["Hi."]


def test_reads_what_was_not_streamed_from_the_events_that_end_it() -> None:
    output = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "message", "content": [{"type": "output_text", "text": "Hi."}]},
        {"type": "function_call", "name": "add", "arguments": {"a": 2**70}},
    ]
    done = {"type": "response.completed", "response": {"status": "completed", "output": output}}
    pieces = read_with(ResponseReader(), done)
    assert pieces[:3] == [
        Reasoning("Hm."),
        Text("Hi."),
        ToolRequest("add", f'{{"a":{2**70}}}'),
    ]
    text = {"type": "response.output_text.done", "text": "Hi."}
    assert read_with(ResponseReader(), text, done)[0] == Text("Hi.")


async def test_a_call_without_a_name_is_no_answer(
    wire: OpenAIWireServer, model: ResponsesChat
) -> None:
    wire.play("nameless", answering({"type": "function_call", "arguments": "{}", "name": ""}))
    assert (await failure(model, "nameless"))[1].reason is ProviderReason.MALFORMED


async def test_a_text_that_is_cut_has_no_calls(
    wire: OpenAIWireServer, model: ResponsesChat
) -> None:
    call = {"type": "function_call", "name": "add", "arguments": '{"a'}
    details = {"incomplete_details": {"reason": "max_output_tokens"}}
    wire.play("cut", answering(call, status="incomplete", **details))
    assert [type(piece) for piece in await answer(model, "cut")] == [Stop]


JSON = json_of(["content", "encrypted_content", "id", "incomplete_details", "reason", "usage"])
FIELDS = ["arguments", "delta", "error", "item", "name", "response"]
KINDS = st.sampled_from([*ResponseReader._TAKES, "response.output_text.delta"])
EVENTS = st.fixed_dictionaries({"type": KINDS}, optional=dict.fromkeys(FIELDS, JSON))


@given(st.lists(EVENTS | JSON, max_size=8))
def test_reads_or_refuses_any_json(events: list[Any]) -> None:
    reader = ResponseReader()
    with contextlib.suppress(MalformedAnswer, ProviderError):
        assert isinstance([*read_with(reader, *events), *reader.end()][-1], Stop)


async def test_the_request_is_the_same_each_time(
    wire: OpenAIWireServer, model: ResponsesChat, add: ToolSpec
) -> None:
    """So that the provider's cache finds what it has seen."""
    request = ModelRequest("text", [UserTurn("Hello.")], tools=[add])
    for _ in range(2):
        [piece async for piece in model.stream(request)]
    first, second = (json.dumps(seen.body) for seen in wire.requests)
    assert first == second
