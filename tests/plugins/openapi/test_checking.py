"""Documents checked against their version: each mistake is told where it stands."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.learning.findings import DocumentReport
from domain.shared.json_pointers import join
from plugins.openapi.reader import ProcessReader
from plugins.openapi.reading import DocumentRefused, ReadingLimits, Reason
from plugins.openapi.validation.checking import MOST, check
from plugins.openapi.validation.checking_process import check_in_subprocess
from plugins.openapi.validation.positions import positions
from tests.plugins.openapi.test_outside import BASE, FILES, MAIN, reading
from tests.support.pages import ROOT
from tests.support.web_server import Reply, WebServer

OLD = """\
swagger: "2.0"
info: {title: Pets, version: "1"}
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters: [{name: id, in: path, required: true, type: string}]
      responses: {"200": {description: A pet, schema: {$ref: "#/definitions/Pet"}}}
definitions:
  Pet: {type: object, properties: {name: {type: string, default: Rex}}}
"""
NEW = """\
openapi: {version}
info: {{title: Pets, version: "1"}}
paths:
  /pets/{{id}}:
    get:
      operationId: getPet
      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}]
      responses:
        200:
          description: A pet
          content: {{application/json: {{schema: {{$ref: "#/components/schemas/Pet"}}}}}}
    put:
      operationId: putPet
      parameters: [{{$ref: "#/components/parameters/id"}}]
      requestBody:
        content:
          application/json: {{schema: {{type: object}}}}
      responses: {{"204": {{description: Done}}}}
components:
  parameters:
    id: {{name: id, in: path, required: true, schema: {{type: string}}}}
  schemas:
    Pet:
      type: object
      required: [name]
      properties: {{name: {{type: string, default: Rex}}}}
