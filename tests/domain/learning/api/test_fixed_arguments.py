"""Arguments that an operator fixes, and effects by pattern: what they do to a tool."""

from dataclasses import replace
from typing import Any

import pytest

from domain.learning.api.fixed_arguments import (
    all_within,
    fixed_names,
    forms_of,
    names_of,
    path_in,
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
    shown: Any = without_arguments(SPEC, [("key",), ("body", "token")]).parameters
    assert list(shown["properties"]) == ["body", "a.b"]
    assert shown["required"] == ["body"]
    assert shown["properties"]["body"] == {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
    }
    assert SPEC.parameters["required"] == ["key", "body"]
    assert without_arguments(SPEC, [("other",), ("body", "other")]).parameters == PARAMETERS
    assert "required" not in without_arguments(SPEC, [("key",), ("body",)]).parameters
    assert list(without_arguments(SPEC, [("a.b",)]).parameters["properties"]) == ["key", "body"]


def test_only_what_an_operation_has_is_fixed() -> None:
    paths = [path_in(PARAMETERS, name) for name in ("key", "body.token", "a.b")]
    assert paths == [("key",), ("body", "token"), ("a.b",)]
    assert not any(path_in(PARAMETERS, name) for name in ("body.x", "x.token", "body.", "token"))
    names = names_of({"POST *": {"key": 1, "other": 2}, "GET *": {"body": 3}, "*": {"key": 4}})
    assert names["POST *"] == ("key", "other")
    assert fixed_names(names, "POST /pets", "addPet") == ["key", "other"]


def test_the_first_pattern_gives_the_value() -> None:
    values: dict[str, dict[str, Any]] = {"POST *": {"key": 1}, "*": {"key": 2, "unit": "m"}}
    assert values_for(values, "POST /pets", "") == {"key": 1, "unit": "m"}
    assert values_for(values, "GET /pets", "") == {"key": 2, "unit": "m"}


def test_fixed_values_join_those_of_the_model() -> None:
    fixed = {("key",): "k", ("body", "token"): "t"}
    assert with_fixed({"body": {"name": "Rex"}}, fixed) == {
        "key": "k",
        "body": {"name": "Rex", "token": "t"},
    }
    assert with_fixed({"body": {"token": "mine"}}, fixed)["body"] == {"token": "t"}
    assert with_fixed({}, {("body", "token"): "t"}) == {"body": {"token": "t"}}
    with pytest.raises(InvalidArguments, match="'body' must be an object"):
        with_fixed({"body": [1]}, fixed)


AUTH = {
    "type": "object",
    "properties": {"token": {"type": "string"}, "mode": {"type": "string"}},
    "required": ["token"],
}
PLAIN = {"type": "object", "properties": {"name": {}}, "required": ["name"]}
ORDER = {
    "type": "object",
    "properties": {
        "auth": {"$ref": "#/$defs/Auth"},
        "account": {"anyOf": [{"$ref": "#/$defs/Auth"}, PLAIN, {"type": "null"}]},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Auth"}},
        "next": {"$ref": "#/$defs/Order"},
        "x.y": {"properties": {"z": {}}},
        "other": {"$ref": "#/$defs/Auth"},
    },
    "required": ["auth", "account"],
}
NESTED = {
    "type": "object",
    "properties": {"body": {"$ref": "#/$defs/Order"}},
    "required": ["body"],
    "$defs": {"Order": ORDER, "Auth": AUTH},
}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("body.auth.token", ("body", "auth", "token")),
        ("body.account.token", ("body", "account", "token")),
        ("body.next.next.auth.token", ("body", "next", "next", "auth", "token")),
        ("body.x.y.z", ("body", "x.y", "z")),
        ("body.lines.token", None),
        ("body.auth.token.more", None),
        ("body" + ".next" * 50, None),
    ],
)
def test_a_name_leads_into_objects(name: str, path: tuple[str, ...] | None) -> None:
    assert path_in(NESTED, name) == path


