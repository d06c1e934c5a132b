"""Chunks as real servers send them, put together."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.llm.openai.chat_answer import CompletionReader
from adapters.llm.reading.decoding import MalformedAnswer
from domain.models.messages import Piece, Reasoning, Stop, StopReason, Text, ToolRequest, Usage
from domain.shared.errors import ProviderError
from tests.adapters.llm.json_values import json_of
from tests.adapters.llm.reading.read_with import read_with


def calling(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"choices": [{"delta": {"tool_calls": list(parts)}}]}


def part(name: str | None, arguments: str, **more: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments}, **more}


def ended(reason: str = "tool_calls") -> dict[str, Any]:
    return {"choices": [{"delta": {}, "finish_reason": reason}]}


def read(*chunks: Any) -> list[Piece]:
    return read_with(CompletionReader(), *chunks)


TWO = [ToolRequest("f", '{"a":1}'), ToolRequest("g", '{"b":2}')]


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(
            [
                calling(part("f", "", index=0, id="1")),
                calling(part("g", "", index=1, id="2")),
                calling(part(None, '{"b"', index=1), part(None, '{"a":', index=0)),
                calling(part(None, "1}", index=0), part(None, ":2}", index=1)),
            ],
            id="interleaved",
        ),
        pytest.param(
            [calling(part("f", '{"a":1}'), part("g", '{"b":2}'))], id="whole, no index, no id"
        ),
        pytest.param(
            [
                calling(part("f", '{"a"', id="1")),
                calling(part(None, ":1}")),
                calling(part("g", '{"b"', id="2")),
                calling(part(None, ":2}", id="2")),
            ],
            id="no index",
        ),
        pytest.param(
            [
                calling(part("f", '{"a":1}', index=0, id="1")),
                calling(part("g", '{"b":2}', index=0, id="2")),
            ],
            id="every index is 0",
        ),
        pytest.param(
            [
                calling(part("f", '{"a"', index=0, id="1")),
                calling(part("f", ":1}", index=0, id="1")),
                calling(part("g", '{"b":2}', index=1, id="2")),
            ],
            id="name and id repeated",
        ),
    ],
)
def test_puts_calls_together(chunks: list[Any]) -> None:
    assert read(*chunks, ended()) == [*TWO, Stop(StopReason.TOOL_CALLS)]


def test_takes_calls_beside_another_finish_reason() -> None:
    assert read(calling(part("f", "", index=0)), ended("stop")) == [
        ToolRequest("f", "{}"),
        Stop(StopReason.TOOL_CALLS),
    ]


def test_takes_the_form_before_parallel_calls() -> None:
    deltas = [{"function_call": {"name": "f", "arguments": '{"a"'}}]
    deltas += [{"function_call": {"arguments": ":1}"}}]
    chunks = [{"choices": [{"delta": delta}]} for delta in deltas]
    assert read(*chunks, ended("function_call"))[0] == TWO[0]


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_gives_no_calls_of_an_answer_that_was_cut(reason: str) -> None:
    pieces = read(calling(part("f", '{"a', index=0)), ended(reason))
    assert [type(piece) for piece in pieces] == [Stop]


def test_takes_what_azure_and_others_add() -> None:
    filtered: Any = {"choices": [], "prompt_filter_results": [{}], "usage": None}
    said = {"choices": [{"delta": {"content": "Hi", "tool_calls": None}}], "usage": None}
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "prompt_tokens_details": None}
    last = {"choices": [{"delta": None, "finish_reason": "stop"}], "usage": usage}
    assert read(filtered, said, last) == [Text("Hi"), Stop(StopReason.END, Usage(3, 1))]


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "Hm.", "content": "Yes."},
        {"reasoning": "Hm.", "reasoning_details": [{"text": "Hm."}], "content": "Yes."},
        {"reasoning": "Hm.", "reasoning_content": "Hm.", "content": "Yes."},
        {"content": "<think>\nHm.\n</think>\n\nYes."},
    ],
)
def test_takes_reasoning_wherever_it_stands(delta: dict[str, Any]) -> None:
    said = {"choices": [{"delta": delta}]}
    assert read(said, ended("stop")) == [Reasoning("Hm."), Text("Yes."), Stop()]


def test_takes_the_end_beside_the_last_text() -> None:
    first = {"choices": [{"delta": {"content": "Hi"}}]}
    last = {"choices": [{"delta": {"content": "!"}, "finish_reason": "length"}]}
    usage = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}
    assert read(first, last, usage) == [
        Text("Hi"),
        Text("!"),
        Stop(StopReason.LENGTH, Usage(3, 1)),
    ]


@pytest.mark.parametrize(
    "chunk",
    [
        pytest.param([], id="a list"),
        pytest.param({"choices": 1}, id="choices are a number"),
        pytest.param({"choices": [None]}, id="a choice is null"),
        pytest.param({"choices": [{"finish_reason": None}]}, id="no delta"),
        pytest.param({"choices": [{"delta": "a"}]}, id="the delta is a text"),
        pytest.param({"choices": [{"delta": {"content": 1}}]}, id="content is a number"),
        pytest.param({"choices": [{"delta": {"tool_calls": [None]}}]}, id="a call is null"),
        pytest.param({"choices": [], "usage": [1]}, id="usage is a list"),
        pytest.param({"choices": [{"delta": {"reasoning": {"a": 1}}}]}, id="odd reasoning"),
    ],
)
def test_passes_over_what_the_protocol_does_not_have(chunk: Any) -> None:
    said = {"choices": [{"delta": {"content": "Hi"}}]}
    assert read(chunk, said, chunk, ended("stop"), chunk) == [Text("Hi"), Stop()]


def test_refuses_a_call_without_a_name() -> None:
    with pytest.raises(MalformedAnswer):
        read(calling(part(None, "{}", index=0)), ended())


KEYS = ["choices", "delta", "content", "tool_calls", "function", "index", "id", "name", "usage"]
JSON = json_of([*KEYS, "finish_reason", "arguments"])
DELTAS = st.fixed_dictionaries({}, optional=dict.fromkeys([*KEYS, "function_call"], JSON))


@given(st.lists(JSON | DELTAS.map(lambda delta: {"choices": [{"delta": delta}]}), max_size=8))
def test_reads_or_refuses_any_json(chunks: list[Any]) -> None:
    with contextlib.suppress(MalformedAnswer, ProviderError):
        pieces = read(*chunks, ended("stop"))
        assert all(isinstance(piece.content, str) for piece in pieces if isinstance(piece, Text))
        assert isinstance(pieces[-1], Stop)


def test_one_answer_is_told_where_two_come_mixed() -> None:
    other = {"index": 1, "delta": {"content": "Ciao"}, "finish_reason": "length"}
    first = {"index": 0, "delta": {"content": "Hello"}}
    pieces = read({"choices": [other]}, {"choices": [other, first]}, {"choices": [other]}, ended())
    assert pieces == [Text("Hello"), Stop()]


@pytest.mark.parametrize("place", ["the chunk", "the choice", "x_groq"])
@pytest.mark.parametrize("counts", [(11, 5), (11.0, 5.0)])
def test_usage_is_read_wherever_a_server_puts_it(place: str, counts: tuple[float, float]) -> None:
    usage = {"usage": {"prompt_tokens": counts[0], "completion_tokens": counts[1]}}
    choice: dict[str, Any] = {"delta": {"content": "Hello"}, "finish_reason": "stop"}
    chunk: dict[str, Any] = {"choices": [choice]}
    {"the chunk": chunk, "the choice": choice}.get(place, chunk.setdefault("x_groq", {})).update(
        usage
    )
    assert read(chunk)[-1] == Stop(usage=Usage(11, 5))


@pytest.mark.parametrize("count", [True, -1, 1.5, "many", None, [], float("inf")])
def test_what_is_no_count_is_none(count: Any) -> None:
    usage = {"prompt_tokens": count, "completion_tokens": 5}
    chunk = {"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}], "usage": usage}
    assert read(chunk)[-1] == Stop(usage=Usage(0, 5))


@pytest.mark.parametrize(
    "choice",
    [
        {"text": "Hello"},
        {"delta": {"content": [{"type": "text", "text": {"value": "Hello"}}]}},
        {"message": {"content": "Hello"}},
    ],
)
def test_text_is_read_in_other_places(choice: dict[str, Any]) -> None:
    assert read({"choices": [choice]}, ended("stop")) == [Text("Hello"), Stop()]


def test_an_answer_that_is_no_stream_needs_no_reason_to_have_ended() -> None:
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    pieces = read({"choices": [{"message": {"content": None, "tool_calls": [call]}}]})
    assert pieces == [TWO[0], Stop(StopReason.TOOL_CALLS)]


def test_indexes_may_be_written_as_text() -> None:
    first, second = part("f", '{"a":', index="0"), part("g", '{"b":2}', index="1")
    assert (
        read(calling(first), calling(second), calling(part(None, "1}", index="0")), ended())[:2]
        == TWO
    )


def test_sources_beside_a_piece_of_text_are_listed() -> None:
    chunk = {"choices": [{"delta": {"content": "Hello"}}], "citations": ["https://a.example/"]}
    pieces = read_with(CompletionReader(sources=True), chunk, ended("stop"))
    assert pieces[1] == Text("\n\nSources:\n\n1. <https://a.example/>")
