"""How the offline model honours sampling parameters."""

import json
from typing import Any

import pytest

from adapters.llm.offline.model import OfflineChat
from domain.conversations.sampling import Sampling
from domain.models.messages import ModelRequest, Stop, StopReason, Text, ToolRequest, UserTurn
from domain.tools.tool import ToolSpec


async def ask(
    sampling: Sampling, *tools: ToolSpec, said: str = "Who are you?"
) -> tuple[str, list[ToolRequest], Stop]:
    request = ModelRequest("offline-1", [UserTurn(said)], tools=tools, sampling=sampling)
    pieces = [piece async for piece in OfflineChat().stream(request)]
    text = "".join(piece.content for piece in pieces if isinstance(piece, Text))
    stop = pieces[-1]
    assert isinstance(stop, Stop)
    return text, [piece for piece in pieces if isinstance(piece, ToolRequest)], stop


async def test_chance_means_nothing_to_it() -> None:
    text, _, stop = await ask(Sampling(temperature=1.5, top_p=0.5, seed=1))
    again, _, _ = await ask(Sampling(seed=2))
    assert text == again
    assert stop.taken == {"seed"}


async def test_stops_before_a_text() -> None:
    whole, _, _ = await ask(Sampling())
    word = whole.split()[2]
    text, _, stop = await ask(Sampling(stop=("nowhere in it", word)))
    assert text == whole[: whole.index(word)]
    assert (stop.reason, stop.taken) == (StopReason.END, frozenset({"stop"}))


async def test_says_no_more_than_the_bound() -> None:
    text, _, stop = await ask(Sampling(max_output_tokens=4))
    assert 0 < len(text) <= 16
    assert (stop.reason, stop.taken) == (StopReason.LENGTH, frozenset({"max_output_tokens"}))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}},
        {"type": "string", "maxLength": 5},
        {
            "type": "array",
            "items": {"$ref": "#/$defs/one"},
            "minItems": 2,
            "$defs": {"one": {"enum": ["x", "y"]}},
        },
        {
            "type": "object",
            "required": ["n"],
            "properties": {"n": {"type": "number", "minimum": 3, "exclusiveMaximum": 9}},
        },
        {"anyOf": [{"type": "null"}, {"type": "boolean"}]},
    ],
)
async def test_answers_in_a_schema(schema: dict[str, Any]) -> None:
    from jsonschema_rs import validator_for

    form = {"type": "json_schema", "name": "answer", "schema": schema, "strict": False}
    text, _, stop = await ask(Sampling(response_format=form))
    assert validator_for(schema).is_valid(json.loads(text))
    assert stop.taken == {"response_format"}
    assert (text, [], stop) == await ask(Sampling(response_format=form))


@pytest.mark.parametrize("schema", [{"type": "string", "pattern": "^x{3}$"}, {"type": "nonsense"}])
async def test_does_not_claim_a_schema_that_it_cannot_meet(schema: dict[str, Any]) -> None:
    form = {"type": "json_schema", "name": "answer", "schema": schema, "strict": False}
    text, _, stop = await ask(Sampling(response_format=form))
    assert (text, stop.taken) == ((await ask(Sampling()))[0], frozenset())


async def test_answers_in_some_json() -> None:
    text, _, _ = await ask(Sampling(response_format={"type": "json_object"}))
    assert json.loads(text) == {"answer": (await ask(Sampling()))[0]}


async def test_calls_what_it_may(add: ToolSpec) -> None:
    said = "Add 4200 and 17"
    _, calls, stop = await ask(Sampling(tool_choice="required"), add, said=said)
    assert ([call.tool for call in calls], stop.taken) == (["add"], frozenset({"tool_choice"}))
    _, calls, stop = await ask(Sampling(tool_choice="none"), add, said=said)
    assert (calls, stop.taken) == ([], frozenset({"tool_choice"}))
    _, calls, stop = await ask(Sampling(tool_choice="other"), add, said=said)
    assert (calls, stop.taken) == ([], frozenset())
