"""Bytes to trees: JSON and YAML as they are found, and no more of them than is allowed."""

import json
from typing import Any

import pytest

from plugins.openapi.reading import DocumentRefused, ReadingLimits, Reason, read_document
from plugins.openapi.reading.parsing import parse
from plugins.openapi.wire.servers import server_url
from tests.plugins.openapi.usable import made


def read(data: str | bytes, **limits: Any) -> dict[str, Any]:
    return parse(data.encode() if isinstance(data, str) else data, ReadingLimits(**limits))


@pytest.mark.parametrize(
    ("data", "tree"),
    [
        ('{"a": [1, 2.5, true, null, "x"]}', {"a": [1, 2.5, True, None, "x"]}),
        ('\ufeff{"a": "b"}', {"a": "b"}),
        ('{"a": "b"}'.encode("utf-16"), {"a": "b"}),
        (b'{"a": "caf\xe9"}', {"a": "café"}),
        ('{"a": NaN, "b": "x\ny"}', {"a": None, "b": "x\ny"}),
        (r'{"a": "\ud800"}', {"a": "?"}),
        ('{"a": [1, 2,], # more\n}', {"a": [1, 2]}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ("a: 1\na: 2", {"a": 2}),
        (
            "200: {x: 1}\n1.5: y\ntrue: z\nnull: n",
            {"200": {"x": 1}, "1.5": "y", "true": "z", "null": "n"},
        ),
        (
            "a: 2019-01-02\nb: 12:30:45\nc: yes\nd: off",
            {"a": "2019-01-02", "b": "12:30:45", "c": "yes", "d": "off"},
        ),
        (
            "a: 007\nb: 0x1F\nc: 0o17\nd: 1e3\ne: .5\nf: 1e999\ng: -0",
            {"a": "007", "b": 31, "c": 15, "d": 1000.0, "e": 0.5, "f": "1e999", "g": 0},
        ),
        ("a: !!python/object:os.system x\nb: !!str 1\nc: '2'", {"a": "x", "b": "1", "c": "2"}),
        (
            "a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\nf: {<<: [*x, {b: 3, g: 4}]}",
            {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}, "f": {"b": 1, "g": 4}},
        ),
        ("a:\n\tb: 1\n\tc: 2", {"a": {"b": 1, "c": 2}}),
        ("a: x\x07y", {"a": "x y"}),
        ("a: 18446744073709551615", {"a": 18446744073709551615.0}),
        ("{id}: 1", {"{id}": 1}),
        ("a: 1\n---\nb: 2", {"a": 1}),
    ],
)
def test_what_is_found_is_read(data: str | bytes, tree: dict[str, Any]) -> None:
    assert read(data) == tree


@pytest.mark.parametrize(
    ("data", "limits", "reason"),
    [
        ("[]", {}, Reason.NOT_OPENAPI),
        ("", {}, Reason.NOT_OPENAPI),
        ("<!DOCTYPE html><html><body>Not found</body></html>", {}, Reason.NOT_OPENAPI),
        ("a: b: c", {}, Reason.NOT_READABLE),
        ('{"a": ', {}, Reason.NOT_READABLE),
        ("a: *unknown", {}, Reason.NOT_READABLE),
        ("a: &x {b: *x}", {}, Reason.NOT_READABLE),
        ("a: 1", {"size": 3}, Reason.TOO_LARGE),
        ("a: [1, 2, 3]", {"nodes": 3}, Reason.TOO_LARGE),
        ('{"a": [1, 2, 3, 4]}', {"nodes": 3}, Reason.TOO_LARGE),
        ("a: {b: {c: {d: 1}}}", {"depth": 3}, Reason.TOO_DEEP),
        ('{"a": {"b": {"c": {"d": 1}}}}', {"depth": 3}, Reason.TOO_DEEP),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, {}, Reason.TOO_DEEP),
        ("[" * 100_000, {}, Reason.TOO_DEEP),
        ("a: " + "[" * 100_000, {}, Reason.TOO_DEEP),
        ("a: x\nb:\n  " + "[[" * 50_000, {}, Reason.TOO_DEEP),
        ("a: " + "{x: " * 100_000, {}, Reason.TOO_DEEP),
        ("- " * 100_000 + "x", {}, Reason.TOO_DEEP),
        ("a: x\x07\nb: " + "[" * 100_000, {}, Reason.TOO_DEEP),
        ("a: [[[]]]\nb: c: d", {"depth": 4}, Reason.NOT_READABLE),
    ],
)
def test_what_cannot_be_taken_is_refused(data: str, limits: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(DocumentRefused) as refused:
        read(data, **limits)
    assert refused.value.reason is reason
    assert refused.value.details["reason"] == reason
    assert refused.value.message.endswith(".")


def test_where_yaml_is_wrong_is_said() -> None:
    with pytest.raises(DocumentRefused, match="in line 2, column 5"):
        read("a: 1\nb: c: d\n")


def test_a_bomb_of_aliases_does_not_go_off() -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)]
    with pytest.raises(DocumentRefused) as refused:
        read("\n".join(["a0: &a0 [x, x]", *levels]))
    assert refused.value.reason is Reason.TOO_LARGE
    with pytest.raises(DocumentRefused):
        read(
            "\n".join(
                [
                    "m0: &m0 {k: v}",
                    *(
                        f"m{n}: &m{n} {{<<: *m{n - 1}, k{n}: [*m{n - 1}, *m{n - 1}]}}"
                        for n in range(1, 40)
                    ),
                ]
            )
        )


