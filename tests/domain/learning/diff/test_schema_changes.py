"""What of an old schema a new one takes no more."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.learning.diff.schema_changes import narrowings


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
TREE = {"type": "object", "properties": {"in": {"$ref": "#/$defs/Tree"}, "n": WHOLE}}
NARROWER = [
    (of(a=TEXT), of(), "a is gone"),
    (of(a=TEXT), of(a=TEXT) | {"required": ["a"]}, "a is required now"),
    (of(), of(b=TEXT) | {"required": ["b"]}, "b is required now"),
    (of(a=TEXT), of(a=WHOLE), "a: takes integer, not string"),
    (of(a=NUMBER), of(a=WHOLE), "a: takes integer, not number"),
    (of(a={}), of(a=TEXT), "a: takes string, not anything"),
    (of(a={"type": ["string", "null"]}), of(a=TEXT), "a: takes string, not null or string"),
    (of(a=TEXT), of(a=TEXT | {"enum": ["x"]}), "a: takes only certain values"),
    (of(a={"enum": ["x", "y"]}), of(a={"enum": ["x"]}), "a: takes no 'y' any more"),
    (of(a=WHOLE), of(a=WHOLE | {"maximum": 5}), "a: maximum is 5 now"),
    (of(a=TEXT | {"minLength": 1}), of(a=TEXT | {"minLength": 2}), "a: minLength is 2 now"),
    (of(a=TEXT), of(a=TEXT | {"pattern": "x"}), "a: pattern is another"),
    (of(a=of(b=TEXT)), of(a=of()), "a.b is gone"),
    (of(a={"items": of(b=TEXT)}), of(a={"items": of(b=WHOLE)}), "a[].b: takes integer, not string"),
    (of(a={"anyOf": [TEXT, WHOLE]}), of(a={"anyOf": [TEXT]}), "a: takes not all that it took"),
    (of(a=TEXT), of(a={"anyOf": [WHOLE]}), "a: takes not all that it took"),
    ({"type": "object"}, of(), "The arguments: takes no other properties any more"),
    (
        of(a={"$ref": "#/$defs/Tree"}) | {"$defs": {"Tree": TREE}},
        of(a={"$ref": "#/$defs/T"})
        | {"$defs": {"T": of(**{"in": {"$ref": "#/$defs/T"}, "n": TEXT})}},
        "a.n: takes string, not integer",
    ),
]
AS_WIDE = [
    (of(a=TEXT), of(a=TEXT, b=TEXT)),
    ({"type": "object"}, {"type": "object", "properties": {"a": TEXT}}),
    (of(a=TEXT) | {"required": ["a"]}, of(a=TEXT)),
    (of(a=WHOLE), of(a=NUMBER)),
    (of(a=TEXT), of(a={"type": ["string", "null"]})),
    (of(a={"enum": ["x"]}), of(a={"enum": ["x", "y"]})),
    (of(a={"enum": ["x"]}), of(a=TEXT)),
    (of(a={"const": "x"}), of(a={"enum": ["x"]})),
    (of(a=WHOLE | {"minimum": 2}), of(a=WHOLE | {"minimum": 1})),
    (of(a=TEXT), of(a={"anyOf": [WHOLE, TEXT]})),
    (of(a={"anyOf": [TEXT, WHOLE]}), of(a={"anyOf": [WHOLE, TEXT, {"type": "null"}]})),
    (of(a=TEXT | {"description": "A."}), of(a=TEXT | {"description": "B.", "examples": ["x"]})),
    (of(a=TEXT), of(a={})),
    (
        of(a={"$ref": "#/$defs/Tree"}) | {"$defs": {"Tree": TREE}},
        of(a={"$ref": "#/$defs/Wood"})
        | {"$defs": {"Wood": {"properties": {"in": {"$ref": "#/$defs/Wood"}, "n": {}}}}},
    ),
]


@pytest.mark.parametrize(("old", "new", "told"), NARROWER)
def test_what_is_taken_no_more_is_told(old: Any, new: Any, told: str) -> None:
    assert told in narrowings(old, new)


@pytest.mark.parametrize(("old", "new"), AS_WIDE)
def test_what_takes_as_much_is_no_narrower(old: Any, new: Any) -> None:
    assert narrowings(old, new) == []


def test_what_is_too_large_counts_as_narrower() -> None:
    def tower(leaf: Any) -> Any:
        schema = of(a={"$ref": "#/$defs/D0"})
        names = [f"p{number}" for number in range(40)]
        defs = {
            f"D{n}": of(**{name: {"anyOf": [{"$ref": f"#/$defs/D{n + 1}"}]} for name in names})
            for n in range(8)
        }
        return schema | {"$defs": defs | {"D8": leaf}}

    assert narrowings(tower(TEXT), tower(WHOLE))


leaves = st.sampled_from(
    [
        *(TEXT, WHOLE, NUMBER, {"type": "null"}, {"enum": ["x", 1]}, {"const": "x"}, {}),
        *({"type": ["string", "null"]}, WHOLE | {"minimum": 1}, {"type": "boolean"}),
    ]
)
schemas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(
            lambda properties, required: {
                "type": "object",
                "properties": properties,
                "required": [name for name in required if name in properties],
                "additionalProperties": False,
            },
            st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            st.lists(st.sampled_from("ab"), unique=True),
        ),
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=2)),
    ),
    max_leaves=4,
)
scalars: Any = st.sampled_from(["x", "y", 0, 1, 1.5, None, True])
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(schemas, schemas, st.lists(values, max_size=8))
def test_what_fits_the_old_one_fits_one_that_is_not_narrower(
    old: Any, new: Any, tried: list[Any]
) -> None:
    if narrowings(old, new) == []:
        before = jsonschema_rs.Draft202012Validator(old)
        after = jsonschema_rs.Draft202012Validator(new)
        for value in tried:
            assert after.is_valid(value) or not before.is_valid(value), (old, new, value)
