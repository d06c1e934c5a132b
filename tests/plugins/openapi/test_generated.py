"""Whatever a document says, each operation becomes a usable tool, or is skipped with a reason."""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
from hypothesis import given
from hypothesis import strategies as st

from plugins.openapi.lowering import lower
from plugins.openapi.lowering.names import tool_names
from plugins.openapi.operation import Operation
from plugins.openapi.reading import DocumentRefused, Skipped, read_document
from tests.plugins.openapi.usable import made, require_usable

NAMES = st.sampled_from(
    ["a", "id", "$top", "ids[]", "X-Trace", "名前", "größe", "a b", "body", "$ref"]
)
SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | NAMES
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
REFERENCES = st.sampled_from(
    [
        *("#/components/schemas/A", "#/components/schemas/B", "#/components/schemas/a~1b"),
        *("#", "#/nowhere", "http://x.example/y", "A", "#/components/schemas/A/properties/id"),
    ]
).map(lambda reference: {"$ref": reference})
TYPES = st.sampled_from(
    ["string", "integer", "number", "boolean", "object", "array", "null", "file"]
)


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Schemas of mostly sound keywords, their values now and then junk."""
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, max_size=2) | JUNK,
            "properties": st.dictionaries(NAMES, inner, max_size=3) | JUNK,
            "required": st.lists(NAMES, max_size=2) | JUNK,
            "items": inner | JUNK,
            "allOf": st.lists(inner, max_size=2) | JUNK,
            "oneOf": st.lists(inner, max_size=2) | JUNK,
            "additionalProperties": inner | st.booleans() | JUNK,
            "enum": st.lists(JUNK, max_size=3) | JUNK,
            "default": JUNK,
            "minimum": JUNK,
            "maxLength": JUNK,
            "exclusiveMinimum": JUNK,
            "pattern": st.text(max_size=8) | JUNK,
            "nullable": st.booleans(),
            "readOnly": st.booleans(),
            "format": NAMES,
            "discriminator": JUNK
            | st.just({"propertyName": "id", "mapping": {"x": "A", "y": "B"}}),
            "description": st.text(max_size=20) | JUNK,
        },
    )


SCHEMAS = st.recursive(REFERENCES | st.booleans() | schemas(JUNK), schemas, max_leaves=6)
PLACES = st.sampled_from(["path", "query", "header", "cookie", "body", "formData"]) | JUNK
PARAMETERS = REFERENCES | st.fixed_dictionaries(
    {"name": NAMES | JUNK, "in": PLACES},
    optional={"schema": SCHEMAS, "type": TYPES, "required": JUNK},
)
OPERATIONS = st.fixed_dictionaries(
    {},
    optional={
        "operationId": NAMES | JUNK,
        "parameters": st.lists(PARAMETERS | JUNK, max_size=4) | JUNK,
        "requestBody": REFERENCES
        | JUNK
        | SCHEMAS.map(lambda schema: {"content": {"application/json": {"schema": schema}}}),
        "security": JUNK,
        "tags": JUNK,
        "servers": JUNK,
    },
)
PATHS = st.sampled_from(["/x", "/x/{id}", "/{a}/{b.c}", "no-slash", "/{id", "/x?y={id}"])
READ = {"get", "post", "put", "delete", "query"}
METHODS = st.sampled_from(["get", "post", "put", "delete", "GET", "query", "parameters", "$ref"])
DOCUMENTS = st.fixed_dictionaries(
    {
        "openapi": st.sampled_from(["3.0.0", "3.1.0", "2.0"]),
        "paths": st.dictionaries(
            PATHS, JUNK | st.dictionaries(METHODS, OPERATIONS | JUNK, max_size=3), max_size=3
        ),
        "components": st.fixed_dictionaries(
            {"schemas": st.fixed_dictionaries({"A": SCHEMAS, "B": SCHEMAS, "a/b": SCHEMAS})}
        ),
    },
    optional={"servers": JUNK, "security": JUNK, "definitions": JUNK, "host": JUNK},
)


@given(DOCUMENTS)
def test_any_document_gives_usable_tools(tree: Mapping[str, Any]) -> None:
    tools, skipped = made(tree)
    assert all(each.reason and each.message and each.operation for each in skipped)
    methods = [
        (path, method)
        for path, item in tree["paths"].items()
        if isinstance(item, dict) and "$ref" not in item
        for method, operation in item.items()
        if method.lower() in READ and isinstance(operation, dict)
    ]
    assert {f"{method.upper()} {path}" for path, method in methods} <= {
        *tools,
        *(each.operation for each in skipped),
    }


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = list(lower(read_document(data, source="")))
    except DocumentRefused as refused:
        assert refused.message
    else:
        require_usable([each for each in found if not isinstance(each, Skipped)])


PLAIN = st.recursive(
    st.sampled_from(
        [
            *({"type": "string"}, {"type": "integer", "nullable": True}, {"type": "boolean"}),
            *(
                {"enum": ["a", 1]},
                {"$ref": "#/components/schemas/B", "nullable": True},
                {"type": "string", "pattern": "^a"},
                {"$ref": "#/components/schemas/A"},
            ),
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        ]
    ),
    lambda inner: (
        st.builds(lambda schema: {"type": "array", "items": schema}, inner)
        | st.builds(lambda one, other: {"oneOf": [one, other]}, inner, inner)
        | st.builds(
            lambda one, other: {
                "allOf": [
                    {"type": "object", "properties": {"a": one}},
                    {"type": "object", "properties": {"b": other}},
                ]
            },
            inner,
            inner,
        )
        | st.builds(
            lambda one, other: {
                "type": "object",
                "properties": {"a": one, "b": other},
                "required": ["a"],
            },
            inner,
            inner,
        )
    ),
    max_leaves=5,
)
VALUES = st.recursive(
    st.sampled_from(["a", "x", 1, 0, 2.5, True, None]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=5,
)


@given(PLAIN, PLAIN, VALUES)
def test_what_the_document_takes_the_tool_takes(schema: Any, other: Any, value: Any) -> None:
    body = {"content": {"application/json": {"schema": schema}}}
    tree = {
        "openapi": "3.0.0",
        "paths": {"/x": {"post": {"requestBody": body}}},
        "components": {
            "schemas": {
                "A": {"type": "object", "properties": {"a": other}},
                "B": {"type": "string"},
            }
        },
    }
    tools, _ = made(tree)
    original = jsonschema_rs.Draft4Validator({**in_draft_4(schema), **in_draft_4(tree)})
    if original.is_valid(value):
        jsonschema_rs.validate(dict(tools["POST /x"].spec.parameters), {"body": value})


def in_draft_4(schema: Any) -> Any:
    """Return a schema in the words of the draft that OpenAPI 3.0 builds on, which has no null."""
    match schema:
        case {"nullable": True, **rest}:
            return {"anyOf": [in_draft_4(rest), {"type": "null"}]}
        case dict():
            return {key: in_draft_4(value) for key, value in schema.items()}
        case list():
            return [in_draft_4(value) for value in schema]
        case _:
            return schema


@given(
    st.lists(
        st.tuples(st.sampled_from(["GET", "PUT"]), PATHS, NAMES | st.just("")),
        unique_by=lambda one: one[:2],
    )
)
def test_names_do_not_depend_on_the_order(operations: list[tuple[str, str, str]]) -> None:
    made_of = [Operation(method, path, (), operation_id=name) for method, path, name in operations]
    assert tool_names(made_of) == tool_names(made_of[::-1])