def test_yaml_and_json_of_one_document_are_the_same() -> None:
    tree = {"a": {"200": [1, -2, 3.5, "x: y", "", None, True]}, "b": "ä\n☃"}
    assert read(json.dumps(tree)) == read(json.dumps(tree).replace("{", "{ ", 1) + "\n...") == tree


SPELT = """
openapi: 3.0.3
info: {title: Versions, version: 1.10}
servers: [{url: "https://a.example/v{v}", variables: {v: {default: 1.10}}}]
paths:
  /x:
    get:
      operationId: 1e3
      tags: [2.0]
      parameters:
        - {name: release, in: query, schema: {type: string, default: 1.10,
           enum: [1.9, 1.10, 2.0, 1e3, 0x1F, +1, 12345678901234567890]}}
        - {name: size, in: query, schema: {type: number, enum: [1.10, 2.50], default: 2.50}}
        - {name: step, in: query, schema: {type: integer, const: 0x10, minimum: 0x0F}}
        - {name: like, in: query, schema: {type: string, example: 1.10}}
        - {name: any, in: query, schema: {enum: [1.10, 0x1F, a]}}
"""


def test_numbers_that_are_meant_as_texts_keep_their_spelling() -> None:
    tools, _ = made(read_document(SPELT.encode(), source=""))
    (tool,) = tools.values()
    assert tool.spec.name == "get_1e3"
    assert tool.operation.tags == ["2.0"]
    assert server_url(tool.operation) == "https://a.example/v1.10"
    shown: Any = tool.spec.parameters["properties"]
    versions = ["1.9", "1.10", "2.0", "1e3", "0x1F", "+1", "12345678901234567890"]
    assert shown["release"] == {"type": "string", "enum": versions, "default": "1.10"}
    assert shown["size"] == {"type": "number", "enum": [1.1, 2.5], "default": 2.5}
    assert shown["step"] == {"type": "integer", "minimum": 15, "const": 16}
    assert shown["like"]["description"] == 'Example: "1.10"'
    assert shown["any"]["enum"] == [1.1, 31, "a"]
    assert all(type(each) in (float, int, str) for each in shown["any"]["enum"])


TWICE = """
openapi: 3.0.3
paths:
  /x:
    parameters: [{name: a, in: query, schema: {type: string}}]
    get: {operationId: first, responses: {}}
    put: {operationId: put, responses: {}}
  /x:
    get: {operationId: second, responses: {}}
    post: {operationId: post, responses: {}}
    post: {operationId: again, responses: {}}
  /x:
"""


TWICE_IN_JSON = """
{"openapi" : "3.0.3", "info": {"title": ": \\"odd\\": \\\\", "version": "1"}, "paths": {
  "/x": {"parameters": [{"name": "a", "in": "query", "schema": {"type": "string"}}],
    "get": {"operationId": "first", "responses": {}},
    "put": {"operationId": "put", "responses": {}}},
  "/x" : {"get": {"operationId": "second", "responses": {}},
    "post": {"operationId": "post", "responses": {}},
    "post": {"operationId": "again", "responses": {}}},
  "/x": null}}
"""


@pytest.mark.parametrize("text", [TWICE, TWICE_IN_JSON], ids=["yaml", "json"])
def test_a_path_that_is_given_twice_loses_nothing_silently(text: str) -> None:
    tools, skipped = made(read_document(text.encode(), source=""))
    names = {name: tool.spec.name for name, tool in tools.items()}
    assert names == {"GET /x": "second", "POST /x": "again", "PUT /x": "put_x"}
    assert list(tools["PUT /x"].spec.parameters["properties"]) == ["a"]
    assert list(tools["GET /x"].spec.parameters["properties"]) == []
    assert sorted(each.operation for each in skipped) == ["GET /x", "POST /x"]
    assert {each.message for each in skipped} == {"The path has this method twice."}
