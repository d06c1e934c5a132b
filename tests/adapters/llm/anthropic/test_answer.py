"""Events as the service sends them, and as it might, put together."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.llm.anthropic.answer import MessageReader
from adapters.llm.reading.decoding import MalformedAnswer
from domain.models.messages import Piece, Reasoning, Stop, StopReason, Text, ToolRequest, Usage
from domain.shared.errors import ProviderError, ProviderReason
from tests.adapters.llm.reading.read_with import read_with

Event = dict[str, Any]


def begun(index: int, kind: str, **fields: Any) -> Event:
    block = {"type": kind, **fields}
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, **fields: Any) -> Event:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def part(index: int, partial: str) -> Event:
    return delta(index, "input_json_delta", partial_json=partial)


def calling(index: int, name: str = "f", **fields: Any) -> Event:
    return begun(index, "tool_use", id=f"toolu_{index}", name=name, **{"input": {}, **fields})


def ended(reason: str = "tool_use", **usage: Any) -> Event:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


def read(*events: Any) -> list[Piece]:
    return read_with(MessageReader(), *events)


def memento(*events: Event) -> str:
    stop = read(*events)[-1]
    assert isinstance(stop, Stop)
    return stop.memento


CALLED = Stop(StopReason.TOOL_CALLS)
THOUGHT = begun(0, "thinking", thinking="", signature="")


@given(st.data())
def test_puts_calls_together_however_they_are_split(data: st.DataObject) -> None:
    written = ['{"a": "ñ", "b": [1, 2]}', '{"c": {"d": "\\n"}}']
    queues = []
    for index, text in enumerate(written):
        cuts = sorted(data.draw(st.sets(st.integers(1, len(text) - 1))))
        bounds = zip([0, *cuts], [*cuts, None], strict=True)
        queues.append([part(index, text[start:stop]) for start, stop in bounds])
    parts = []
    while any(queues):
        parts.append(data.draw(st.sampled_from([queue for queue in queues if queue])).pop(0))
    assert read(calling(0, "f"), calling(1, "g"), *parts, ended()) == [
        ToolRequest("f", written[0]),
        ToolRequest("g", written[1]),
        CALLED,
    ]


def test_takes_a_call_without_input_and_one_given_at_once() -> None:
    assert read(calling(0), part(0, ""), calling(1, input={"a": 1}), ended("end_turn")) == [
        ToolRequest("f", "{}"),
        ToolRequest("f", '{"a":1}'),
        CALLED,
    ]


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "pause_turn"])
def test_gives_no_calls_of_an_answer_that_was_cut(reason: str) -> None:
    pieces = read(calling(0), part(0, '{"a'), ended(reason))
    assert [type(piece) for piece in pieces] == [Stop]


def test_passes_over_what_it_does_not_know() -> None:
    assert read(
        {"type": "ping"},
        {"type": "weather", "index": 0, "delta": {"type": "text_delta", "text": "no"}},
        begun(0, "server_tool_use", id="srvtoolu_1", name="web_search", input={}),
        part(0, '{"query"'),
        begun(1, "hologram"),
        delta(1, "text_delta", text="no"),
        begun(2, "text", text=""),
        delta(2, "citations_delta", citation={}),
        delta(2, "text_delta", text=""),
        delta(2, "text_delta", text="Yes."),
        {"type": "content_block_stop", "index": 2},
        ended("bored"),
        {"type": "message_stop"},
        {"type": "weather"},
    ) == [Text("Yes."), Stop()]


def test_takes_blocks_that_begin_with_what_they_hold() -> None:
    pieces = read(begun(0, "thinking", thinking="Hm."), begun(1, "text", text="Hi"), ended("end"))
    assert pieces == [Reasoning("Hm."), Text("Hi"), Stop()]


def test_counts_the_tokens_of_the_whole_answer() -> None:
    usage = {"input_tokens": 5, "cache_read_input_tokens": None, "output_tokens": 1}
    start = {"type": "message_start", "message": {"usage": usage}}
    later = {"cache_creation_input_tokens": 7, "cache_read_input_tokens": 100}
    said = begun(0, "text", text="Hi")
    first, last = ended("end_turn", output_tokens=3), ended("", output_tokens=9, **later)
    pieces = read(start, said, first, last)
    assert pieces == [Text("Hi"), Stop(StopReason.END, Usage(112, 9, 100))]


def test_remembers_its_reasoning_in_its_place() -> None:
    told = memento(
        THOUGHT,
        delta(0, "signature_delta", signature="si"),
        delta(0, "signature_delta", signature="gned"),
        begun(1, "redacted_thinking", data="secret"),
        begun(2, "text", text=""),
        delta(2, "text_delta", text="\n\nSo. "),
        begun(3, "hologram"),
        calling(4),
        ended(),
    )
    assert json.loads(told) == [
        {"type": "thinking", "thinking": "", "signature": "signed"},
        {"type": "redacted_thinking", "data": "secret"},
        {"type": "text", "text": "\n\nSo. "},
        {"type": "tool_use"},
    ]


def test_remembers_nothing_without_need() -> None:
    thinking = delta(0, "thinking_delta", thinking="x" * 2**18)
    assert not memento(begun(0, "text", text="Hi"), calling(1), ended())
    assert not memento(THOUGHT, begun(1, "text", text="Hi"), ended("end_turn"))
    assert not memento(THOUGHT, thinking, calling(1), ended())


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"type": "rate_limit_error", "message": "Slow down."}, ProviderReason.RATE_LIMITED),
        ({"type": "invalid_request_error"}, ProviderReason.REJECTED),
        ({"type": "never heard of"}, ProviderReason.OVERLOADED),
        ("out of memory", ProviderReason.OVERLOADED),
    ],
)
def test_reads_an_error_in_the_stream(error: Any, reason: ProviderReason) -> None:
    with pytest.raises(ProviderError) as failure:
        read({"type": "error", "error": error})
    assert failure.value.reason is reason


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([[]], id="a list"),
        pytest.param([{"index": 0}], id="no type"),
        pytest.param([begun(0, "text")], id="a block without its text"),
        pytest.param([begun(0, "text", text=["a"])], id="text is a list"),
        pytest.param([begun(0, "text"), delta(0, "text_delta", text=1)], id="text is a number"),
        pytest.param([{"type": "message_delta", "delta": {"stop_reason": 1}}], id="reason"),
        pytest.param([{"type": "message_start", "message": {"usage": [1]}}], id="usage"),
        pytest.param([{"type": "content_block_delta", "delta": []}], id="delta"),
    ],
)
def test_passes_over_what_the_protocol_does_not_have(events: list[Any]) -> None:
    said = delta(7, "text_delta", text="Hi")  # of a block that never began
    assert read(*events, said, *events, ended("end_turn")) == [Text("Hi"), Stop()]


def test_a_delta_without_an_index_goes_on_with_the_last_block() -> None:
    parts = [part(0, '{"a"'), part(0, ":1}")]
    for each in (begin := calling(0), *parts):
        del each["index"]
    assert read(begin, *parts, ended())[0] == ToolRequest("f", '{"a":1}')


def test_refuses_a_call_without_a_name() -> None:
    with pytest.raises(MalformedAnswer):
        read(begun(0, "tool_use"), ended())


KEYS = ["content_block", "delta", "index", "input", "message", "name", "signature", "stop_reason"]
KINDS = ["text", "thinking", "tool_use", "redacted_thinking", "error"]
TYPES = ["text_delta", "thinking_delta", "input_json_delta", "message_delta", "message_start"]
BLOCKS = ["content_block_start", "content_block_delta"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 1) | st.sampled_from([*KINDS, *TYPES]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from([*KEYS, *KINDS, "type", "usage"]), inner, max_size=3)
    ),
    max_leaves=5,
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from([*BLOCKS, *TYPES])}, optional=dict.fromkeys([*KEYS, "usage"], JSON)
)


@given(st.lists(JSON | EVENTS, max_size=5))
def test_reads_or_refuses_any_json(events: list[Any]) -> None:
    with contextlib.suppress(MalformedAnswer, ProviderError):
        pieces = read(*events, ended("end_turn"))
        assert all(isinstance(piece.content, str) for piece in pieces if isinstance(piece, Text))
        assert isinstance(pieces[-1], Stop)


@pytest.mark.parametrize("indexes", [(0, 0), ("0", "1"), ("1", 0)])
def test_calls_are_told_apart_under_any_index(indexes: tuple[Any, Any]) -> None:
    events: list[Event] = []
    for at, (index, sent) in enumerate(zip(indexes, ('{"a":1}', '{"b":2}'), strict=True)):
        events += [{**calling(at), "index": index}, {**part(0, sent), "index": index}]
    assert read(*events, ended())[:2] == [ToolRequest("f", '{"a":1}'), ToolRequest("f", '{"b":2}')]


def test_a_block_that_begins_twice_is_one() -> None:
    pieces = read(calling(0), part(0, '{"a":'), calling(0), part(0, "1}"), ended())
    assert pieces[:-1] == [ToolRequest("f", '{"a":1}')]


def test_input_may_come_before_its_call() -> None:
    assert read(part(0, '{"a":1}'), calling(0), ended())[0] == ToolRequest("f", '{"a":1}')


def test_a_message_that_is_no_stream_needs_no_reason_to_have_ended() -> None:
    message = {"type": "message", "content": [{"type": "text", "text": "Hello"}]}
    assert read(message) == [Text("Hello"), Stop()]
