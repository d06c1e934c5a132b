"""The example of a learned API does what its page says; a server stands for the office."""

import json
from typing import Any

from typer.testing import CliRunner

from domain.identity import Role
from entrypoints.cli import app
from tests.entrypoints.http.conftest import Install
from tests.pages import ROOT, blocks_of
from tests.web_server import Reply, Seen, WebServer

EXAMPLE = ROOT / "examples" / "learned-api"
DRY_RUN, LEARN, EXECUTE, WIRE = blocks_of(EXAMPLE / "README.md")[1:]


def office(seen: Seen) -> Reply:
    found = {"response": {"numFound": 1, "docs": [{"patentApplicationNumber": "14123456"}]}}
    return Reply(body=json.dumps(found).encode())


def test_what_would_be_learned() -> None:
    result = CliRunner().invoke(app, ["learn", "--dry-run", str(EXAMPLE / "uspto.yaml")])
    assert result.stdout == DRY_RUN.text


async def test_it_is_learned_and_used(install: Install) -> None:
    order: dict[str, Any] = json.loads(LEARN.text)
    order["source"] = (EXAMPLE / order["source"]).read_text()
    async with (
        WebServer(office) as server,
        install(PUERTO_OPEN_HOSTS="127.0.0.1") as installation,
    ):
        operator = await installation.user("olga", Role.OPERATOR)
        ada = await installation.user("ada")
        order["base_url"] = f"{server.url}/ds-api"
        learned = await operator.json("POST", "/api/learned-apis", order, 201)
        called = await ada.json("POST", "/api/tools/execute", json.loads(EXECUTE.text))

    assert learned["tools"] == [
        "list_patent_data_sets",
        "list_patent_fields",
        "search_patent_records",
    ]
    assert called["result"]["response"]["numFound"] == 1
    (seen,) = server.seen
    sent = f"{seen.method} {seen.target}\ncontent-type: {seen.header('content-type')}\n\n"
    assert sent + seen.body.decode() + "\n" == WIRE.text
