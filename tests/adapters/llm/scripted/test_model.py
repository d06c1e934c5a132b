"""Cassettes: what they play, and what is said of one that is malformed."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.llm.scripted.model import ScriptedChat
from domain.models.messages import (
    AssistantTurn,
    ModelRequest,
    Piece,
    Reasoning,
    Stop,
    StopReason,
    Text,
    ToolRequest,
    Turn,
    Usage,
    UserTurn,
)
from domain.shared.errors import ProviderError, ProviderReason, ProviderTimeout, Unavailable


async def play(model: ScriptedChat, place: int = 0) -> list[Piece]:
    turns: list[Turn] = [UserTurn("Hello."), AssistantTurn("Hi.")] * place
    request = ModelRequest("demo", [*turns, UserTurn("And now?")])
    return [piece async for piece in model.stream(request)]


async def test_plays_every_kind_of_piece_from_a_file(tmp_path: Path) -> None:
    pieces = [
        {"reasoning": "Hm."},
        {"delay": 0},
        {"text": "Let me see."},
        {"tool": "add", "arguments": {"a": 1}},
        {"tool": "now"},
    ]
    usage = {"input_tokens": 3, "output_tokens": 2, "cached_tokens": 1}
    cassette = tmp_path / "cassette.json"
    cassette.write_text(json.dumps([{"pieces": pieces, "usage": usage}]))
    for source in (cassette, str(cassette)):
        assert await play(ScriptedChat(source)) == [
            Reasoning("Hm."),
            Text("Let me see."),
            ToolRequest("add", '{"a": 1}'),
            ToolRequest("now", "{}"),
            Stop(StopReason.TOOL_CALLS, Usage(3, 2, 1)),
        ]


async def test_passes_over_the_results_of_calls() -> None:
    error = {"code": "LOCKED", "message": "No.", "details": {"by": "ada"}, "retryable": True}
    pieces = [
        {"tool": "add", "arguments": {"a": 1}, "result": None},
        {"tool": "lock", "error": error},
        {"tool": "now"},
    ]
    model = ScriptedChat([{"pieces": pieces}])
    first, second = model.recorded_calls
    assert (first.tool, first.arguments, first.result, first.problem) == (
        "add",
        '{"a": 1}',
        None,
        None,
    )
    assert second.problem is not None
    assert second.problem.to_json() == error
    assert [type(each) for each in (await play(model))[2:]] == [ToolRequest, Stop]


async def test_takes_the_reason_that_it_is_told() -> None:
    model = ScriptedChat([{"pieces": [{"text": "On and"}], "stop": "length"}])
    assert (await play(model))[-1] == Stop(StopReason.LENGTH)


async def test_plays_conversations_at_once_and_each_from_its_start() -> None:
    answers = [[{"text": "one"}, {"delay": 0.01}, {"text": "!"}], [{"text": "two"}]]
    model = ScriptedChat([{"pieces": pieces} for pieces in answers])
    played = await asyncio.gather(*(play(model, place) for place in (0, 1, 0, 1)))
    one, two = [Text("one"), Text("!"), Stop()], [Text("two"), Stop()]
    assert played == [one, two, one, two]


async def test_fails_in_the_middle_as_a_provider_does() -> None:
    error = {"reason": "rate_limited", "message": "Slow down.", "status": 429, "retry_after": 2.5}
    model = ScriptedChat([{"pieces": [{"text": "I"}, {"error": error}]}])
    with pytest.raises(ProviderError, match="Slow down") as failure:
        await play(model)
    assert failure.value.retry_after == 2.5
    assert failure.value.details["status"] == 429


async def test_fails_with_a_timeout() -> None:
    model = ScriptedChat([{"pieces": [{"error": {"reason": "timeout"}}]}])
    with pytest.raises(ProviderTimeout):
        await play(model)


async def test_says_so_when_the_conversation_is_past_its_end() -> None:
    with pytest.raises(ProviderError, match="1 answers, and the conversation is past") as failure:
        await play(ScriptedChat([{"pieces": []}]), place=1)
    assert failure.value.reason is ProviderReason.REJECTED


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "[] is not a list"),
        (["text"], "[0] is not an object"),
        ([{}], "[0].pieces is not a list"),
        ([{"pieces": [], "end": 1}], "[0] has an unknown key 'end'"),
        ([{"pieces": []}, {"pieces": [{"txt": ""}]}], "[1].pieces[0] has an unknown key 'txt'"),
        ([{"pieces": [{"text": "", "delay": 1}]}], "[0].pieces[0] is none of: text"),
        ([{"pieces": [{"tool": "a", "result": 1, "error": {}}]}], "[0].pieces[0] has a result and"),
        ([{"pieces": [{"tool": "a", "error": {"code": 1}}]}], ".error has no code and message"),
        ([{"pieces": [{"tool": "a", "error": {"why": 1}}]}], ".error has an unknown key 'why'"),
        ([{"pieces": [{"text": 1}]}], "[0].pieces[0] is none of: text"),
        ([{"pieces": [{"tool": "f", "arguments": "{}"}]}], ".arguments is not an object"),
        ([{"pieces": [{"delay": -1}]}], "[0].pieces[0].delay is not a number"),
        ([{"pieces": [{"error": {"reason": "?"}}]}], ".error.reason is none of: authentication"),
        ([{"pieces": [], "stop": "now"}], "[0].stop is none of: end"),
        ([{"pieces": [], "usage": {"input_tokens": "1"}}], ".usage.input_tokens is not a number"),
    ],
)
def test_names_what_is_wrong_with_a_cassette(tmp_path: Path, data: Any, said: str) -> None:
    with pytest.raises(Unavailable) as failure:
        ScriptedChat(data)
    assert said in failure.value.message
    path = tmp_path / "cassette.json"
    path.write_text(json.dumps(data))
    with pytest.raises(Unavailable) as failure:
        ScriptedChat(path)
    assert said in failure.value.message
    assert str(path) in failure.value.message


def test_names_a_file_that_is_missing_or_not_json(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"none\.json cannot be read: No such file"):
        ScriptedChat(tmp_path / "none.json")
    (tmp_path / "half.json").write_bytes(b"[{")
    with pytest.raises(Unavailable, match=r"half\.json is not JSON"):
        ScriptedChat(tmp_path / "half.json")
