"""``puerto learn``: what a document would give, for people and for programs."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.entrypoints.cli.conftest import Command
from tests.entrypoints.cli.processes import Installation

DOCUMENT = """
openapi: 3.0.0
info: {title: Pets, version: "1"}
paths:
  /pets/{id}:
    get: {operationId: getPet, summary: Shows a pet}
  /far:
    get: {requestBody: {$ref: 'http://x.example/p'}}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "pets.yaml"
    path.write_text(DOCUMENT)
    return path


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_a_line_of_json_for_every_operation(puerto: Command, spec: Path) -> None:
    result = puerto("learn", "--dry-run", "--json", str(spec))
    tool, skipped = lines(result.stdout)
    assert result.exit_code == 0
    assert tool.pop("tokens") > 0
    assert tool == {
        "name": "getPet",
        "description": "Shows a pet. GET /pets/{id}",
        "parameters": {
            "type": "object",
            "properties": {"id": {"type": "string"}},
            "required": ["id"],
            "additionalProperties": False,
        },
        "operation": "GET /pets/{id}",
        "effect": "read",
        "notes": ["The path's 'id' is not described; it is taken for a string."],
    }
    assert skipped == {
        "skipped": "GET /far",
        "reason": "outside_reference",
        "pointer": "/paths/~1far/get",
        "message": "The reference 'http://x.example/p' leads outside of the document.",
    }


def test_a_line_of_words_for_every_operation(puerto: Command, spec: Path) -> None:
    first, second, last = puerto("learn", "--dry-run", str(spec)).stdout.splitlines()
    assert first.startswith("GET /pets/{id}  getPet  (read, about ")
    assert second.startswith("skipped: GET /far  The reference")
    assert last == "1 tools, 1 operations skipped"


@pytest.mark.usefixtures("nothing_yet")
def test_standard_input_is_read_and_no_database_touched(installation: Installation) -> None:
    result = installation.run("learn", "--dry-run", "--json", "-", given=DOCUMENT)
    assert result.returncode == 0
    assert lines(result.stdout)[0]["name"] == "getPet"
    assert not installation.data.exists()


@pytest.mark.parametrize(
    ("document", "reason"),
    [("a: b: c", "not_readable"), ("{}", "not_openapi"), ("openapi: 9.0", "unknown_version")],
)
def test_what_cannot_be_read_is_told_twice(
    puerto: Command, spec: Path, document: str, reason: str
) -> None:
    spec.write_text(document)
    result = puerto("learn", "--dry-run", "--json", str(spec))
    (line,) = lines(result.stdout)
    assert result.exit_code == 1
    assert (line["refused"], line["reason"]) == (str(spec), reason)
    assert result.stderr == f"puerto: {line['message']}\n"


def test_the_exit_status_tells_whether_there_is_something(puerto: Command, spec: Path) -> None:
    spec.write_text("openapi: 3.1.0\nwebhooks: {}")
    empty = puerto("learn", "--dry-run", "--json", str(spec))
    assert (empty.exit_code, empty.stdout) == (1, "")
    assert empty.stderr == "puerto: it has no operations\n"
    spec.write_text("openapi: 3.1.0\npaths: {/x: {get: 5}}")
    useless = puerto("learn", "--dry-run", "--json", str(spec))
    assert useless.exit_code == 1
    assert useless.stderr == "puerto: none of the operations can be learned\n"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("/no/such/file",), 1, "No such file"),
        (("--auth", "/no/such/file", "-"), 2, "--auth"),
        (("--fixed", "/no/such/file", "-"), 2, "--fixed"),
        (("--effect", "POST /find", "-"), 2, "--effect"),
        (("--effect", "=read", "-"), 2, "--effect"),
        (("--base-url", "pets", __file__), 1, "base_url"),
        ((__file__,), 1, "document"),
        (("http://10.1.2.3/openapi.json",), 1, "PUERTO_OPEN_HOSTS"),
        (("--dry-run", "https://x.example/openapi.json"), 2, "download it first"),
        (("--dry-run", "/no/such/file"), 1, "No such file"),
    ],
)
def test_wrong_use_is_told(
    puerto: Command, arguments: tuple[str, ...], status: int, words: str
) -> None:
    result = puerto("learn", *arguments)
    assert result.exit_code == status
    assert words in result.stderr


