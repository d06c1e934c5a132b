"""Documents that refer to others, learned and called from the command line."""

import json

import pytest

from tests.entrypoints.cli.conftest import Command
from tests.support.web_server import Reply, Seen, serving

FILES = {
    "/openapi.json": {"openapi": "3.1.0", "paths": {"/pets": {"$ref": "pets.json"}}},
    "/pets.json": {"get": {"operationId": "listPets"}},
}


def reply(seen: Seen) -> Reply:
    return Reply(body=json.dumps(FILES.get(seen.target, [])).encode())


def test_a_host_is_named_to_be_followed(puerto: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(reply) as server:
        monkeypatch.setenv("PUERTO_OPEN_HOSTS", "127.0.0.1")
        learn = ("learn", f"{server.url}/openapi.json", "--name", "Pets")
        call = ("call", f"{server.url}/openapi.json", "--operation", "GET /pets")
        for command in (learn, call):
            closed = puerto(*command)
            assert closed.exit_code == 1
        assert "PUERTO_REFERENCE_HOSTS" in puerto(*learn).stderr
        assert {seen.target for seen in server.seen} == {"/openapi.json"}

        monkeypatch.setenv("PUERTO_REFERENCE_HOSTS", f"127.0.0.1:{server.port}")
        assert "tools: 1" in puerto(*learn).stdout
        assert puerto(*call).stdout.endswith("\n\n[]\n")
        assert server.seen[-1].target == "/pets"

        monkeypatch.setenv("PUERTO_OPEN_HOSTS", "")
        assert "PUERTO_OPEN_HOSTS" in puerto(*call).stderr
