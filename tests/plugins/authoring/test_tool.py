"""Writing a tool: what the decorator makes of a function."""

import json
from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, Field

from domain.shared.errors import InvalidArguments
from domain.tools.tool import Effect, Tool
from plugins.authoring.tool import tool
from puerto import Confirmed, ToolDefinitionError
from tests.plugins.samples import ARGUMENTS, Address, looped, send


def test_the_spec_says_what_the_decorator_and_the_docstring_say() -> None:
    assert send.spec.name == "send"
    assert send.spec.description == (
        "Send something.\n\nIt is collected in the evening.\n\nReturns: What was sent."
    )
    assert send.spec.effect is Effect.WRITE
    assert (send.spec.idempotent, send.spec.open_world) == (True, True)
    assert (send.spec.timeout, send.spec.category) == (5.0, "post")


def test_the_schema_comes_from_the_types() -> None:
    assert send.spec.parameters == {
        "type": "object",
        "additionalProperties": False,
        "required": ["to", "day"],
        "properties": {
            "to": {
                "type": "object",
                "description": "where to send it.",
                "required": ["street"],
                "properties": {
                    "street": {"type": "string"},
                    "title": {"type": "string", "default": "home"},
                },
            },
            "day": {"type": "string", "format": "date", "description": "when to send it."},
            "colour": {"type": "string", "enum": ["red", "blue"], "default": "red"},
            "kind": {"type": "string", "enum": ["letter", "parcel"], "default": "letter"},
            "weight": {
                "type": "number",
                "exclusiveMinimum": 0,
                "default": 20.0,
                "description": "in grams",
            },
            "tags": {"type": "array", "items": {"type": "string"}, "default": []},
        },
    }


def test_parameters_may_have_any_name() -> None:
    @tool(effect="read", name="odd-names")
    def odd(schema: str, _id: int, model_config: bool, copy: str = "c", title: str = "t") -> str:
        """Take names that pydantic has its own use for."""
        return f"{schema} {_id} {model_config} {copy} {title}"

    assert list(odd.spec.parameters["properties"]) == [
        "schema",
        "_id",
        "model_config",
        "copy",
        "title",
    ]
    assert odd.check({"schema": "s", "_id": 1, "model_config": True}) == {
        "schema": "s",
        "_id": 1,
        "model_config": True,
        "copy": "c",
        "title": "t",
    }


def test_a_decorated_function_can_still_be_called() -> None:
    sent = send(Address(street="Main St"), date(2026, 2, 3), tags=["a"])
    assert sent["tags"] == ["a", "sent"]


def test_check_fills_in_defaults_and_returns_json() -> None:
    checked = send.check(ARGUMENTS)
    assert checked == {
        "to": {"street": "Main St", "title": "home"},
        "day": "2026-02-03",
        "colour": "red",
        "kind": "letter",
        "weight": 20.0,
        "tags": [],
    }
    assert send.check(checked) == checked
    assert json.loads(json.dumps(checked)) == checked


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"to": {}}, "to.street"),
        ({"day": "tomorrow"}, "day"),
        ({"weight": 0}, "weight"),
        ({"weight": "nan"}, "weight"),
        ({"colour": "green"}, "colour"),
        ({"tags": ["a", 1]}, "tags.1"),
        ({"extra": 1}, "extra"),
    ],
)
def test_check_says_where_arguments_do_not_fit(change: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        send.check(ARGUMENTS | change)
    assert [field.path for field in caught.value.fields] == [path]
    assert path in caught.value.message


def test_check_replaces_characters_that_cannot_be_stored() -> None:
    @tool(effect="read")
    def echo(text: str, anything: Any) -> None:
        """Echo."""

    checked = echo.check({"text": "a\x00b", "anything": {"k\ud800": ["\udfff"]}})
    assert checked == {"text": "a\ufffdb", "anything": {"k\ufffd": ["\ufffd"]}}


def test_arguments_that_cannot_be_checked_do_not_fit() -> None:
    def fussy(value: Any) -> Any:
        raise KeyError(value)

    @tool(effect="read")
    def take(value: Annotated[Any, AfterValidator(fussy)]) -> None:
        """Take anything."""

    with pytest.raises(InvalidArguments, match="KeyError"):
        take.check({"value": 1})
    with pytest.raises(InvalidArguments, match="levels deep"):
        take.check({"value": looped()})


def test_a_function_tool_is_a_tool() -> None:
    as_port: Tool = send
    assert as_port.spec.name == "send"


def test_changing_the_types_changes_the_version() -> None:
    def first(count: int) -> None:
        """Count."""

    def second(count: str) -> None:
        """Count."""

    versions = {tool(effect="read", name="n")(f).spec.version for f in (first, second, first)}
    assert len(versions) == 2


def test_arguments_that_must_be_confirmed_are_named_and_not_in_the_schema() -> None:
    @tool(effect="destructive")
    def forget(name: Annotated[str, Confirmed(), Field(max_length=9)], note: str = "") -> None:
        """Forget a project."""

    assert forget.spec.confirm == ("name",)
    assert forget.spec.parameters["properties"]["name"] == {"type": "string", "maxLength": 9}

    def mistaken(name: Annotated[str, Confirmed]) -> None:
        """Forget a project."""

    with pytest.raises(ToolDefinitionError, match="with parentheses"):
        tool(effect="write")(mistaken)
