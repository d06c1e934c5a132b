"""Slips of form in a model's arguments are put right; what is right stays."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema_rs import validator_for

from domain.tools.argument_repair import coerced
from tests.adapters.llm.schemas.random_schemas import fitting, tool_schemas

NODE = {
    "type": "object",
    "properties": {"size": {"type": "integer"}, "next": {"$ref": "#/$defs/Node"}},
}
PARAMETERS = {
    "type": "object",
    "properties": {
        "count": {"type": "integer"},
        "ratio": {"type": "number"},
        "on": {"type": "boolean"},
        "name": {"type": "string"},
        "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "level": {"enum": [1, 2, 3]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "sizes": {"type": "array", "items": {"type": "integer"}},
        "node": {"$ref": "#/$defs/Node"},
        "filter": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
        "scores": {"type": "object", "additionalProperties": {"type": "integer"}},
        "anything": {},
        "needed": {"type": "string"},
    },
    "required": ["needed"],
    "$defs": {"Node": NODE},
}


@pytest.mark.parametrize(
    ("given_", "meant"),
    [
        ({"count": "5"}, {"count": 5}),
        ({"count": " -12 "}, {"count": -12}),
        ({"count": "5.0"}, {"count": 5}),
        ({"count": 5.0}, {"count": 5}),
        ({"count": str(10**40)}, {"count": 10**40}),
        ({"ratio": "0.5"}, {"ratio": 0.5}),
        ({"on": "True"}, {"on": True}),
        ({"name": 5}, {"name": "5"}),
        ({"level": "2"}, {"level": 2}),
        ({"maybe": "7"}, {"maybe": 7}),
        ({"maybe": None}, {"maybe": None}),
        ({"tags": "red"}, {"tags": ["red"]}),
        ({"tags": '["red", "blue"]'}, {"tags": ["red", "blue"]}),
        ({"sizes": "3"}, {"sizes": [3]}),
        ({"sizes": ["1", 2.0]}, {"sizes": [1, 2]}),
        (
            {"node": '{"size": "3", "next": {"size": 4.0}}'},
            {"node": {"size": 3, "next": {"size": 4}}},
        ),
        ({"filter": {"size": "3"}}, {"filter": {"size": 3}}),
        ({"scores": {"a": "1"}}, {"scores": {"a": 1}}),
        ({"name": None, "count": None}, {}),
    ],
)
def test_what_is_meant_is_read(given_: dict[str, Any], meant: dict[str, Any]) -> None:
    result = coerced(given_, PARAMETERS)
    assert result == meant
    assert str(result) == str(meant)  # 5 is not 5.0 here


@pytest.mark.parametrize(
    "arguments",
    [
        {"count": "five"},
        {"count": "5.5"},
        {"count": "0x10"},
        {"count": "٣"},
        {"count": True},
        {"on": "yes"},
        {"on": 1},
        {"name": True},
        {"either": "5"},
        {"sizes": "many"},
        {"node": "{broken"},
        {"node": [1]},
        {"needed": None},
        {"unknown": "5"},
        {"anything": "5"},
    ],
)
def test_what_is_not_plain_is_left(arguments: dict[str, Any]) -> None:
    assert coerced(arguments, PARAMETERS) == arguments


@settings(suppress_health_check=list(HealthCheck))
@given(schema=tool_schemas(), data=st.data())
def test_what_fits_stays_equal(schema: dict[str, Any], data: Any) -> None:
    arguments = fitting(data.draw, schema, schema)
    if validator_for(schema, offline=True).is_valid(arguments):
        assert coerced(arguments, schema) == arguments


def test_nesting_has_no_end_and_neither_does_a_reference() -> None:
    deep: dict[str, Any] = {}
    for _ in range(300):
        deep = {"next": deep, "size": "1"}
    looping = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}, "Node": NODE}}
    assert coerced({"node": deep}, PARAMETERS)["node"]["size"] == 1
    assert coerced({"a": "1"}, looping) == {"a": "1"}
