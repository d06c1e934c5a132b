"""Parts of a tool's schema, for who was shown only some of it."""

from typing import Any

import pytest

from domain.shared.errors import ToolFailed
from domain.tools.schema_parts import part_of

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "limit": {"type": "integer"},
        "body": {"$ref": "#/$defs/Order", "description": "What is wanted."},
    },
    "$defs": {
        "Order": {
            "type": "object",
            "properties": {
                "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
                "buyer": {"anyOf": [{"$ref": "#/$defs/Person"}, {"type": "null"}]},
            },
        },
        "Line": {"type": "object", "properties": {"part": {"$ref": "#/$defs/Line"}}},
        "Person": {"type": "object", "properties": {"name": {"type": "string"}, "a.b": True}},
        "Unused": {"type": "string"},
    },
}


def test_the_whole_has_what_it_refers_to() -> None:
    whole = part_of(SCHEMA, "")
    assert whole["properties"] == SCHEMA["properties"]
    assert list(whole["$defs"]) == ["Line", "Order", "Person"]


@pytest.mark.parametrize(
    ("place", "said", "definitions"),
    [
        ("limit", {"type": "integer"}, []),
        ("body.buyer.name", {"type": "string"}, []),
        ("body.lines", {"type": "array", "items": {"$ref": "#/$defs/Line"}}, ["Line"]),
        ("body.lines.part.part", SCHEMA["$defs"]["Line"], ["Line"]),
    ],
)
def test_a_place_is_found_through_references_lists_and_choices(
    place: str, said: dict[str, Any], definitions: list[str]
) -> None:
    part = part_of(SCHEMA, place)
    assert {key: value for key, value in part.items() if key != "$defs"} == said
    assert list(part.get("$defs", {})) == definitions


def test_what_stands_beside_a_reference_stays() -> None:
    part = part_of(SCHEMA, "body")
    assert part["description"] == "What is wanted."
    assert part["properties"].keys() == {"lines", "buyer"}


@pytest.mark.parametrize("place", ["nobody", "body.nobody", "limit.x", "body.lines.part.nobody"])
def test_a_place_that_is_not_there_is_told_with_those_that_are(place: str) -> None:
    with pytest.raises(ToolFailed, match="There is"):
        part_of(SCHEMA, place)
    if place.startswith("body.n"):
        with pytest.raises(ToolFailed, match=r"in body\. There is: buyer, lines\."):
            part_of(SCHEMA, place)


@pytest.mark.parametrize(
    "odd",
    [
        {"$ref": "#/$defs/Gone"},
        {"$ref": 7},
        {"$defs": []},
        {"properties": []},
        {"anyOf": {}},
        {"properties": {"x": False}},
        {"$defs": {"A": {"$ref": "#/$defs/A"}}, "$ref": "#/$defs/A"},
    ],
)
def test_any_schema_has_an_end(odd: dict[str, Any]) -> None:
    assert isinstance(part_of(odd, ""), dict)
    with pytest.raises(ToolFailed):
        part_of(odd, "y")
    if "x" in str(odd):
        assert part_of(odd, "x") == {"not": {}}