"""
VERSIONS = {
    "2.0": OLD,
    **{version: NEW.format(version=version) for version in ("3.0.4", "3.1.1", "3.2.0")},
}
V31 = VERSIONS["3.1.1"]
TREE = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}}


def found(text: str | bytes, **options: Any) -> list[tuple[int, int, str, str]]:
    data = text.encode() if isinstance(text, str) else text
    report = check(data, source="", **options)
    return [(each.line, each.column, each.pointer, each.rule) for each in report.findings]


def rules(tree: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(pointer, rule) for _, _, pointer, rule in found(json.dumps(tree))}


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_wrong_with_what_is_valid(version: str) -> None:
    assert found(VERSIONS[version]) == []


MISTAKES = [
    ('title: Pets, version: "1"', "title: Pets", 2, 1, "/info", "required"),
    ("title: Pets", "title: Pets, colour: red", 2, 21, "/info/colour", "unknown-key"),
    ("title: Pets", "title: [Pets]", 2, 8, "/info/title", "type"),
    ("/pets/{id}:", "pets/{id}:", 4, 3, "/paths/pets~1{id}", "unknown-key"),
    ("/pets/{id}:", "/pets/{ident}:", 5, 5, "/paths/~1pets~1{ident}/get", "path-parameter"),
    ("default: Rex", "default: 7", None, None, "/default", "type"),
    ("type: object, prop", "type: [object], prop", None, None, "/type", "type"),
    ("/Pet", "/Dog", None, None, "/$ref", "dangling-reference"),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("right", "wrong", "line", "column", "pointer", "rule"), MISTAKES)
def test_a_mistake_is_told_where_it_stands(
    version: str, right: str, wrong: str, line: int | None, column: int, pointer: str, rule: str
) -> None:
    text = VERSIONS[version].replace(right, wrong)
    if text == VERSIONS[version]:
        pytest.skip("This version's document has nothing of the kind.")
    if line is None:  # in that line, at the key that the pointer ends with
        at = text.splitlines()
        line = next(number for number, each in enumerate(at, 1) if wrong in each)
        key = pointer.removeprefix("/")
        column = at[line - 1].rindex(f"{key}:") + 1
        if key == "type" and not version.startswith("3.0"):
            pytest.skip("A list of types is fine here.")
    told = found(text)
    assert any(
        (each[0], each[1], each[3]) == (line, column, rule) and each[2].endswith(pointer)
        for each in told
    ), told


@pytest.mark.parametrize("version", ["3.0.4", "3.1.1", "3.2.0"])
def test_what_is_beside_the_paths_and_in_bodies_is_looked_at(version: str) -> None:
    text = VERSIONS[version]
    body = found(text.replace("{schema: {type: object}}", "{schema: {type: strng}}"))
    assert [each[0] for each in body] == [17]
    unused = "    Odd:\n      type: strng\n      minLength: -1\n"
    assert [each[0] for each in found(text + unused)] == [28, 29]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (V31.replace("putPet", "getPet"), (13, 7, "duplicate-operation-id")),
        (V31.replace('info: {title: Pets, version: "1"}', "info: 5"), (2, 1, "type")),
        (V31 + "    Pet: {}\n", (27, 5, "duplicate-key")),
        (V31.replace("in: path", "in: road", 1), (7, 31, "enum")),
        (V31.replace("3.1.1", "3.9.0"), (1, 1, "version")),
        (OLD.replace('"2.0"', "2.0"), (1, 1, "version")),
        (OLD.replace('"2.0"', '"two"'), (1, 1, "version")),
        (OLD.replace('swagger: "2.0"\n', ""), (1, 1, "version")),
        (V31.replace("      operationId: getPet", "\toperationId: getPet"), (6, 1, "syntax")),
        ('{"openapi": "3.1.0",\n "paths": {]}', (2, 12, "syntax")),
        ('{"openapi": "3.0.0",\n  "paths": {"/é": {}, "/a": {"ge\\u0074": 5}}}', (2, 30, "type")),
    ],
)
def test_more_mistakes(text: str, expected: tuple[int, int, str]) -> None:
    assert expected in {(line, column, rule) for line, column, _, rule in found(text)}


def test_each_finding_says_in_a_sentence_what_is_wrong() -> None:
    text = OLD.replace(", type: string}]", "}]").replace("title: Pets", "name: Pets")
    report = check(text.encode(), source="")
    assert [each.message for each in report.findings] == [
        "`title` is missing.",
        "`name` cannot stand here.",
        "`type` is missing.",
    ]


def test_what_only_looks_like_a_reference_is_none() -> None:
    schema = {
        "properties": {"$ref": {"type": "string"}, "default": {"type": "string"}},
        "examples": [{"$ref": "#/nowhere"}],
        "x-more": {"$ref": "#/nowhere"},
        "enum": [{"$ref": "#/nowhere"}],
    }
    named = {"properties": {"example": {"$ref": "#/nowhere"}}}
    tree = {**TREE, "components": {"schemas": {"A": schema, "B": named}}}
    place = "/components/schemas/B/properties/example/$ref"
    assert rules(tree) == {(place, "dangling-reference")}


def test_circles_of_schemas_are_fine_and_circles_of_references_are_not() -> None:
    here = "#/components/schemas/"
    schemas: dict[str, Any] = {
        "Tree": {"allOf": [{"type": "array", "items": {"$ref": f"{here}Tree"}}]},
        "Pair": {"allOf": [{"$ref": f"{here}Pair"}, {"$ref": f"{here}Pair"}]},
    }
    assert rules({**TREE, "components": {"schemas": schemas}}) == set()
    schemas = {"A": {"$ref": f"{here}B"}, "B": {"$ref": f"{here}A"}}
    assert rules({**TREE, "components": {"schemas": schemas}}) == {
        ("/components/schemas/A/$ref", "circular-reference"),
        ("/components/schemas/B/$ref", "circular-reference"),
    }


def test_names_of_schemas_are_found() -> None:
    schemas = {
        "A": {"$id": "https://ids.example/a", "$defs": {"b": {"$anchor": "b", "type": "strng"}}},
        "C": {"properties": {"b": {"$ref": "https://ids.example/a#b"}, "$id": {"type": "string"}}},
    }
    assert rules({**TREE, "components": {"schemas": schemas}}) == {
        ("/components/schemas/A/$defs/b/type", "enum")
    }


def test_findings_are_bounded() -> None:
    properties = {f"p{number}": {"type": "strng"} for number in range(MOST + 50)}
    schemas = {f"S{number}": {"properties": properties} for number in range(3)}
    tree = {**TREE, "components": {"schemas": schemas}}
    report = check(json.dumps(tree, indent=1).encode(), source="")
    lines = [each.line for each in report.findings]
    assert (len(lines), report.more) == (MOST, True)
    assert lines == sorted(lines)


# Positions


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


def places(value: Any, pointer: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield each place in a value: its pointer, its key if it has one, and itself."""
    entries: Any = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        entries = enumerate(value)
    for key, inner in entries:
        yield pointer + join(key), key, inner
        yield from places(inner, pointer + join(key))


