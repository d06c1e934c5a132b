"""The messages of chat completions: in turns, and with what their server wants back."""

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from adapters.llm.openai.chat import OpenAIChat
from adapters.llm.openai.chat_answer import CompletionReader
from adapters.llm.openai.chat_messages import messages_of
from domain.conversations.sampling import Sampling
from domain.models.messages import (
    AssistantTurn,
    ModelRequest,
    Stop,
    ToolTurn,
    ToolUse,
    Turn,
    UserTurn,
)
from domain.tools.tool import ToolSpec
from tests.adapters.llm.histories import HISTORIES
from tests.adapters.llm.provider_contract import answer, words
from tests.adapters.llm.reading.read_with import read_with
from tests.adapters.llm.voices import Completions, sse
from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.adapters.llm.wire.server import Reply

USE = ToolUse("c1", "add", {"a": 1})
VOICE = Completions()


def messages(*turns: Turn, without: Sequence[str] = ()) -> list[dict[str, Any]]:
    return messages_of(ModelRequest("m", turns, system="Be brief."), frozenset(without))


@pytest.mark.parametrize("history", HISTORIES)
def test_user_and_assistant_take_turns_the_user_first(history: str) -> None:
    """As the templates of Mistral's and Gemma's models demand."""
    system, *others = messages(*HISTORIES[history], UserTurn("And now?"))
    roles = [message["role"] for message in others if message["role"] != "tool"]
    assert system["role"] == "system"
    assert roles[0] == "user"
    for at, (before, after) in enumerate(pairwise(others)):
        if after["role"] == "user":
            assert before["role"] == "assistant", at
        if before["role"] == "user":
            assert after["role"] == "assistant", at
    spoken = "\n".join(message["content"] or "" for message in others)
    for turn in HISTORIES[history]:
        assert turn.content in spoken


def test_messages_of_a_failed_turn_go_together() -> None:
    _, first = messages(UserTurn("first"), UserTurn("second"))
    assert first == {"role": "user", "content": "first\n\nsecond"}


def test_results_without_an_answer_get_one() -> None:
    turns: list[Turn] = [UserTurn("Add."), AssistantTurn("", [USE]), ToolTurn("c1", "add", "1")]
    roles = [message["role"] for message in messages(*turns, UserTurn("Well?"))]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]


def memento(*deltas: dict[str, Any]) -> str:
    call = {"index": 0, "id": "c1", "function": {"name": "add", "arguments": "{}"}}
    chunks = [{"choices": [{"delta": delta}]} for delta in (*deltas, {"tool_calls": [call]})]
    last = read_with(CompletionReader(), *chunks, *VOICE.end("tool_calls"))[-1]
    assert isinstance(last, Stop)
    return last.memento


@pytest.mark.parametrize(
    ("deltas", "sent"),
    [
        (
            [{"reasoning_content": "Hm, "}, {"reasoning_content": "so."}],
            {"reasoning_content": "Hm, so."},
        ),
        ([{"reasoning": "Hm."}], {"reasoning": "Hm."}),
        (
            [
                {"reasoning": "H", "reasoning_details": [{"type": "reasoning.text", "text": "H"}]},
                {"reasoning_details": [{"type": "reasoning.text", "text": "m", "signature": "s"}]},
                {"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]},
            ],
            {
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "Hm", "signature": "s"},
                    {"type": "reasoning.encrypted", "data": "x"},
                ]
            },
        ),
        ([{"content": "Well."}], {}),
    ],
)
def test_gives_back_the_reasoning_that_led_to_calls(
    deltas: list[dict[str, Any]], sent: dict[str, Any]
) -> None:
    turn = AssistantTurn("", [USE], memento(*deltas))
    *_, message, _ = messages(UserTurn("Add."), turn, ToolTurn("c1", "add", "1"))
    kept = {k: v for k, v in message.items() if k not in {"role", "content", "tool_calls"}}
    assert kept == sent


def test_gives_back_what_the_server_added_to_a_call() -> None:
    extra = {"google": {"thought_signature": "sig"}}
    call = {"index": 0, "id": "1", "function": {"name": "f", "arguments": "{}"}}
    second = {**call, "index": 1, "id": "2"}
    parts = [{**call, "extra_content": extra}, second]
    chunk = {"choices": [{"delta": {"tool_calls": parts}}]}
    stop = read_with(CompletionReader(), chunk, *VOICE.end("tool_calls"))[-1]
    assert isinstance(stop, Stop)
    turn = AssistantTurn("", [USE, ToolUse("c2", "f", {})], stop.memento)
    calls = messages(UserTurn("Go."), turn)[-1]["tool_calls"]
    assert [call.get("extra_content") for call in calls] == [extra, None]


@pytest.mark.parametrize("kept", ["", "\x00 unreadable", "[]", '{"message": [], "calls": [1, 2]}'])
def test_takes_no_memento_that_it_cannot_read(kept: str) -> None:
    plain = messages(UserTurn("Add."), AssistantTurn("", [USE]))[-1]
    assert messages(UserTurn("Add."), AssistantTurn("", [USE], kept))[-1] == plain


def test_wants_reasoning_with_each_call_of_a_model_that_gives_some() -> None:
    thought = AssistantTurn("", [USE], '{"message": {"reasoning_content": "Hm."}, "calls": []}')
    silent = AssistantTurn("", [ToolUse("c2", "add", {})])
    result = ToolTurn("c1", "add", "1")
    sent = messages(UserTurn("Add."), thought, result, silent, ToolTurn("c2", "add", "2"))
    calling = [each for each in sent if "tool_calls" in each]
    assert [each["reasoning_content"] for each in calling] == ["Hm.", ""]


