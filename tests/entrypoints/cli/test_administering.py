"""Commands that look after an installation: they drive no runs, and enter no plugin's lifespan."""

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.entrypoints.cli.processes import Installation, Serving, eventually
from tests.support.templates import give_database

PLUGIN = '''
import asyncio, os, sys
from contextlib import asynccontextmanager
from puerto import hookimpl, tool

NOTES = os.environ["NOTES"]

def note(what):
    with open(NOTES, "a") as notes:
        notes.write(f"{what} {sys.argv[1]}\\n")

@tool(effect="read", timeout=60)
async def look_long() -> str:
    """Look for a long time."""
    note("called")
    await asyncio.sleep(60 if sys.argv[1] == "serve" else 0)
    return "seen"

@asynccontextmanager
async def pool():
    note("entered")
    yield

@hookimpl
def puerto_register(registry):
    registry.add_tools(look_long)
    registry.add_lifespan(pool)
'''


@dataclass(frozen=True)
class Left:
    """An installation with a run that nobody drives any more, and where its plugin notes things."""

    installation: Installation
    notes: Path


def left_in(folder: Path) -> Left:
    """Leave a run behind; what the plugin noted so far is forgotten."""
    give_database(folder / "data")
    plugins, notes, cassette = folder / "plugins", folder / "notes", folder / "cassette.json"
    plugins.mkdir()
    (plugins / "looking.py").write_text(PLUGIN)
    answers = [{"tool": "look_long", "arguments": {}}], [{"text": "Done."}]
    cassette.write_text(json.dumps([{"pieces": pieces} for pieces in answers]))
    installation = Installation(
        folder,
        NOTES=str(notes),
        PUERTO_PLUGINS_FOLDER=str(plugins),
        PUERTO_GRACE_SECONDS="0.2",
        PUERTO_LEASE_SECONDS="1",
        PUERTO_CASSETTE=str(cassette),
    )
    with installation.serving() as service:
        ask(service)
        eventually(lambda: "called serve" in notes.read_text())
        os.kill(service.process.pid, signal.SIGKILL)
    assert notes.read_text() == "entered serve\ncalled serve\n"
    notes.unlink()
    return Left(installation, notes)


@pytest.fixture
def left(tmp_path: Path) -> Left:
    """What was left behind, for whoever may take it up."""
    return left_in(tmp_path)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """What was left behind, for commands that leave it so."""
    return left_in(tmp_path_factory.mktemp("left"))


def ask(service: Serving) -> None:
    token = service.register()
    with (
        httpx2.Client(headers={"Authorization": f"Bearer {token}"}, trust_env=False) as http,
        http.stream(
            "POST", f"{service.url}/api/chat", json={"message": "Look.", "stream": True}
        ) as response,
    ):
        next(iter(httpx2.EventSource(response)))


@pytest.mark.parametrize(
    "command",
    [
        ("user", "list"),
        ("user", "passwd", "admin", "--generate"),
        ("plugin", "list"),
        ("plugin", "reload"),
        ("learn", "spec.json"),
        ("doctor",),
    ],
)
def test_they_are_no_workers(untouched: Left, command: tuple[str, ...]) -> None:
    installation = untouched.installation
    document = {"openapi": "3.0.3", "info": {"title": "A", "version": "1"}}
    document["paths"] = {"/x": {"get": {"operationId": "getX"}}}
    (installation.folder / "spec.json").write_text(json.dumps(document))
    result = installation.run(*command)
    assert result.returncode == 0, result.stderr
    assert not untouched.notes.exists()


def test_one_question_drives_nobody_elses_runs(left: Left) -> None:
    result = left.installation.run("ask", "Look.")
    assert (result.returncode, result.stdout) == (0, "Done.\n"), result.stderr
    assert left.notes.read_text() == "entered ask\ncalled ask\n"  # its own call, and no other


def test_the_parent_of_workers_runs_no_plugins_code(left: Left) -> None:
    notes = left.notes
    with left.installation.serving("--workers", "2") as service:
        eventually(lambda: notes.exists() and notes.read_text().count("entered") >= 2)
        service.stop()
    assert notes.read_text().count("entered") == 2  # by the workers, and by nobody before them