@given(JSON, st.sampled_from([None, 1]))
def test_every_place_in_json_is_found(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    everywhere = {pointer: (key, inner) for pointer, key, inner in places(value)}
    told = positions(text.encode(), everywhere, is_json=True).of
    lines = text.split("\n")
    assert set(told) == {"", *everywhere}
    for pointer, (key, inner) in everywhere.items():
        line, column = told[pointer]
        rest = lines[line - 1][column - 1 :]
        begins = json.dumps(key) if isinstance(key, str) else json.dumps(inner)[:1]
        assert rest.startswith(begins)


@given(JSON)
def test_json_is_yaml_at_the_same_places(value: Any) -> None:
    data = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    everywhere = [pointer for pointer, _, _ in places(value)]
    if any(ord(sign) > 0x7E or ord(sign) < 0x20 for sign in data.decode()):
        return  # YAML 1.1 takes some of these for ends of lines
    told = positions(data, everywhere, is_json=True)
    assert positions(data, everywhere, is_json=False).of == told.of


def test_what_an_alias_repeats_stands_at_the_alias() -> None:
    told = positions(b"a: &x {b: 1}\nc: *x\n", ["/a/b", "/c/b"], is_json=False)
    assert told.nearest("/a/b") == (1, 8)
    assert told.nearest("/c/b") == (2, 1)


# In a process of its own


async def apart(text: str, **options: Any) -> DocumentReport:
    return await check_in_subprocess(text.encode(), source="", **options)


async def test_a_document_is_checked_in_another_process() -> None:
    text = V31.replace("Rex", "7")
    assert await apart(text) == check(text.encode(), source="")
    assert (await apart(V31)) == DocumentReport()


@pytest.mark.parametrize(
    ("text", "limits", "reason"),
    [
        ("a: 1", ReadingLimits(), Reason.NOT_OPENAPI),
        (V31, ReadingLimits(depth=5), Reason.TOO_DEEP),
        (V31.replace("3.1.1", "4.0.0"), ReadingLimits(), Reason.UNKNOWN_VERSION),
        (V31, ReadingLimits(size=50), Reason.TOO_LARGE),
        (V31, ReadingLimits(work=1), Reason.TOO_MUCH_WORK),
    ],
)
async def test_limits_hold(text: str, limits: ReadingLimits, reason: Reason) -> None:
    with pytest.raises(DocumentRefused) as refused:
        await apart(text, limits=limits)
    assert refused.value.reason is reason


async def test_time_ends() -> None:
    """A pattern that backtracks holds the backend; the process is ended."""
    schema = {"type": "string", "pattern": "^(a|a)*$", "default": "a" * 60 + "b"}
    tree = {**TREE, "openapi": "3.0.0", "paths": {}, "components": {"schemas": {"A": schema}}}
    with pytest.raises(DocumentRefused) as refused:
        await apart(json.dumps(tree), limits=ReadingLimits(seconds=0.5))
    assert refused.value.reason in (Reason.TOO_LONG, Reason.READER_FAILED)


async def test_schemas_may_be_as_deep_as_a_document() -> None:
    schema: dict[str, Any] = {"type": "strng"}
    for _ in range(190):
        schema = {"properties": {"a": schema}}
    for version in ("3.0.0", "3.1.0"):
        tree = {**TREE, "openapi": version, "paths": {}, "components": {"schemas": {"A": schema}}}
        (finding,) = (await apart(json.dumps(tree))).findings
        assert finding.pointer.endswith("/properties/a/type")


async def test_nothing_is_read_or_fetched_for_a_document(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("type: top-secret")
    async with WebServer(lambda _: Reply(body=b"type: top-secret")) as server:
        for target in (server.url + "/a.yaml", secret.as_uri(), str(secret), "python://prance/x"):
            for version in ("3.0.0", "3.1.0", "3.2.0"):
                tree = hostile(version, target)
                for document in (tree, {**tree, "$id": target, "$self": target}):
                    data = json.dumps(document).encode()
                    report = await asyncio.to_thread(check, data, source="")
                    assert "top-secret" not in str(report)
        assert server.seen == []


def hostile(version: str, target: str) -> dict[str, Any]:
    """Return a document that refers to a place in every way there is."""
    reference = {"$ref": target}
    return {
        "openapi": version,
        "info": {"title": "a", "version": "1", "x-more": reference},
        "jsonSchemaDialect": target,
        "externalDocs": {"url": target},
        "paths": {
            "/a": reference,
            "/b": {"get": {"parameters": [reference], "responses": {"200": reference}}},
        },
        "components": {
            "schemas": {
                "A": reference,
                "B": {"$id": target, "properties": {"a": {"$ref": "#/type"}}},
                "C": {"$schema": target, "id": target, "items": {"$ref": "#"}},
                "D": {"default": reference, "enum": [reference], "example": reference},
                "E": {"$dynamicRef": target, "allOf": [{"$recursiveRef": target}]},
                "F": {"$schema": "http://json-schema.org/draft-04/schema#", "id": target},
            }
        },
    }


# Several documents


async def test_documents_of_a_listed_host_are_looked_at() -> None:
    wrong = {
        "/v1/paths/pets.yaml": FILES["/v1/paths/pets.yaml"].replace("required: true", "wanted: 1"),
        "/v1/schemas/Pet.json": FILES["/v1/schemas/Pet.json"].replace('"object"', '"obj"'),
    }
    async with reading(FILES | wrong, "specs.example") as (server, reader):
        base = BASE.format(port=server.port)
        report = await reader.check(MAIN.encode(), base)
    told = {(each.file.partition("/v1/")[2], each.line, each.rule) for each in report.findings}
    assert ("paths/pets.yaml", 6, "unknown-key") in told
    assert ("schemas/Pet.json", 1, "enum") in told


async def test_files_beside_a_document_are_looked_at() -> None:
    files = {
        "api.yaml": V31.replace('"#/components/parameters/id"', "parts/id.yaml").encode(),
        "parts/id.yaml": b"name: id\nin: path\nschema: {type: string}\n",
    }
    reader = ProcessReader(1_000_000)
    report = await reader.check(files["api.yaml"], "file://documents/api.yaml", files)
    (finding,) = report.findings
    assert (finding.file, finding.rule, finding.pointer) == ("parts/id.yaml", "required", "")
    assert finding.message == "`required` is missing."


# Every document of a collection


SPECS = Path(__file__).parents[4] / "shared" / "specs"
KNOWN_VALID = ("OAI--", "twilio--", "stripe", "box--", "discord--", "mistralai--", "readmeio--")


def specs() -> list[Path]:
    return sorted(each for each in SPECS.glob("*.*") if each.suffix in (".json", ".yaml"))


@pytest.mark.long
@pytest.mark.parametrize("path", specs(), ids=lambda path: path.name)
async def test_every_document_is_checked_in_bounded_time(path: Path) -> None:
    data = await asyncio.to_thread(path.read_bytes)
    report = await check_in_subprocess(data, source="")
    assert "unchecked" not in {each.rule for each in report.findings}
    lines = data.count(b"\n") + 1
    assert all(1 <= each.line <= lines for each in report.findings)
    if path.name.startswith(KNOWN_VALID):
        assert report == DocumentReport()


@pytest.mark.long
@pytest.mark.parametrize("path", specs(), ids=lambda path: path.name)
async def test_a_broken_copy_is_told_the_right_line(path: Path) -> None:
    text = await asyncio.to_thread(path.read_text)
    lines = text.splitlines(keepends=True)
    sign = '"info":' if path.suffix == ".json" else "info:"
    signed = [n for n, line in enumerate(lines) if line.strip().startswith(sign)]
    if not signed:
        pytest.skip("It is written in one line.")
    number = min(signed, key=lambda n: len(lines[n]) - len(lines[n].lstrip()))
    lines[number] = lines[number].replace("info", "infos", 1)
    before = await check_in_subprocess(text.encode(), source="")
    report = await check_in_subprocess("".join(lines).encode(), source="")
    new = [each for each in report.findings if each not in before.findings]
    assert {(each.line, each.rule) for each in new} >= {(number + 1, "unknown-key")}
    assert {each.rule for each in new} == {"unknown-key", "required"}


def test_only_the_subprocess_imports_the_libraries_that_validate() -> None:
    libraries = "{'jsonschema', 'openapi_spec_validator', 'prance', 'requests'}"
    script = f"import sys, plugins.openapi.reader; print({libraries} & sys.modules.keys())"
    imported = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert imported.stdout == "set()\n"
