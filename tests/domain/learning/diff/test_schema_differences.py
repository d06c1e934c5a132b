"""What a diff of two versions says: which part of a tool changed."""

from dataclasses import replace
from typing import Any

import pytest

from domain.learning.api.version import ApiTool, ApiVersion
from domain.learning.diff.changes import difference
from domain.learning.diff.schema_differences import differing_parts
from domain.tools.tool import Effect, ToolSpec


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


TEXT: dict[str, Any] = {"type": "string"}


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        (schema(a=TEXT), schema(a=TEXT), []),
        (schema(a=TEXT), schema(a=TEXT, b=TEXT), ["b is new"]),
        (schema(a=TEXT), schema(), ["a is gone"]),
        (schema(a=TEXT), schema(a={**TEXT, "description": "A"}), ["a: its description"]),
        (schema(a={**TEXT, "maxLength": 3}), schema(a=TEXT), ["a: its maxLength"]),
        (schema(a=schema(b=TEXT)), schema(a=schema(b={"type": "integer"})), ["a.b: its type"]),
        (
            schema(a={"type": "array", "items": TEXT}),
            schema(a={"type": "array", "items": {}}),
            ["a[]: its type"],
        ),
        ({**schema(a=TEXT), "required": ["a"]}, schema(a=TEXT), ["a is optional now"]),
        (schema(a=TEXT), {**schema(a=TEXT), "required": ["a"]}, ["a is required now"]),
        (schema(a=TEXT), schema(a=True), ["a: its schema"]),
        (
            {**schema(a={"$ref": "#/$defs/A"}), "$defs": {"A": schema(b=TEXT)}},
            {**schema(a={"$ref": "#/$defs/A"}), "$defs": {"A": schema(b=TEXT, c=TEXT)}},
            ["a.c is new"],
        ),
        (
            schema(),
            schema(**{f"p{number}": TEXT for number in range(20)}),
            [*(f"p{number} is new" for number in range(10)), "and more"],
        ),
    ],
)
def test_the_parts_that_differ_are_named(
    old: dict[str, Any], new: dict[str, Any], parts: list[str]
) -> None:
    assert differing_parts(old, new) == parts


def test_a_schema_that_refers_to_itself_ends() -> None:
    tree = {"$ref": "#/$defs/T", "$defs": {"T": schema(next={"$ref": "#/$defs/T"})}}
    more = {"$ref": "#/$defs/T", "$defs": {"T": schema(next={"$ref": "#/$defs/T"}, b=TEXT)}}
    assert differing_parts(tree, more) == ["b is new"]


def version(call: bytes, **spec: Any) -> ApiVersion:
    told = ToolSpec("get", "Gets.", schema(a=TEXT), Effect.READ)
    tool = ApiTool(replace(told, **spec), "GET /a", call=call)
    return ApiVersion("d", "t", (tool,))


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (b'{"path": "/a", "summary": "B"}', []),
        (b'{"path": "/b", "body": 1, "notes": []}', ["how it is called: its body, path"]),
        (b"other", ["how it is called: its record"]),
        (b"[]", ["how it is called: its record"]),
    ],
)
def test_what_changed_of_a_call_is_named(call: bytes, what: list[str]) -> None:
    diff = difference(version(b'{"path": "/a", "summary": "A"}'), version(call))
    assert [list(each.what) for each in diff.changed] == ([what] if what else [])


def test_a_changed_parameter_is_named() -> None:
    diff = difference(version(b""), version(b"", parameters=schema(a=TEXT, b=TEXT)))
    assert diff.changed[0].what == ("its parameters: b is new",)
    diff = difference(version(b""), version(b"", idempotent=True))
    assert diff.changed[0].what == ("whether a call can be repeated: yes now",)
