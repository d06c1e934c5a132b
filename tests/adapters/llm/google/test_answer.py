"""Chunks as Google sends them, put together."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.llm.google.answer import GeminiReader
from adapters.llm.google.memento import remembered
from adapters.llm.reading.decoding import MalformedAnswer
from domain.models.messages import (
    AssistantTurn,
    Piece,
    Reasoning,
    Stop,
    StopReason,
    Text,
    ToolRequest,
    ToolUse,
    Usage,
)
from domain.shared.errors import ProviderError, ProviderReason
from tests.adapters.llm.reading.read_with import read_with


def chunk(*parts: Any, finish: str | None = None, **more: Any) -> dict[str, Any]:
    candidate = {"content": {"parts": list(parts), "role": "model"}, "finishReason": finish}
    return {"candidates": [candidate], **more}


def calling(name: str, arguments: Any, **more: Any) -> dict[str, Any]:
    return {"functionCall": {"name": name, "args": arguments}, **more}


def read(*chunks: Any) -> list[Piece]:
    return read_with(GeminiReader(), *chunks)


def test_keeps_integers_beyond_64_bits() -> None:
    pieces = read(chunk(calling("f", {"a": 2**70}), finish="STOP"))
    assert pieces[0] == ToolRequest("f", f'{{"a":{2**70}}}')


def test_takes_a_finish_reason_in_every_chunk() -> None:
    pieces = read(*(chunk({"text": word}, finish="STOP") for word in ("Hello", " there")))
    assert pieces == [Text("Hello"), Text(" there"), Stop()]


def test_counts_all_that_is_billed_once() -> None:
    usage = {
        "promptTokenCount": 100,
        "toolUsePromptTokenCount": 10,
        "cachedContentTokenCount": 60,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 50,
    }
    first = chunk({"text": "Hi"}, usageMetadata={"promptTokenCount": 100, "totalTokenCount": 100})
    last = chunk(finish="STOP", usageMetadata=usage)
    assert read(first, last) == [Text("Hi"), Stop(StopReason.END, Usage(110, 55, 60))]


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("MAX_TOKENS", StopReason.LENGTH),
        ("RECITATION", StopReason.REFUSAL),
        ("OTHER", StopReason.REFUSAL),
    ],
)
def test_gives_no_calls_of_an_answer_that_was_cut(finish: str, reason: StopReason) -> None:
    assert read(chunk(calling("f", {})), chunk(finish=finish)) == [Stop(reason)]


def test_a_memento_restores_every_part() -> None:
    sent = [
        {"text": "I have ", "thought": True},
        {"text": "thought.", "thought": True, "thoughtSignature": "a"},
        {"text": "Let "},
        {"text": "me "},
        {"text": "see", "thoughtSignature": "b"},
        {"text": "", "thoughtSignature": "c"},
        calling("f", {"x": 1}, thoughtSignature="d"),
        calling("g", None),
    ]
    *pieces, stop = read(*(chunk(part) for part in sent), chunk(finish="STOP"))
    assert pieces[:2] == [Reasoning("I have "), Reasoning("thought.")]
    assert isinstance(stop, Stop)
    uses = [ToolUse("c1", "f", {"x": 1}), ToolUse("c2", "g", {})]
    said = "".join(piece.content for piece in pieces if isinstance(piece, Text))
    parts = remembered(AssistantTurn(said, uses, stop.memento)) or []
    assert [(part.get("text"), part.get("thoughtSignature")) for part in parts] == [
        ("thought.", "a"),
        ("Let me ", None),
        ("see", "b"),
        ("", "c"),
        (None, "d"),
        (None, None),
    ]


def test_leaves_out_a_memento_that_is_too_large() -> None:
    *_, stop = read(chunk(calling("f", {}, thoughtSignature="s" * 262_144), finish="STOP"))
    assert stop == Stop(StopReason.TOOL_CALLS)


def test_tells_the_reason_of_an_error_in_the_stream() -> None:
    with pytest.raises(ProviderError) as failure:
        read({"error": {"code": 429, "details": [{"retryDelay": "2s"}]}})
    assert (failure.value.reason, failure.value.retry_after) == (ProviderReason.RATE_LIMITED, 2)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param([], id="a list"),
        pytest.param({"candidates": 1}, id="candidates are a number"),
        pytest.param(chunk({"text": ["a"]}), id="text is a list"),
        pytest.param({"candidates": [{"content": {"parts": [None]}}]}, id="a part is null"),
        pytest.param({"usageMetadata": [1]}, id="usage is a list"),
        pytest.param(chunk({"functionCall": []}), id="a call is a list"),
    ],
)
def test_passes_over_what_the_protocol_does_not_have(bad: Any) -> None:
    said = chunk({"text": "Hi"})
    assert read(bad, said, bad, chunk(finish="STOP"), bad) == [Text("Hi"), Stop()]


def test_refuses_a_call_without_a_name() -> None:
    with pytest.raises(MalformedAnswer):
        read(chunk({"functionCall": {"args": {}}}, finish="STOP"))


def test_a_reason_to_stop_that_nobody_knows_is_an_end() -> None:
    assert read(chunk({"text": "Hi"}), chunk(finish="NEVER_HEARD_OF")) == [Text("Hi"), Stop()]


KEYS = ["candidates", "content", "parts", "text", "thought", "functionCall", "name", "args", "id"]
MORE_KEYS = ["finishReason", "usageMetadata", "promptFeedback", "blockReason", "thoughtSignature"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*KEYS, *MORE_KEYS]), inner, max_size=4)
    ),
    max_leaves=10,
)
PARTS = st.fixed_dictionaries({}, optional=dict.fromkeys([*KEYS, "thoughtSignature"], JSON))


@given(st.lists(JSON | PARTS.map(chunk), max_size=4))
def test_reads_or_refuses_any_json(chunks: list[Any]) -> None:
    with contextlib.suppress(MalformedAnswer, ProviderError):
        pieces = read(*chunks, chunk(finish="STOP"))
        assert all(isinstance(piece.content, str) for piece in pieces if isinstance(piece, Text))
        assert isinstance(pieces[-1], Stop)


@pytest.mark.parametrize("text", ["", None])
def test_a_call_may_stand_beside_an_empty_text(text: Any) -> None:
    pieces = read(chunk(calling("f", {"a": 1}, text=text), finish="STOP"))
    assert pieces[0] == ToolRequest("f", '{"a":1}')


def test_one_answer_is_told_where_two_come() -> None:
    other = {"index": 1, "content": {"parts": [{"text": "Ciao"}]}, "finishReason": "MAX_TOKENS"}
    first = {"content": {"parts": [{"text": "Hello"}]}}
    pieces = read({"candidates": [other, first]}, {"candidates": [other]}, chunk(finish="STOP"))
    assert pieces == [Text("Hello"), Stop()]


def test_a_refused_question_is_told_in_the_words_of_the_service() -> None:
    pieces = read({"promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "Not so."}})
    assert pieces == [Text("Not so."), Stop(StopReason.REFUSAL)]