def test_a_property_within_is_hidden_where_its_path_leads_and_nowhere_else() -> None:
    hidden: Any = without_arguments(replace(SPEC, parameters=NESTED), [("body", "auth", "token")])
    body = hidden.parameters["properties"]["body"]
    assert body["properties"]["auth"] == {
        "type": "object",
        "properties": {"mode": {"type": "string"}},
    }
    assert body["required"] == ["account"]  # nothing in auth has to be given any more
    assert body["properties"]["other"] == {"$ref": "#/$defs/Auth"}
    assert hidden.parameters["$defs"]["Auth"] == AUTH
    assert hidden.parameters["required"] == ["body"]


def test_a_property_within_is_hidden_in_each_alternative() -> None:
    hidden: Any = without_arguments(
        replace(SPEC, parameters=NESTED), [("body", "account", "token"), ("body", "auth")]
    )
    account = hidden.parameters["properties"]["body"]["properties"]["account"]
    first, *others = account["anyOf"]
    assert list(first["properties"]) == ["mode"]
    assert "required" not in first
    assert others == [PLAIN, {"type": "null"}]
    assert hidden.parameters["properties"]["body"]["required"] == ["account"]  # a name is needed


def test_what_one_part_describes_and_another_requires_is_hidden_in_both() -> None:
    parts = [{"properties": {"auth": AUTH}}, {"required": ["auth"]}]
    parameters = {"type": "object", "properties": {"body": {"allOf": parts}}, "required": ["body"]}
    spec = without_arguments(replace(SPEC, parameters=parameters), [("body", "auth", "token")])
    assert not any("required" in part for part in spec.parameters["properties"]["body"]["allOf"])
    assert "required" not in spec.parameters


def test_a_schema_that_contains_itself_as_an_alternative_ends() -> None:
    loop: dict[str, Any] = {"anyOf": [{"$ref": "#/$defs/A"}], "properties": {"token": {}}}
    parameters = {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": loop}}
    hidden = without_arguments(replace(SPEC, parameters=parameters), [("a", "token")]).parameters
    assert hidden["properties"]["a"]["properties"] == {}
    assert [name for name, _ in all_within(parameters, "a")] == ["a.token"]


def test_fixed_values_join_in_objects_of_the_model_or_in_new_ones() -> None:
    fixed: dict[tuple[str, ...], str] = {("body", "auth", "token"): "t"}
    assert with_fixed({"body": {"auth": {"mode": "m", "token": "x"}}}, fixed) == {
        "body": {"auth": {"mode": "m", "token": "t"}}
    }
    lacking: list[dict[str, Any]] = [{}, {"body": {}}, {"body": {"auth": None}}]
    for given in lacking:
        assert with_fixed(given, fixed) == {"body": {"auth": {"token": "t"}}}
    with pytest.raises(InvalidArguments, match=r"'body\.auth' must be an object"):
        with_fixed({"body": {"auth": "x"}}, fixed)
    both = {("body", "auth", "token"): "t", ("body", "auth"): {"mode": "m"}}
    assert with_fixed({}, both) == {"body": {"auth": {"mode": "m", "token": "t"}}}


def test_all_properties_within_are_found_down_to_a_depth_and_a_number() -> None:
    names = [name for name, _ in all_within(NESTED, "body")]
    assert names[:6] == [f"body.{name}" for name in ORDER["properties"]]
    assert {"body.auth.token", "body.account.token", "body.next.auth.token"} < {*names}
    assert "body.next.next.auth" in names
    assert "body.next.next.auth.token" not in names
    wide = {f"p{at}": {"$ref": "#/$defs/Order"} for at in range(900)}
    many = {**NESTED, "properties": {"body": {"properties": wide}}}
    assert len(list(all_within(many, "body"))) < 1_000


def test_values_are_hidden_in_the_forms_in_which_they_are_sent() -> None:
    forms = forms_of({("a",): "x y&z", ("b",): {"c": ["deep"]}, ("d",): 12345678})
    assert forms == ["x y&z", "x%20y%26z", "deep", "deep", "12345678", "12345678"]
