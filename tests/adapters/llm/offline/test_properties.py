"""What holds of the offline model for any message and any tool."""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.llm.offline import PROVIDER
from adapters.llm.offline.model import OfflineChat
from adapters.llm.offline.schemas import fields_of, item_field
from domain.conversations.sampling import Sampling
from domain.models.messages import (
    ModelRequest,
    Piece,
    Reasoning,
    Stop,
    StopReason,
    Text,
    ToolRequest,
    ToolTurn,
    Turn,
    UserTurn,
)
from domain.tools.tool import Effect, ToolSpec
from tests.adapters.llm.offline.asking import CALCULATOR, TOOLS, ask, calls_of, spec, text_of
from tests.support.hostile_schemas import MONSTERS

_WORDS = """
stop the instance i-0abc web_1 us-east-1 create invoice for Acme 300 3,5 1.234,5 euros due tomorrow
2026-11-20 20/11/2026 10:30 «hola» "x y" customer= amount: unit=celsius limit 5 and y ; , ? 2+2
17 * 23 that eso multiply by 15% of ( ) a@b.co https://x.io/a time in Tokio Madrid send email
subject body search conversations not no yes {"city": ["a"] null -7 twenty uno
"""
_KEYS = """
type properties required enum const items anyOf allOf oneOf $ref default pattern format minimum
maximum description name
"""
WORDS = st.sampled_from(_WORDS.split())
MESSAGES = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=14).map(" ".join))
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_KEYS.split()) | st.text(max_size=6),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
BOUNDS = st.none() | st.integers(-50, 50)
PROPERTY = st.one_of(
    st.just({"type": "string"}),
    st.sampled_from(["email", "date", "date-time", "uuid", "uri", "time"]).map(
        lambda form: {"type": "string", "format": form}
    ),
    st.just({"type": "string", "pattern": "^i-[0-9a-f]+$"}),
    st.just({"type": "string", "minLength": 3, "maxLength": 6}),
    st.just({"type": "boolean"}),
    st.just({"enum": ["celsius", "fahrenheit", 5]}),
    st.just({"type": ["integer", "null"]}),
    st.just({"type": "array", "items": {"type": "number", "maximum": 10}, "maxItems": 2}),
    st.builds(
        lambda kind, low, high: (
            {"type": kind}
            | ({} if low is None else {"minimum": low})
            | ({} if high is None else {"exclusiveMaximum": high})
        ),
        st.sampled_from(["integer", "number"]),
        BOUNDS,
        BOUNDS,
    ),
)
NAMES = st.sampled_from(
    ["instance_id", "amount", "city", "unit", "limit", "due_date", "customer", "query", "timezone"]
)


@st.composite
def typed_tools(draw: st.DrawFn) -> ToolSpec:
    properties = draw(st.dictionaries(NAMES, PROPERTY, max_size=5))
    required = draw(st.lists(st.sampled_from(sorted(properties) or [""]), max_size=3))
    name = draw(st.sampled_from(["stop_instance", "create_invoice", "search_web", "get_weather"]))
    return spec(name, "Do something with an instance or an invoice.", properties, required)


def complaint(value: Any, schema: dict[str, Any]) -> str | None:
    """Check a value against the constraints that `PROPERTY` draws, on its own account."""
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "number": (int, float),
        "array": (list,),
    }
    declared = schema.get("type")
    named = declared[0] if isinstance(declared, list) else declared
    is_number = named in {"integer", "number"}
    wrong = {
        "type": named is not None
        and (not isinstance(value, kinds[named]) or (is_number and isinstance(value, bool))),
        "enum": "enum" in schema and value not in schema["enum"],
        "minimum": "minimum" in schema and value < schema["minimum"],
        "maximum": "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"],
        "pattern": "pattern" in schema and re.search(schema["pattern"], value) is None,
        "length": isinstance(value, str)
        and not schema.get("minLength", 1) <= len(value) <= schema.get("maxLength", len(value)),
        "items": named == "array" and (len(value) > 2 or any(item > 10 for item in value)),
    }
    return next((name for name, is_wrong in wrong.items() if is_wrong), None)


