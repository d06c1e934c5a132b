"""The one kit that walks JSON Schema: what it finds, and that every walk of a hostile one ends."""

from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema_rs import Draft202012Validator

from domain.learning.api.fixed_arguments import all_within, path_in, without_arguments
from domain.learning.diff.schema_changes import narrowings
from domain.learning.diff.schema_differences import differing_parts
from domain.shared.json_pointers import join, value_at
from domain.shared.json_schema import (
    ANYTHING,
    DEEPEST,
    DEFINITIONS,
    MOST,
    TYPES,
    definition_in,
    facets,
    inside,
    is_null,
    is_number,
    is_one_of,
    opened,
    parts_of,
    properties_of,
    reached,
    references_in,
    refers,
    required_in,
    resolved,
    target_of,
    type_of,
    types_of,
    values_in,
    walk,
    with_each,
    without,
)
from domain.tools.argument_repair import coerced
from domain.tools.ranking.fields import impacts_of
from domain.tools.schema_parts import part_of
from domain.tools.tool import Effect, ToolSpec
from tests.support.hostile_schemas import MONSTERS, hostile_schemas

TEXT: dict[str, Any] = {"type": "string"}
TREE: dict[str, Any] = {
    "type": "object",
    "properties": {"left": {"$ref": "#/$defs/Node"}, "$ref": {"items": [TEXT, True]}},
    "default": {"$ref": "no schema"},
    "$defs": {
        "Node": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}, {"$ref": "#/$defs/A~1B"}]},
        "A/B": {"properties": {"name": TEXT}},
        "Unused": {},
    },
}


def test_what_is_directly_within_a_schema_is_found_by_its_keyword() -> None:
    assert list(inside(TREE)) == [
        (("properties", "left"), {"$ref": "#/$defs/Node"}),
        (("properties", "$ref"), {"items": [TEXT, True]}),
        *((("$defs", name), each) for name, each in TREE["$defs"].items()),
    ]
    assert list(inside(True)) == list(inside({"properties": [], "allOf": {}, "enum": [{}]})) == []


def test_a_walk_goes_in_the_order_of_the_schema_and_no_deeper_than_it_is_told() -> None:
    found = {join(*chain(*path)): each for path, each in walk(TREE)}
    assert list(found)[:5] == [
        *("", "/properties/left", "/properties/$ref", "/properties/$ref/items/0", "/$defs/Node")
    ]
    assert all(value_at(TREE, pointer) is each for pointer, each in found.items())
    assert max(len(path) for path, _ in walk(TREE, deepest=1)) == 1


def test_references_are_those_of_schemas_alone() -> None:
    node, named = "#/$defs/Node", "#/$defs/A~1B"
    assert list(references_in(TREE)) == [node, node, named]
    assert refers(TREE)
    assert not refers({"enum": [{"$ref": node}], "properties": {"$ref": {}}})


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("#/$defs/A~1B", TREE["$defs"]["A/B"]),
        ("#", TREE),
        ("#/properties/$ref/items/1", True),
        *dict.fromkeys(("#/$defs/Gone", "#anchor", "other.json#/a", 7)).items(),
    ],
)
def test_a_reference_leads_into_the_whole_schema_or_nowhere(reference: Any, target: Any) -> None:
    schema = {"$ref": reference}
    assert target_of(schema, TREE) == target
    assert resolved(schema, TREE) == (ANYTHING if target is None else target)


def test_what_refers_to_nothing_is_itself() -> None:
    assert target_of(TEXT, TREE) is target_of(True, TREE) is None
    assert resolved(TEXT, TREE) is TEXT
    assert resolved({"$ref": "#/$defs/A"}, {"$defs": {"A": {"$ref": "#/$defs/A"}}}) == ANYTHING


def test_what_stands_beside_a_reference_counts_more() -> None:
    beside = {"$ref": "#/$defs/A~1B", "properties": {}, "title": "B"}
    assert opened(beside, TREE) == {"properties": {}, "title": "B"}
    assert opened({"$ref": "#/no"}, TREE) == {"$ref": "#/no"}
    assert opened(False, TREE) == {"not": {}}
    assert opened(None, TREE) == {}


def test_all_that_one_value_meets_is_found_once() -> None:
    node = TREE["$defs"]["Node"]
    found = list(facets(TREE["properties"]["left"], TREE))
    assert found[:2] == [TREE["properties"]["left"], node]
    assert TREE["$defs"]["A/B"] in found
    assert sum(each is node for each in found) == 1


