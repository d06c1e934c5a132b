"""``puerto api``: the learned APIs listed, changed, read again, and forgotten."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.entrypoints.cli.conftest import Command

PETS: dict[str, Any] = {
    "openapi": "3.0.0",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "http://127.0.0.1:8201"}],
    "paths": {"/pets": {"get": {"operationId": "listPets"}}},
}
KEY: dict[str, Any] = {
    "name": "token",
    "in": "query",
    "description": "Your API token",
    "schema": {"type": "string"},
}


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "pets.json"
    path.write_text(json.dumps(PETS))
    return path


def changed(spec: Path, **paths: Any) -> str:
    spec.write_text(json.dumps({**PETS, "paths": paths}))
    return str(spec)


def test_an_api_is_listed_refreshed_and_forgotten(puerto: Command, spec: Path) -> None:
    learned = puerto("learn", str(spec))
    assert learned.exit_code == 0, learned.stderr
    assert "Calls will fail. The host 127.0.0.1 (port 8201) is not on the public" in learned.stdout
    (listed,) = json.loads(puerto("api", "list", "--json").stdout)
    assert (listed["name"], listed["tools"], listed["state"]) == ("Pets", "1", "active")
    assert "Pets  1" in puerto("api", "list").stdout

    again = puerto("learn", str(spec))
    assert again.exit_code == 1
    assert "This document is known: it is 'Pets'" in again.stderr
    assert "puerto api refresh" in again.stderr
    assert puerto("learn", str(spec), "--name", "More pets").exit_code == 0

    limit = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
    more = {"get": {"operationId": "listPets", "parameters": [limit]}, "post": {}}
    wider = puerto("api", "refresh", "Pets", changed(spec, **{"/pets": more}))
    assert "added post_pets (POST /pets)" in wider.stdout
    assert "changed listPets (GET /pets): its parameters: limit is new" in wider.stdout
    same = puerto("api", "refresh", listed["id"], str(spec))
    assert "Nothing changed." in same.stdout

    breaking = puerto("api", "refresh", "Pets", changed(spec, **{"/pets": {"post": {}}}))
    assert "gone listPets (GET /pets)" in breaking.stdout
    assert "waits" in breaking.stdout
    (waiting, _) = json.loads(puerto("api", "list", "--json").stdout)
    assert waiting["state"] == "waiting"
    accepted = puerto("api", "refresh", "Pets", "--accept")
    assert accepted.stdout.startswith("accepted Pets: tools: 1, operations: 1")

    forgotten = puerto("api", "forget", "Pets", "--yes")
    assert forgotten.stdout.startswith("Forgot Pets.")
    names = [each["name"] for each in json.loads(puerto("api", "list", "--json").stdout)]
    assert names == ["More pets"]


@pytest.mark.parametrize(
    "command",
    [("refresh", "Nobody"), ("forget", "Nobody", "--yes"), ("change", "Nobody", "--shared")],
    ids=["refresh", "forget", "change"],
)
def test_an_api_that_is_not_there_is_named(puerto: Command, command: tuple[str, ...]) -> None:
    result = puerto("api", *command)
    assert result.exit_code == 1
    said = result.stderr.splitlines()[-1]
    assert said == "puerto: There is no learned API 'Nobody'. See: puerto api list"


def test_a_document_that_was_sent_is_sent_again(puerto: Command, spec: Path) -> None:
    assert puerto("learn", str(spec)).exit_code == 0
    result = puerto("api", "refresh", "Pets")
    assert result.exit_code == 1
    assert "send the new document" in result.stderr


LOGIN: dict[str, Any] = {
    "operationId": "logIn",
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "api_key": {"type": "string"},
                        "app": {"type": "object", "properties": {"secret_key": {"type": "string"}}},
                    },
                }
            }
        }
    },
}


def test_what_is_wanted_of_an_api_changes_after_learning(puerto: Command, spec: Path) -> None:
    listed = {"get": {"operationId": "listPets", "parameters": [KEY]}}
    learned = puerto("learn", changed(spec, **{"/pets": listed, "/login": {"post": LOGIN}}))
    assert "`puerto api change 'Pets' --auth FILE`" in learned.stdout
    assert 'auth.credentials {"token": "..."}' in learned.stdout
    assert 'fixed_arguments {"POST /login": {"body.api_key": "..."}}' in learned.stdout
    assert "`puerto api change 'Pets' --fixed FILE`" in learned.stdout

    auth, fixed = spec.with_name("auth.json"), spec.with_name("fixed.json")
    auth.write_text('{"token": "sesame-of-the-pets"}')
    values = {"body.api_key": "sesame-of-the-login", "body.app.secret_key": "sesame-of-the-app"}
    fixed.write_text(json.dumps({"POST /login": values}))
    told = puerto(
        *("api", "change", "Pets", "--auth", str(auth), "--fixed", str(fixed)),
        *("--effect", "POST /login=read", "--name", "The pets"),
    )
    assert told.exit_code == 0, told.stderr
    assert told.stdout.startswith("changed The pets: tools: 2, operations: 2")
    assert "credential" not in told.stdout
    assert "sesame" not in told.stdout

    fewer = puerto("api", "change", "The pets", "--exclude", "path:/login")
    assert fewer.stdout.startswith("changed The pets: tools: 1, operations: 2")
    again = puerto("api", "change", "The pets", *("--clear", "exclude", "--clear", "fixed"))
    assert again.stdout.startswith("changed The pets: tools: 2, operations: 2")
    for name in values:
        assert f"'{name}', an argument of POST /login, looks like a credential" in again.stdout
    assert "'token'" not in again.stdout  # what is not said stays
    bare = puerto("api", "change", "The pets", "--clear", "auth")
    assert "'token', a parameter of 1 operations, is a credential" in bare.stdout


def test_a_change_says_what_is_to_be_otherwise(puerto: Command, spec: Path) -> None:
    assert puerto("learn", str(spec)).exit_code == 0
    nothing = puerto("api", "change", "Pets")
    assert nothing.exit_code == 2
    assert "say what is to be otherwise" in nothing.stderr
    fixed = spec.with_name("fixed.json")
    fixed.write_text('{"*": {"nobody": 1}}')
    unknown = puerto("api", "change", "Pets", "--fixed", str(fixed))
    assert unknown.exit_code == 1
    assert "takes an argument 'nobody'" in unknown.stderr
