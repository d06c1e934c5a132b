"""Calls and texts of a response, told by some of the events that should tell of them."""

from typing import Any

import pytest

from adapters.llm.openai.responses_answer import ResponseReader
from domain.models.messages import Piece, Stop, StopReason, Text, ToolRequest
from tests.adapters.llm.reading.read_with import read_with

Event = dict[str, Any]

ITEM: Event = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f"}
EMPTY, WHOLE = {**ITEM, "arguments": ""}, {**ITEM, "arguments": '{"a":1}'}
BARE: Event = {"type": "function_call", "name": "f", "arguments": '{"a":1}'}
CALLED = [ToolRequest("f", '{"a":1}'), Stop(StopReason.TOOL_CALLS)]


def item(kind: str, value: Event, **more: Any) -> Event:
    return {"type": f"response.output_item.{kind}", "item": value, **more}


def spelled(kind: str, **fields: Any) -> Event:
    return {"type": f"response.function_call_arguments.{kind}", "item_id": "fc_1", **fields}


def completed(*output: Event) -> Event:
    return {"type": "response.completed", "response": {"output": list(output)}}


def read(*events: Event) -> list[Piece]:
    return read_with(ResponseReader(), *events)


SPELLED = [spelled("delta", delta='{"a"'), spelled("delta", delta=":1}")]
FORMS = {
    "as OpenAI does": [
        item("added", EMPTY),
        *SPELLED,
        spelled("done", arguments='{"a":1}'),
        item("done", WHOLE),
        completed(WHOLE),
    ],
    "spelled out alone": [item("added", EMPTY), *SPELLED, completed()],
    "the end of the arguments alone": [
        item("added", EMPTY),
        spelled("done", arguments='{"a":1}'),
        completed(),
    ],
    "an item without its arguments": [
        item("added", EMPTY),
        *SPELLED,
        item("done", EMPTY),
        completed(EMPTY),
    ],
    "an item twice": [item("done", WHOLE), item("done", WHOLE), completed(WHOLE)],
    "at the end alone": [item("done", {"type": "reasoning", "summary": []}), completed(WHOLE)],
    "without marks": [item("added", {**BARE, "arguments": ""}), item("done", BARE), completed()],
    "without marks, twice": [item("done", BARE), completed(BARE)],
    "by its place": [item("done", BARE, output_index=0), completed(BARE)],
    "spelled out without marks": [
        item("added", {**BARE, "arguments": ""}),
        {"type": "response.function_call_arguments.delta", "delta": '{"a":1}'},
        completed(),
    ],
}


@pytest.mark.parametrize("form", FORMS)
def test_a_call_is_told_once_and_whole(form: str) -> None:
    assert read(*FORMS[form]) == CALLED


def test_calls_with_marks_of_their_own_are_several() -> None:
    other = {**WHOLE, "id": "fc_2", "call_id": "call_2"}
    at = {"output_index": 0}  # as servers write that count nothing
    assert read(item("done", WHOLE, **at), item("done", other, **at), completed())[:2] == [
        ToolRequest("f", '{"a":1}'),
        ToolRequest("f", '{"a":1}'),
    ]


def test_a_call_at_the_end_follows_a_text_that_was_streamed() -> None:
    message = {"type": "message", "content": [{"type": "output_text", "text": "Let me see."}]}
    streamed = {"type": "response.output_text.delta", "delta": "Let me see."}
    pieces = read(streamed, item("done", message), completed(message, WHOLE))
    assert pieces == [Text("Let me see."), *CALLED]


def test_a_message_may_come_whole_in_the_end_of_its_item() -> None:
    message = {"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}
    pieces = read(item("added", {"type": "message"}), item("done", message), completed(message))
    assert pieces == [Text("Hello"), Stop()]
