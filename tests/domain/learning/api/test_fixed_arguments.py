"""Arguments that an operator fixes, and effects by pattern: what they do to a tool."""

from typing import Any

import pytest

from domain.learning.api.fixed_arguments import (
    fixed_names,
    forms_of,
    has_argument,
    names_of,
    values_for,
    with_fixed,
    without_arguments,
)
from domain.learning.api.patterns import EffectRule, effect_by, fits
from domain.shared.errors import InvalidArguments
from domain.tools.tool import Effect, ToolSpec

BODY = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "token": {"type": "string"}},
    "required": ["name", "token"],
}
PARAMETERS = {
    "type": "object",
    "properties": {"key": {"type": "string"}, "body": {"$ref": "#/$defs/Pet"}, "a.b": {}},
    "required": ["key", "body"],
    "$defs": {"Pet": BODY},
}
SPEC = ToolSpec("addPet", "Adds.", PARAMETERS, Effect.WRITE)


@pytest.mark.parametrize(
    ("pattern", "is_fitting"),
    [
        ("*", True),
        ("POST /pets/find", True),
        ("POST /pets*", True),
        ("/pets/*", True),
        ("find*", True),
        ("GET *", False),
        ("/pets", False),
        ("pets*", False),
    ],
)
def test_a_pattern_names_an_operation_its_path_or_its_id(pattern: str, is_fitting: bool) -> None:
    assert fits(pattern, "POST /pets/find", "findPets") is is_fitting


def test_the_first_rule_that_fits_counts() -> None:
    rules = [EffectRule("/pets/find", Effect.READ), EffectRule("*", Effect.DESTRUCTIVE)]
    assert effect_by(rules, "POST /pets/find", "") is Effect.READ
    assert effect_by(rules, "GET /pets", "") is Effect.DESTRUCTIVE
    assert effect_by(rules[:1], "GET /pets", "") is None


def test_fixed_arguments_are_not_shown() -> None:
    shown: Any = without_arguments(SPEC, ["key", "body.token"]).parameters
    assert list(shown["properties"]) == ["body", "a.b"]
    assert shown["required"] == ["body"]
    assert shown["properties"]["body"] == {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
    }
    assert SPEC.parameters["required"] == ["key", "body"]
    assert without_arguments(SPEC, ["other", "body.other"]).parameters == PARAMETERS
    assert "required" not in without_arguments(SPEC, ["key", "body"]).parameters
    assert list(without_arguments(SPEC, ["a.b"]).parameters["properties"]) == ["key", "body"]


def test_only_what_an_operation_has_is_fixed() -> None:
    assert [has_argument(SPEC, name) for name in ("key", "body.token", "a.b")] == [True] * 3
    assert not any(has_argument(SPEC, name) for name in ("body.x", "x.token", "body.", "token"))
    names = names_of({"POST *": {"key": 1, "other": 2}, "GET *": {"body": 3}, "*": {"key": 4}})
    assert names["POST *"] == ("key", "other")
    assert fixed_names(names, "POST /pets", "addPet") == ["key", "other"]


def test_the_first_pattern_gives_the_value() -> None:
    values: dict[str, dict[str, Any]] = {"POST *": {"key": 1}, "*": {"key": 2, "unit": "m"}}
    assert values_for(values, "POST /pets", "") == {"key": 1, "unit": "m"}
    assert values_for(values, "GET /pets", "") == {"key": 2, "unit": "m"}


def test_fixed_values_join_those_of_the_model() -> None:
    fixed = {"key": "k", "body.token": "t"}
    assert with_fixed({"body": {"name": "Rex"}}, fixed) == {
        "key": "k",
        "body": {"name": "Rex", "token": "t"},
    }
    assert with_fixed({"body": {"token": "mine"}}, fixed)["body"] == {"token": "t"}
    assert with_fixed({}, {"body.token": "t"}) == {"body": {"token": "t"}}
    with pytest.raises(InvalidArguments, match="'body' must be an object"):
        with_fixed({"body": [1]}, fixed)


def test_values_are_hidden_in_the_forms_in_which_they_are_sent() -> None:
    forms = forms_of({"a": "x y&z", "b": {"c": ["deep"]}, "d": 12345678})
    assert forms == ["x y&z", "x%20y%26z", "deep", "deep", "12345678", "12345678"]
