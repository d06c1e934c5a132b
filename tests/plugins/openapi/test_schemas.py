"""Schemas of bodies and parameters, as a model is shown them."""

from typing import Any

import jsonschema_rs
import pytest

from tests.plugins.openapi.usable import api, body_of, document, made, taking

UNKNOWN = {"description": "It is not described in the API's document."}
THING = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("raw", "lowered"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        (
            {"type": "string", "x-nullable": True, "enum": ["a"]},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        (
            {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
            {"type": "integer", "exclusiveMinimum": 1},
        ),
        (
            {"type": "integer", "maximum": 9, "exclusiveMaximum": False},
            {"type": "integer", "maximum": 9},
        ),
        ({"type": "number", "minimum": "0.5", "maximum": "no"}, {"type": "number", "minimum": 0.5}),
        (
            {"type": "file"},
            {
                "type": "string",
                "format": "binary",
                "description": "A file: its text, or bytes as data:image/png;base64,...",
            },
        ),
        ({"type": "long"}, {"type": "integer", "format": "int64"}),
        ({"type": ["integer", "null", "banana"]}, {"type": ["integer", "null"]}),
        ({"properties": {"a": True}}, {"type": "object", "properties": {"a": {}}}),
        ({"items": {"type": "string"}}, {"type": "array", "items": {"type": "string"}}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        (
            {"type": "string", "enum": ["LARGE"], "maxLength": 1, "pattern": "^x$"},
            {"type": "string", "enum": ["LARGE"]},
        ),
        (
            {"type": "string", "pattern": "^[\\x20-\\x7E]+$"},
            {"type": "string", "pattern": "^[\\x20-\\x7E]+$"},
        ),
        (
            {"type": "object", "properties": {"a": {}}, "required": ["a", "b"]},
            {"type": "object", "properties": {"a": {}, "b": UNKNOWN}, "required": ["a", "b"]},
        ),
        (
            {
                "type": "object",
                "properties": {"a": {}},
                "required": ["a", "b"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {"a": {}},
                "required": ["a"],
                "additionalProperties": False,
            },
        ),
        (
            {"type": "object", "not": {"required": ["a", "b"]}},
            {"type": "object", "not": {"required": ["a", "b"]}},
        ),
        (
            {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {
                "type": "object",
                "anyOf": [
                    {"required": ["a"], "not": {"required": ["b"]}},
                    {"required": ["b"], "not": {"required": ["a"]}},
                ],
            },
        ),
        (
            {"type": "object", "additionalProperties": False, "properties": {"a": {}}},
            {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
        ),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}},
            {"type": "object", "additionalProperties": {"type": "integer"}},
        ),
        (
            {
                "type": "object",
                "patternProperties": {"^x-": {"type": "string"}, "(?<n": {}},
                "additionalProperties": False,
            },
            {"type": "object", "patternProperties": {"^x-": {"type": "string"}}},
        ),
        (
            {"type": "string", "title": "T", "xml": {}, "x-y": 1, "externalDocs": {}},
            {"type": "string"},
        ),
        ({"type": "string", "example": "abc"}, {"type": "string", "description": 'Example: "abc"'}),
        ({"type": "string", "default": 5}, {"type": "string", "default": "5"}),
        ({"type": "integer", "default": "none"}, {"type": "integer"}),
        (
            {"type": "string", "enum": ["a", "b"], "default": "c"},
            {"type": "string", "enum": ["a", "b"]},
        ),
        (
            {"oneOf": [{"const": "a", "description": "first"}, {"const": "b"}]},
            {"description": "a: first", "enum": ["a", "b"]},
        ),
        (
            {"oneOf": [{"type": "integer"}, {"type": "number"}]},
            {"anyOf": [{"type": "integer"}, {"type": "number"}]},
        ),
        (
            {"anyOf": [{"type": "string"}], "nullable": True},
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
        ),
        ({"anyOf": [{"type": "string"}]}, {"type": "string"}),
        ({"anyOf": [{"type": "string"}, {}]}, {}),
        (
            {"allOf": [{"$ref": "#/components/schemas/Thing"}], "description": "x"},
            {**THING, "description": "x"},
        ),
        (
            {
                "allOf": [
                    {"$ref": "#/components/schemas/Thing"},
                    {"properties": {"b": {"type": "integer"}}, "required": ["b"]},
                ]
            },
            {
                "type": "object",
                "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
                "required": ["a", "b"],
            },
        ),
        (
            {
                "allOf": [
                    {"properties": {"a": {"type": "string"}}},
                    {"properties": {"a": {"maxLength": 3}}},
                ]
            },
            {"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}}},
        ),
        ({"not": {"type": "null"}, "if": {}, "then": {}, "unevaluatedProperties": False}, {}),
        (False, {"not": {}}),
        (
            {"$ref": "#/components/schemas/Thing", "nullable": True},
            {"anyOf": [{"$ref": "#/$defs/Thing"}, {"type": "null"}], "$defs": {"Thing": THING}},
        ),
    ],
)
def test_what_becomes_of_a_schema(raw: Any, lowered: Any) -> None:
    assert body_of(raw, version="3.0.0", Thing=THING) == lowered


def test_siblings_of_references_count_where_the_version_says_so() -> None:
    raw = {"$ref": "#/components/schemas/Thing", "description": "D", "minProperties": 1}
    assert body_of(raw, version="3.0.0", Thing=THING) == {**THING, "description": "D"}
    assert body_of(raw, version="3.1.0", Thing=THING) == {
        "$ref": "#/$defs/Thing",
        "description": "D",
        "minProperties": 1,
        "$defs": {"Thing": THING},
    }


def test_a_short_definition_stands_where_it_is_used_and_may_be_null() -> None:
    raw = {"$ref": "#/components/schemas/Code", "nullable": True, "description": "Which"}
    assert body_of(raw, version="3.0.0", Code={"type": "string", "maxLength": 2}) == {
        "anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}],
        "description": "Which",
    }


def test_what_is_read_only_is_not_sent() -> None:
    raw = {
        "type": "object",
        "required": ["id", "name", "at"],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "name": {"type": "string", "writeOnly": True},
            "at": {"$ref": "#/components/schemas/Time"},
        },
    }
    time = {"type": "string", "readOnly": True}
    assert body_of(raw, Time=time) == {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
    }


def test_recursion_stays_a_reference() -> None:
    tree = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Tree"}}}
    lowered = body_of({"$ref": "#/components/schemas/Tree"}, Tree=tree)
    assert lowered == {
        "$ref": "#/$defs/Tree",
        "$defs": {"Tree": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Tree"}}}},
    }
    own = {"allOf": [{"$ref": "#/components/schemas/Own"}, {"type": "object"}]}
    assert body_of({"$ref": "#/components/schemas/Own"}, Own=own) == {"type": "object"}


def test_parts_say_which_value_of_the_discriminator_is_theirs() -> None:
    tools, _ = made(document("things-3.0.yaml"))
    body = tools["POST /animals"].spec.parameters["properties"]["body"]
    cat, dog = body["anyOf"]
    assert cat["properties"] == {"kind": {"enum": ["cat", "kitten"]}}
    assert dog["properties"] == {"kind": {"const": "dog"}}
    base = {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "discriminator": {"propertyName": "kind", "mapping": {"a": "A", "b": "B"}},
    }
    assert body_of(base)["properties"] == {"kind": {"type": "string", "enum": ["a", "b"]}}


def test_a_part_that_says_its_value_needs_it() -> None:
    kinds: dict[str, Any] = {
        name: {"type": "object", "properties": {"kind": {"const": name}}, "required": needed}
        for name, needed in (("Cat", []), ("Dog", ["kind"]))
    }
    parts = [{"$ref": f"#/components/schemas/{name}"} for name in kinds]
    told = body_of({"oneOf": parts, "discriminator": {"propertyName": "kind"}}, **kinds)
    assert told["anyOf"] == [
        {"$ref": "#/$defs/Cat", "required": ["kind"]},
        {"$ref": "#/$defs/Dog"},
    ]


def test_words_of_json_schema_are_known() -> None:
    tools, _ = made(document("words-3.1.json"))
    tree = tools["POST /tree"].spec.parameters
    branches = tree["$defs"]["Tree"]["properties"]["branches"]
    assert branches == {"type": "array", "items": {"$ref": "#/$defs/Tree"}}
    pair = tools["PUT /any"].spec.parameters["properties"]["body"]["properties"]
    assert pair["$ref"] == {"type": "string", "description": "A property of this name"}
    assert pair["pair"]["prefixItems"] == [{"type": "string"}, {"type": "integer"}]
    check = jsonschema_rs.Draft202012Validator(dict(tools["PUT /any"].spec.parameters))
    assert check.is_valid(
        {"body": {"$ref": "x", "pair": ["a", 1], "maybe": "x", "point": {"x": 1}}}
    )
    assert not check.is_valid({"body": {"$ref": 1}})
    assert not check.is_valid({"body": {"never": 1}})


def test_definitions_of_one_name_are_kept_apart() -> None:
    nested = {"type": "object", "properties": {"deep": {"$ref": "#/components/schemas/A/x/A"}}}
    tree = taking(
        {
            "type": "object",
            "properties": {
                "a": {"$ref": "#/components/schemas/A"},
                "b": {"$ref": "#/components/schemas/io.x.A"},
            },
        },
        **{"A": {**nested, "x": {"A": THING}}, "io.x.A": THING},
    )
    tools, _ = made(tree)
    definitions = tools["POST /x"].spec.parameters["$defs"]
    assert len(definitions) == 3
    assert all(name == "A" or name.startswith("A_") for name in definitions)


@pytest.mark.parametrize(
    ("media_type", "schema", "lowered"),
    [
        ("text/csv", {"type": "object"}, {"type": "string", "description": "Sent as text/csv"}),
        (
            "application/xml",
            {"type": "object"},
            {"type": "string", "description": "Sent as application/xml"},
        ),
        (
            "image/png",
            {"type": "string", "format": "binary"},
            {
                "type": "string",
                "format": "binary",
                "description": "A file: its text, or bytes as data:image/png;base64,... "
                "Sent as image/png",
            },
        ),
        ("application/vnd.x", THING, THING),
        ("*/*", THING, THING),
        ("application/json; charset=utf-8", THING, THING),
    ],
)
def test_bodies_are_given_as_their_media_type_has_them(
    media_type: str, schema: Any, lowered: Any
) -> None:
    tools, _ = made(api({"requestBody": {"content": {media_type: {"schema": schema}}}}))
    assert tools["POST /x"].spec.parameters["properties"]["body"] == lowered


def test_the_operation_knows_what_writing_values_needs() -> None:
    file = {"type": "string", "format": "binary"}
    form = {
        "type": "object",
        "properties": {
            "files": {"type": "array", "items": {"$ref": "#/components/schemas/File"}},
            "meta": {"$ref": "#/components/schemas/Thing"},
        },
    }
    tree = api(
        {"requestBody": {"content": {"multipart/form-data": {"schema": form}}}},
        components={"schemas": {"File": file, "Thing": THING}},
    )
    tools, _ = made(tree)
    body = tools["POST /x"].operation.body
    assert body is not None
    assert body.contents[0].schema == {
        "type": "object",
        "properties": {
            "files": {"type": "array", "items": file},
            "meta": THING,
        },
    }


def test_definitions_made_of_each_other_end_somewhere() -> None:
    animal = {
        "type": "object",
        "properties": {
            "kind": {"type": "string"},
            "young": {"$ref": "#/components/schemas/Animal"},
        },
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Animal"}],
        "discriminator": {"propertyName": "kind"},
    }
    cat = {
        "allOf": [
            {"$ref": "#/components/schemas/Animal"},
            {"type": "object", "properties": {"lives": {"type": "integer"}}},
        ]
    }
    lowered = body_of({"$ref": "#/components/schemas/Animal"}, Animal=animal, Cat=cat)
    assert lowered["$defs"]["Cat"] == {
        "type": "object",
        "properties": {
            "kind": {"type": "string"},
            "young": {"$ref": "#/$defs/Animal"},
            "lives": {"type": "integer"},
        },
    }
    own = lowered["$defs"]["Animal"]
    assert [choice["$ref"] for choice in own["anyOf"]] == ["#/$defs/Cat"]
    assert jsonschema_rs.Draft202012Validator(lowered).is_valid(
        {"kind": "Cat", "young": {"kind": "Cat"}}
    )


CARTS = [{"$ref": f"#/components/schemas/{name}"} for name in ("HandCartBody", "MotorCartBody")]


def carts(**kind: Any) -> dict[str, Any]:
    properties = {"kind": {"$ref": "#/components/schemas/Kind"}}
    return {
        **{
            name: {"type": "object", "properties": properties, "required": ["kind"]}
            for name in ("HandCartBody", "MotorCartBody")
        },
        "Kind": {"type": "string", **kind},
    }


@pytest.mark.parametrize(
    ("values", "marked"),
    [
        (["hand", "motor"], [{"const": "hand"}, {"const": "motor"}]),
        (["hand", "cart"], [None, None]),  # one name holds both: nobody knows which is which
        (["one", "two"], [None, None]),
        (
            ["HandCartBody", "MotorCartBody"],
            [{"const": "HandCartBody"}, {"const": "MotorCartBody"}],
        ),
    ],
)
def test_no_constant_is_put_where_the_enumeration_forbids_it(
    values: list[str], marked: list[Any]
) -> None:
    choice = {"oneOf": CARTS, "discriminator": {"propertyName": "kind"}}
    told = body_of(choice, **carts(enum=values))
    assert [part.get("properties", {}).get("kind") for part in told["anyOf"]] == marked
    assert told["$defs"]["HandCartBody"]["properties"]["kind"]["enum"] == values


def test_what_is_mapped_counts_only_if_the_enumeration_has_it() -> None:
    mapping = {"hand": "HandCartBody", "other": "HandCartBody", "motor": "MotorCartBody"}
    choice = {"oneOf": CARTS, "discriminator": {"propertyName": "kind", "mapping": mapping}}
    told = body_of(choice, **carts(enum=["hand", "motor"]))
    assert [part["properties"]["kind"] for part in told["anyOf"]] == [
        {"const": "hand"},
        {"const": "motor"},
    ]


def test_a_discriminator_with_a_default_may_be_left_out() -> None:
    kind = {"type": "string", "const": "HandCartBody", "default": "HandCartBody"}
    hand = {"type": "object", "properties": {"kind": kind}}
    told = body_of(
        {"oneOf": CARTS, "discriminator": {"propertyName": "kind"}},
        **(carts() | {"HandCartBody": hand}),
    )
    assert told["anyOf"][0]["$ref"] == "#/$defs/HandCartBody"
    validator = jsonschema_rs.Draft202012Validator(told)
    assert validator.is_valid({"kind": "HandCartBody"})
    assert validator.is_valid({})  # it can be no other
    either = {"type": "object", "properties": {"kind": {**kind, "const": "MotorCartBody"}}}
    both: dict[str, Any] = {"HandCartBody": hand, "MotorCartBody": either}
    choice = {"oneOf": CARTS, "discriminator": {"propertyName": "kind"}}
    assert not jsonschema_rs.Draft202012Validator(body_of(choice, **both)).is_valid({})


READ_ONLY = {"type": "object", "properties": {"id": {"type": "string", "readOnly": True}}}


@pytest.mark.parametrize(
    "record",
    [
        {"allOf": [READ_ONLY, {"required": ["id", "name"]}]},
        {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["id", "name"]}]},
        {"allOf": [READ_ONLY, {"$ref": "#/components/schemas/Needs"}]},
        {"allOf": [{"$ref": "#/components/schemas/Base"}, {"$ref": "#/components/schemas/Needs"}]},
        {"required": ["id", "name"], "allOf": [{"$ref": "#/components/schemas/Base"}]},
        {"required": ["id", "name"], "oneOf": [{"$ref": "#/components/schemas/Base"}, READ_ONLY]},
        {"$ref": "#/components/schemas/Base", "required": ["id", "name"]},
        {"allOf": [{"$ref": "#/components/schemas/Deep"}, {"$ref": "#/components/schemas/Needs"}]},
    ],
)
def test_what_is_read_only_anywhere_is_required_nowhere(record: dict[str, Any]) -> None:
    schemas: dict[str, Any] = {
        "Base": READ_ONLY,
        "Needs": {"type": "object", "required": ["id", "name"]},
        "Deep": {"allOf": [{"$ref": "#/components/schemas/Base"}]},
    }
    told = body_of(record, **schemas)
    validator = jsonschema_rs.Draft202012Validator(told)
    assert validator.is_valid({"name": "a"})
    assert not validator.is_valid({})


def test_what_is_read_only_is_still_required_elsewhere() -> None:
    needs = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    told = body_of(
        {
            "type": "object",
            "properties": {
                "one": {"allOf": [READ_ONLY, {"$ref": "#/components/schemas/Needs"}]},
                "two": {"$ref": "#/components/schemas/Needs"},
            },
        },
        Needs=needs,
    )
    validator = jsonschema_rs.Draft202012Validator(told)
    assert validator.is_valid({"one": {}})
    assert not validator.is_valid({"two": {}})


def test_a_part_that_says_null_alone_is_meant_for_the_whole() -> None:
    told = body_of(
        {"allOf": [{"$ref": "#/components/schemas/Choice"}, {"nullable": True}]},
        Choice={"oneOf": [{"type": "string"}, {"type": "object", "properties": {"a": {}}}]},
    )
    assert jsonschema_rs.Draft202012Validator(told).is_valid(None)


def test_names_written_as_numbers_are_names() -> None:
    told = body_of({"type": "object", "required": [1, 2], "properties": {"1": {"type": "string"}}})
    assert told["required"] == ["1"]
