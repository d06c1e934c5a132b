"""The declared type of a tool's results: its schema, and what becomes of results by it."""

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, PlainSerializer
from typing_extensions import TypedDict

from plugins.authoring import results
from plugins.host.admission import admit
from puerto import Artifact, ToolContext, ToolDefinitionError, ToolSpec, tool


class Ticket(BaseModel):
    """A ticket."""

    number: int = Field(serialization_alias="id")
    due: date


class Urgent(Ticket):
    """A ticket that says more than a ticket."""

    deadline: str = "noon"


@dataclass
class Filed:
    """A file, with its date."""

    on: date
    file: Artifact


class Row(TypedDict):
    name: str


TICKET = {
    "description": "A ticket.",
    "properties": {"id": {"type": "integer"}, "due": {"type": "string", "format": "date"}},
    "required": ["id", "due"],
    "type": "object",
}
NAMES = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Names.",
    "examples": [{"a": 1}],
}
Shouted = Annotated[str, PlainSerializer(str.upper)]


def returning(hint: Any, value: Any = None) -> Any:
    """Return a tool whose results are annotated so, and are this value."""

    def give():  # type: ignore[no-untyped-def]
        """Give it."""
        return value

    give.__annotations__["return"] = hint
    return tool(effect="read")(give)


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (str, {"type": "string"}),
        (Ticket, TICKET),
        (list[Ticket], {"type": "array", "items": TICKET}),
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        (dict[str, Any], {"type": "object", "additionalProperties": True}),
        (Literal["a", "b"], {"enum": ["a", "b"], "type": "string"}),
        (Annotated[list[str], Field(description="Names.", examples=[{"a": 1}])], NAMES),
        (None, None),
        (Any, None),
        (object, None),
        (Artifact, None),
        (Filed, None),
        (Iterator[int], None),
        (ToolContext, None),
    ],
    ids=str,
)
def test_the_schema_of_results_is_that_of_the_annotation(hint: Any, schema: Any) -> None:
    assert returning(hint).spec.output_schema == schema


def test_no_annotation_is_no_schema() -> None:
    @tool(effect="read")
    def give():  # type: ignore[no-untyped-def]
        """Give it."""

    assert give.spec.output_schema is None


def test_a_stream_has_the_schema_of_the_whole() -> None:
    @tool(effect="read")
    async def texts() -> AsyncIterator[str]:
        """Give texts."""
        yield ""

    @tool(effect="read")
    async def rows() -> AsyncIterator[Row]:
        """Give rows."""
        yield {"name": ""}

    assert texts.spec.output_schema == {"type": "string"}
    assert rows.spec.output_schema is not None
    assert rows.spec.output_schema["type"] == "array"


def test_a_schema_that_is_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "SCHEMA_LENGTH", 50)
    assert returning(Ticket).spec.output_schema is None
    assert returning(str).spec.output_schema is not None


def test_the_schema_is_no_part_of_what_a_consent_approves() -> None:
    assert returning(str).spec.version == returning(int).spec.version


@pytest.mark.parametrize(
    ("hint", "value", "expected"),
    [
        (Ticket, Ticket(number=7, due=date(2026, 1, 2)), {"id": 7, "due": "2026-01-02"}),
        (list[Shouted], ["a", "b"], ["A", "B"]),
        (dict[str, Decimal], {"a": Decimal("1.50")}, {"a": "1.50"}),
        (float, float("inf"), "inf"),
        (dict[int, str], {1: "a"}, {"1": "a"}),
        (Ticket, Urgent(number=7, due=date(2026, 1, 2)), {"id": 7, "due": "2026-01-02"}),
    ],
    ids=str,
)
async def test_results_are_serialized_by_their_annotation(
    hint: Any, value: Any, expected: Any, context: ToolContext, caplog: pytest.LogCaptureFixture
) -> None:
    assert await returning(hint, value).run({}, context) == expected
    assert "does not fit" not in caplog.text


@pytest.mark.parametrize(
    ("hint", "value", "expected"),
    [
        (Ticket, {"number": 7, "due": date(2026, 1, 2)}, {"number": 7, "due": "2026-01-02"}),
        (str, 7, 7),
        (list[int], ["a"], ["a"]),
    ],
    ids=str,
)
async def test_a_result_that_does_not_fit_is_passed_on_and_told_once(
    hint: Any, value: Any, expected: Any, context: ToolContext, caplog: pytest.LogCaptureFixture
) -> None:
    made = returning(hint, value)
    with caplog.at_level(logging.WARNING):
        assert await made.run({}, context) == expected
        assert await made.run({}, context) == expected
    assert caplog.text.count("give: a result does not fit its annotation") == 1


async def test_files_stay_what_they_are_in_typed_results(context: ToolContext) -> None:
    file = Artifact(b"x", "text/plain", "x.txt")
    filed = await returning(Filed, Filed(date(2026, 1, 2), file)).run({}, context)
    assert filed == {"on": "2026-01-02", "file": file}
    assert await returning(dict[str, object], {"a": file}).run({}, context) == {"a": file}


def test_a_title_is_one_short_line() -> None:
    def give() -> None:
        """Give it."""

    assert tool(effect="read", title="Give it")(give).spec.title == "Give it"
    titles: list[Any] = ["two\nlines", "x" * 101, " padded", 7]
    for title in titles:
        with pytest.raises(ToolDefinitionError, match="title"):
            tool(effect="read", title=title)(give)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("title", "two\nlines", "title"),
        ("title", None, "title"),
        ("confirm", ("nothing",), "names of its parameters"),
        ("confirm", ["q"], "names of its parameters"),
        ("output_schema", {"type": object}, "not JSON"),
        ("output_schema", ["string"], "no JSON object"),
        ("output_schema", {"description": "x" * 20_000}, "at most"),
    ],
)
def test_what_a_tool_of_ones_own_declares_is_checked(field: str, value: Any, why: str) -> None:
    class Own:
        def __init__(self, **declared: Any) -> None:
            effect = returning(str).spec.effect
            self.spec = ToolSpec("own", "A tool.", {"type": "object"}, effect, **declared)

        def check(self, arguments: Any) -> Any:
            return arguments

        async def run(self, arguments: Any, context: ToolContext) -> Any:
            return arguments

    assert admit(Own(title="Own"), "desk").spec.title == "Own"
    with pytest.raises(ToolDefinitionError, match=why):
        admit(Own(**{field: value}), "desk")
