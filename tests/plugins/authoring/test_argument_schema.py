"""Arguments checked against raw JSON Schemas, with messages that say what to do."""

from typing import Any

import pytest

from domain.shared.errors import InvalidArguments
from plugins.authoring.argument_schema import ArgumentSchema
from plugins.authoring.errors import ToolDefinitionError

SCHEMA = ArgumentSchema(
    {
        "type": "object",
        "properties": {
            "unit": {"enum": ["C", "F"]},
            "count": {"type": "integer", "minimum": 1},
            "place": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Place"}]},
            "text": {"type": "string", "maxLength": 3},
        },
        "required": ["unit"],
        "additionalProperties": False,
        "$defs": {
            "Place": {
                "type": "object",
                "properties": {"x": {"type": "number"}},
                "required": ["x"],
                "additionalProperties": False,
            }
        },
    }
)


def test_arguments_that_fit_come_back() -> None:
    arguments = {"unit": "C", "count": 10**30, "place": {"x": 1.5}}
    assert SCHEMA.check(arguments) == arguments


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "arguments: 'unit' is missing"),
        ({"unit": "K"}, 'unit: "K" is not one of "C" or "F"'),
        ({"unit": "C", "count": 0}, "count: 0 is less than the minimum of 1"),
        ({"unit": "C", "count": "many"}, 'count: "many" is not of type "integer"'),
        (
            {"unit": "C", "size": 1},
            "arguments: there is no 'size' here, only 'unit', 'count', 'place', 'text'",
        ),
        (
            {"unit": "C", "place": {"x": "a", "y": 1}},
            "place: there is no 'y' here, only 'x'; place.x: \"a\" is not of type \"number\"",
        ),
        ({"unit": "C", "place": 5}, "place: 5 is not valid under any of the schemas listed in"),
    ],
)
def test_says_where_and_what_and_what_would_fit(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidArguments) as raised:
        SCHEMA.check(arguments)
    assert str(raised.value).startswith("The arguments do not fit: ")
    messages = [f"{each.path}: {each.message}" for each in raised.value.fields]
    for one in told.split("; "):
        assert any(message.startswith(one) for message in messages), messages


def test_does_not_quote_at_length() -> None:
    with pytest.raises(InvalidArguments) as raised:
        SCHEMA.check({"unit": "C", "text": "x" * 100_000})
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objekt"},
        {"properties": {"a": {"$ref": "#/$defs/missing"}}},
        {"properties": {"a": {"$ref": "https://example.com/a.json"}}},
        {"properties": {"a": {"$ref": "file:///etc/hostname"}}},
        {"properties": {"a": {"pattern": "("}}},
    ],
)
def test_a_schema_that_cannot_be_used_is_the_tools_mistake(schema: dict[str, Any]) -> None:
    with pytest.raises(ToolDefinitionError):
        ArgumentSchema(schema).require_usable()