def check(pieces: Sequence[Piece]) -> None:
    """Check what holds of every answer."""
    assert isinstance(pieces[-1], Stop)
    assert not any(isinstance(piece, Stop) for piece in pieces[:-1])
    assert all(p.content for p in pieces if isinstance(p, Text | Reasoning))
    assert text_of(pieces).strip() or calls_of(pieces)
    assert pieces[-1].usage.output_tokens > 0
    asked = any(isinstance(piece, ToolRequest) for piece in pieces)
    assert pieces[-1].reason is (StopReason.TOOL_CALLS if asked else StopReason.END)


@given(st.lists(MESSAGES, min_size=1, max_size=3))
async def test_any_message_gets_the_same_whole_answer_twice(messages: list[str]) -> None:
    turns: list[Turn] = [UserTurn(message) for message in messages]
    pieces = await ask(turns)
    check(pieces)
    assert pieces == await ask(turns)


@given(MESSAGES, st.lists(JUNK, max_size=3))
async def test_any_schema_is_survived(message: str, schemas: list[Any]) -> None:
    tools = [
        ToolSpec("stop_instance", "Stop an instance.", schema, Effect.READ)
        for schema in [*schemas, {"properties": {"customer": schemas, "amount": {}}}]
    ]
    check(await ask(message, tools))


@given(MESSAGES, typed_tools())
async def test_arguments_keep_their_schema(message: str, tool: ToolSpec) -> None:
    for _, arguments in calls_of(await ask(message, [tool])):
        properties = tool.parameters["properties"]
        assert set(tool.parameters["required"]) <= set(arguments) | {""}
        for name, value in arguments.items():
            assert complaint(value, properties[name]) is None, (name, value)


@given(st.text(max_size=60) | JUNK.map(lambda junk: json.dumps(junk, default=str)), st.booleans())
async def test_any_result_is_told(content: str, is_error: bool) -> None:
    turns: list[Turn] = [UserTurn("do it"), ToolTurn("c1", "a_tool", content, is_error=is_error)]
    pieces = await ask(turns)
    check(pieces)
    assert calls_of(pieces) == []


async def test_no_turns_at_all_are_answered() -> None:
    check(await ask([]))


async def test_a_hostile_message_is_answered() -> None:
    for text in (
        "(" * 20_000,
        "1" * 20_000,
        "{[" * 10_000,
        "a=" * 10_000,
        '"' * 9_999,
        "y " * 9_999,
    ):
        check(await ask(text))


async def test_text_stops_at_the_limit_of_tokens() -> None:
    request = ModelRequest(
        PROVIDER.default_model,
        [UserTurn("help")],
        tools=TOOLS,
        sampling=Sampling(max_output_tokens=5),
    )
    pieces = [piece async for piece in OfflineChat().stream(request)]
    assert isinstance(pieces[-1], Stop)
    assert pieces[-1].reason is StopReason.LENGTH
    assert 0 < pieces[-1].usage.output_tokens <= 5


async def test_the_right_tool_is_found_among_two_thousand() -> None:
    nouns = ["order", "ticket", "vessel", "berth", "cargo", "crane", "pilot", "permit"]
    many = [
        spec(
            f"get_{noun}_{number}", f"Get the {noun} of area {number}.", {"id": {"type": "string"}}
        )
        for number in range(250)
        for noun in nouns
    ]
    tools = [*many, CALCULATOR, *TOOLS[1:]]
    assert calls_of(await ask("¿Cuánto es 17 * 23?", tools)) == [
        ("calculator", {"expression": "17 * 23"})
    ]
    found = calls_of(await ask("search my conversations for invoices", tools))
    assert found == [("search_conversations", {"query": "invoices"})]


@pytest.mark.parametrize("schema", MONSTERS.values(), ids=MONSTERS)
def test_parameters_are_read_of_any_monster(schema: dict[str, Any]) -> None:
    for each in fields_of(schema):
        assert "$ref" not in item_field(each, schema).schema