def test_the_definitions_that_are_needed_are_reached() -> None:
    whole = {"$defs": {"B": {"items": {"$ref": "#/$defs/A"}}, "A": TEXT, "C": {}}}
    assert list(reached({"$ref": "#/$defs/B"}, whole)) == ["A", "B"]
    assert reached(TEXT, whole) == reached({"$ref": "#/$defs/B"}, {"$defs": []}) == {}
    assert definition_in("#/$defs/B") == "B"
    assert definition_in("#/properties/B") == definition_in(7) == ""


def test_each_schema_within_can_be_changed_and_values_stay() -> None:
    changed = with_each(TREE, lambda each: {"was": each})
    assert changed["properties"]["left"] == {"was": {"$ref": "#/$defs/Node"}}
    assert changed["default"] == TREE["default"]
    assert with_each({"items": [1], "not": True}, str) == {"items": ["1"], "not": "True"}
    assert with_each(7, str) == 7


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *((None, "null"), (True, "boolean"), (5, "integer"), (5.0, "integer"), (5.5, "number")),
        *(("5", "string"), ([5], "array"), ({"a": 5}, "object")),
    ],
)
def test_a_value_is_of_the_types_that_a_checker_takes_it_for(value: Any, kind: str) -> None:
    assert type_of(value) == kind
    for each in TYPES:
        is_valid = Draft202012Validator({"type": each}).is_valid(value)
        assert is_one_of(value, [each]) is is_valid
    assert is_number(value) is (kind in {"integer", "number"})


def test_what_json_has_not_is_of_no_type() -> None:
    assert not any(is_one_of(value, TYPES) for value in (float("nan"), float("-inf")))


def test_what_is_malformed_counts_as_not_there() -> None:
    odd: Any = {"type": ["null", 7, "null"], "required": ["a", 1, "a"], "enum": 5, "anyOf": "ab"}
    assert types_of(odd) == ["null"]
    assert is_null(odd)
    assert required_in(odd) == ["a"]
    assert values_in(odd) is None
    assert values_in({"const": None, "enum": [1]}) == [None]
    assert parts_of(odd, "anyOf", "allOf") == []
    assert properties_of({"properties": [1]}) == properties_of(None) == {}
    assert without(odd, "type", "enum", "none").keys() == {"required", "anyOf"}


def test_no_other_module_spells_how_definitions_are_referred_to() -> None:
    root = Path(__file__).parents[3]
    sources = (
        path for room in ("domain", "adapters", "plugins") for path in (root / room).rglob("*.py")
    )
    assert [path.stem for path in sources if f'"{DEFINITIONS}' in path.read_text()] == [
        "json_schema"
    ]


def used(schema: Any) -> None:
    """Have everybody in the core who reads schemas read one."""
    assert sum(1 for _ in walk(schema)) <= MOST
    assert all(len(path) <= DEEPEST for path, _ in walk(schema))
    assert len(list(facets(schema, schema))) <= MOST
    assert isinstance(reached(schema, schema), dict)
    for _, each in walk(schema):
        assert resolved(each, schema) is not None
        assert opened(each, schema) is not None
    assert isinstance(part_of(schema, ""), dict)
    spec = ToolSpec("a", "Does.", schema, Effect.READ)
    assert impacts_of(spec)
    assert path_in(schema, "a.b") in (None, ("a", "b"), ("a.b",))
    assert len(list(all_within(schema, "a"))) <= MOST
    assert "a" not in properties_of(without_arguments(spec, [("a",)]).parameters)
    assert path_in(without_arguments(spec, [("a", "b")]).parameters, "a.b") in (None, ("a.b",))
    given: Any = {"a": {"b": [None, "7"]}, "b": ["5", {"a": 5.0}], "c": None}
    assert coerced(given, schema).keys() <= given.keys()
    assert isinstance(narrowings(schema, {**schema, "title": "Another"}), list)
    assert isinstance(narrowings({}, schema), list)
    assert isinstance(differing_parts(schema, {"properties": {"a": schema}}), list)


@given(hostile_schemas)
def test_everybody_comes_to_an_end_with_any_schema(schema: dict[str, Any]) -> None:
    used(schema)


@pytest.mark.parametrize("schema", MONSTERS.values(), ids=MONSTERS)
def test_everybody_comes_to_an_end_with_a_monster(schema: dict[str, Any]) -> None:
    used(schema)


@pytest.mark.parametrize("walked", [walk, lambda schema: facets(schema, schema), references_in])
def test_a_walk_of_a_schema_that_holds_itself_ends(walked: Callable[[Any], Any]) -> None:
    schema: dict[str, Any] = {"$ref": "#/allOf/0"}
    schema |= {"allOf": [schema, schema], "properties": {"a": schema}}
    assert sum(1 for _ in walked(schema)) <= MOST