def test_what_is_learned_is_there(puerto: Command, spec: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text("{}")
    spec.write_text("{openapi: 3.0.0, paths: {/a: {get: {operationId: getPet}, put: no}}}")
    address, chosen = ("--base-url", "https://pets.example"), ("--exclude", "path:/cats*")
    options = (*address, *chosen, "--auth", str(keys))
    result = puerto("learn", str(spec), "--name", "My pets", *options)
    assert result.exit_code == 0
    first, warning, last = result.stdout.splitlines()
    assert first.startswith("learned My pets: tools: 1, operations: 2, id: ")
    assert warning.startswith("! 1 of 2 operations cannot be learned.")
    assert last == "Running services follow within 2 seconds."

    listed = json.loads(puerto("plugin", "list", "--json").stdout)
    assert [plugin["tools"] for plugin in listed if plugin["name"] == "learned"] == [["getPet"]]
    again = puerto("learn", str(spec), "--name", "My pets")
    assert (again.exit_code, again.stderr) == (1, "puerto: There is a learned API of this name.\n")


def test_effects_and_fixed_arguments_are_given_by_pattern(puerto: Command, spec: Path) -> None:
    fixed = spec.with_name("fixed.json")
    fixed.write_text('{"getPet": {"id": "7"}}')
    rule = ("--effect", "GET *=write")
    result = puerto("learn", str(spec), *rule, "--fixed", str(fixed))
    assert result.exit_code == 0, result.stderr
    wrong = puerto("learn", str(spec), *rule, "--name", "B", "--fixed", str(spec))
    assert "--fixed" in wrong.stderr
    fixed.write_text('{"getPet": {"no": "7"}}')
    unknown = puerto("learn", str(spec), "--name", "B", "--fixed", str(fixed))
    assert (unknown.exit_code, "argument 'no'" in unknown.stderr) == (1, True)


def test_a_key_among_the_parameters_is_told_of(puerto: Command, spec: Path) -> None:
    key = "{name: api_key, in: query, required: true, schema: {type: string}}"
    spec.write_text(f"openapi: 3.0.0\npaths: {{/x: {{get: {{parameters: [{key}]}}}}}}")
    told = puerto("learn", "--dry-run", str(spec)).stdout
    assert "! 'api_key' is a credential: no model is asked for it" in told


VALID = """\
openapi: 3.0.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      operationId: listPets
      responses: {"200": {description: The pets}}
"""
WRONG = VALID.replace("operationId", "operationID").replace("title", "name")


def test_what_breaks_a_rule_is_told_line_by_line(puerto: Command, spec: Path) -> None:
    spec.write_text(WRONG)
    place = "/paths/~1pets/get/operationID"
    for more in (("--dry-run",), ()):
        result = puerto("learn", "--strict", *more, str(spec))
        assert result.exit_code == 1
        assert result.stdout.splitlines() == [
            f"{spec}:2:1: `title` is missing. [required] /info",
            f"{spec}:2:8: `name` cannot stand here. [unknown-key] /info/name",
            f"{spec}:6:7: `operationID` cannot stand here. [unknown-key] {place}",
        ]
        told = f"puerto: {spec} is not valid; things that are wrong: 3\n"
        assert result.stderr.endswith(told)
    assert puerto("api", "list", "--json").stdout.strip() == "[]"
    first, *_ = lines(puerto("learn", "--strict", "--dry-run", "--json", str(spec)).stdout)
    assert first == {
        "finding": "required",
        "line": 2,
        "column": 1,
        "pointer": "/info",
        "message": "`title` is missing.",
        "file": str(spec),
    }


def test_what_is_valid_is_learned_strictly(puerto: Command, spec: Path) -> None:
    spec.write_text(VALID)
    assert puerto("learn", "--strict", "--dry-run", str(spec)).exit_code == 0
    assert puerto("learn", "--strict", str(spec)).stdout.startswith("learned Pets: tools: 1")


def test_standard_input_is_checked_and_read_once(installation: Installation) -> None:
    result = installation.run("learn", "--strict", "--dry-run", "-", given=VALID)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (
        0,
        "1 tools, 0 operations skipped",
    )


def test_the_files_of_a_folder_are_told_apart(puerto: Command, tmp_path: Path) -> None:
    folder = tmp_path / "api"
    (folder / "paths").mkdir(parents=True)
    (folder / "openapi.yaml").write_text(
        VALID.partition("    get:")[0].replace("/pets:", "/pets: {$ref: paths/pets.yaml}")
    )
    (folder / "paths" / "pets.yaml").write_text("get:\n  responses: []\n")
    result = puerto("learn", "--strict", "--dry-run", str(folder))
    file = folder / "paths" / "pets.yaml"
    message = "It must be an object, and is a list. [type] /get/responses"
    assert result.stdout.splitlines() == [f"{file}:2:3: {message}"]