async def test_adds_blank_reasoning_where_a_server_misses_some(wire: OpenAIWireServer) -> None:
    """Moonshot does with calls that another model made, in an earlier turn."""
    missing = "thinking is enabled but reasoning_content is missing in message at index 2"
    wire.play("k", [Reply(400, {"error": {"message": missing}})], VOICE.said("Hi"))
    turns: list[Turn] = [UserTurn("Add."), AssistantTurn("", [USE]), ToolTurn("c1", "add", "1")]
    model = OpenAIChat(api_key="sk-test", base_url=wire.base_url)
    for _ in range(2):
        assert words(await answer(model, "k", [*turns, UserTurn("Well?")])) == ["Hi"]
    await model.close()
    sent = ["reasoning_content" in json.dumps(seen.body) for seen in wire.requests]
    assert sent == [False, True, True]


async def test_leaves_reasoning_out_where_a_server_refuses_it(wire: OpenAIWireServer) -> None:
    refusal = Reply(400, {"error": {"message": "property 'reasoning_content' is unsupported"}})
    wire.play("k", [refusal], VOICE.said("Hi"))
    kept = '{"message": {"reasoning_content": "Hm."}, "calls": []}'
    thought, silent = AssistantTurn("", [USE], kept), AssistantTurn("", [ToolUse("c2", "add", {})])
    results = ToolTurn("c1", "add", "1"), ToolTurn("c2", "add", "2")
    turns: list[Turn] = [UserTurn("Add."), thought, results[0], silent, results[1]]
    model = OpenAIChat(api_key="sk-test", base_url=wire.base_url)
    for _ in range(2):
        assert words(await answer(model, "k", turns)) == ["Hi"]
    await model.close()
    assert "reasoning_content" not in json.dumps(wire.requests[-1].body)


async def test_asks_for_the_old_limit_where_the_new_one_is_refused(wire: OpenAIWireServer) -> None:
    refusal = {"detail": [{"loc": ["body", "max_completion_tokens"], "msg": "extra"}]}
    wire.play("k", [Reply(422, refusal)], VOICE.said("Hi"))
    model = OpenAIChat(api_key="sk-test", base_url=wire.base_url)
    assert words(await answer(model, "k", sampling=Sampling(max_output_tokens=9))) == ["Hi"]
    await model.close()
    limits = [{"max_tokens", "max_completion_tokens"} & seen.body.keys() for seen in wire.requests]
    assert limits == [{"max_completion_tokens"}, {"max_tokens"}]


def test_the_names_of_calls_come_in_pieces() -> None:
    def part(**function: str) -> bytes:
        call = {"index": 0, "id": "c1", "function": function}
        return sse({"choices": [{"delta": {"tool_calls": [call]}}]})[6:].strip()

    for names in (["calc", "ulator"], ["calc", "calculator"], ["calculator", "calculator"]):
        parts = [part(name=name) for name in names]
        call = read_with(CompletionReader(), *parts, *VOICE.end("tool_calls"))[0]
        assert getattr(call, "tool", None) == "calculator"


@pytest.mark.parametrize(
    ("status", "refusal", "roles"),
    [
        (400, "System role not supported", ["user"]),
        (500, "template: System messages are not supported by this model", ["user"]),
        (400, "Developer instruction is not enabled for models/gemma-3", ["user"]),
    ],
)
async def test_tells_the_user_what_the_system_may_not_say(
    wire: OpenAIWireServer, status: int, refusal: str, roles: list[str]
) -> None:
    wire.play("gemma", [Reply(status, {"error": {"message": refusal}})], VOICE.said("Hi"))
    model = OpenAIChat(api_key="sk-test", base_url=wire.base_url)
    assert await answer(model, "gemma", system="Be brief.")
    await model.close()
    sent = wire.requests[-1].body["messages"]
    assert [message["role"] for message in sent] == roles
    assert sent[0]["content"] == "Be brief.\n\nHello."


async def test_shortens_ids_for_mistral(wire: OpenAIWireServer) -> None:
    refusal = "Tool call id was c1 but must be a-z, A-Z, 0-9, with a length of 9."
    wire.play("mistral", [Reply(400, {"message": refusal})], VOICE.said("Hi"))
    model = OpenAIChat(api_key="sk-test", base_url=wire.base_url)
    turns: list[Turn] = [UserTurn("Add."), AssistantTurn("", [USE]), ToolTurn("c1", "add", "1")]
    assert words(await answer(model, "mistral", turns)) == ["Hi"]
    await model.close()
    _, calling, result = wire.requests[-1].body["messages"]
    (call,) = calling["tool_calls"]
    assert call["id"] == result["tool_call_id"]
    assert re.fullmatch("[a-zA-Z0-9]{9}", call["id"])


async def test_talks_without_tools_to_a_model_that_takes_none(
    wire: OpenAIWireServer, add: ToolSpec
) -> None:
    refusal = {"error": {"message": "registry.ollama.ai/library/phi does not support tools"}}
    wire.play("phi", [Reply(400, refusal)], VOICE.said("Hi"))
    model = OpenAIChat(api_key="sk-test", base_url=wire.base_url)
    turns: list[Turn] = [UserTurn("Add."), AssistantTurn("", [USE]), ToolTurn("c1", "add", "1")]
    assert words(await answer(model, "phi", turns, tools=[add])) == ["Hi"]
    await model.close()
    body = wire.requests[-1].body
    assert "tools" not in body
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
