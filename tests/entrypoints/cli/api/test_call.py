"""``puerto call``: one call, made for who tries an API."""

import json
from pathlib import Path

import pytest

from tests.entrypoints.cli.conftest import Command
from tests.support.web_server import Reply, Seen, serving

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "/v1"}],
    "security": [{"key": []}],
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    "paths": {
        "/pets/{id}": {
            "get": {
                "operationId": "getPet",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "$top", "in": "query", "schema": {"type": "integer"}},
                ],
                "responses": {"200": {"description": "A pet."}},
            }
        },
        "/broken": {"get": {"requestBody": {"$ref": "https://elsewhere.example/p.json"}}},
    },
}
NAME = "GET /pets/{id}"


@pytest.fixture
def spec(tmp_path: Path) -> str:
    """A document, in a file."""
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(DOCUMENT))
    return str(file)


def reply(seen: Seen) -> Reply:
    if seen.target == "/openapi.json":
        return Reply(body=json.dumps(DOCUMENT).encode())
    if seen.target.endswith(".png"):
        return Reply(200, {"Content-Type": "image/png"}, b"\x89PNG")
    status = 200 if seen.header("x-key") else 401
    return Reply(status, body=json.dumps({"asked": seen.target}).encode())


def test_prints_status_headers_and_body(puerto: Command, spec: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text('{"key": "a-secret-key"}')
    with serving(reply) as server:
        options = ("--server", f"{server.url}/base", "--args", '{"id": "a/b", "top": 3}')
        called = puerto("call", spec, "--operation", NAME, *options, "--auth", str(keys))
        assert called.exit_code == 0, called.output
        head, _, body = called.stdout.partition("\n\n")
        assert head.splitlines()[0] == "HTTP 200 OK"
        assert "content-type: application/json" in head.lower()
        assert json.loads(body) == {"asked": "/base/pets/a%2Fb?%24top=3"}
        assert server.seen[0].header("x-key") == "a-secret-key"

        unknown = puerto("call", spec, "--operation", "getPet", *options)  # the tool's name
        assert unknown.stdout.startswith("HTTP 401 Unauthorized\n")


def test_reads_the_document_through_the_gate(
    puerto: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(reply) as server:
        command = (
            "call",
            f"{server.url}/openapi.json",
            "--operation",
            NAME,
            "--args",
            '{"id": "x.png"}',
        )
        closed = puerto(*command)
        assert closed.exit_code == 1
        assert "PUERTO_OPEN_HOSTS" in closed.stderr
        monkeypatch.setenv("PUERTO_OPEN_HOSTS", f"127.0.0.1:{server.port}")
        opened = puerto(*command)
        assert opened.stdout.endswith("\n\n(4 bytes)\n")
        assert [seen.target for seen in server.seen] == ["/openapi.json", "/v1/pets/x.png"]


@pytest.mark.parametrize(
    ("operation", "arguments", "words"),
    [
        ("GET /dogs", "{}", "no operation 'GET /dogs'"),
        ("GET /broken", "{}", "GET /broken is not learned"),
        (NAME, '{"id": ".."}', "cannot be '.' or '..'"),
        (NAME, '{"id": "1", "X-Key": "mine"}', "there is no 'X-Key' here"),
        (NAME, '{"id": "1"}', "--server"),
        (NAME, "[1]", "must be a JSON object"),
        (NAME, "{", "no JSON"),
    ],
)
def test_says_in_words_what_is_wrong(
    puerto: Command, spec: str, operation: str, arguments: str, words: str
) -> None:
    nowhere = () if words == "--server" else ("--server", "http://127.0.0.1:1")
    said = puerto("call", spec, "--operation", operation, "--args", arguments, *nowhere)
    assert said.exit_code != 0
    assert words in " ".join(said.stderr.replace("│", " ").split())


def test_a_document_that_is_not_there_is_said_to_be(puerto: Command) -> None:
    said = puerto("call", "none.yaml", "--operation", NAME)
    assert (said.exit_code, said.stderr) == (
        1,
        "puerto: none.yaml cannot be read: No such file or directory.\n",
    )


def test_arguments_are_checked_as_those_of_a_model(puerto: Command, spec: str) -> None:
    with serving(reply) as server:
        command = ("call", spec, "--operation", NAME, "--server", server.url, "--args")
        refused = puerto(*command, '{"id": "7", "top": "many"}')
        assert refused.exit_code == 1
        assert "top" in refused.stderr
        assert not server.seen
        assert puerto(*command, '{"id": "7", "top": "3"}').exit_code == 0  # put right, as in chats
        assert server.seen[0].target == "/pets/7?%24top=3"
