"""Commands that look after an installation: they drive no runs, and enter no plugin's lifespan."""

import json
import os
import signal
from pathlib import Path

import httpx2
import pytest

from tests.entrypoints.cli.conftest import Cassette
from tests.entrypoints.cli.processes import Installation, Serving, eventually

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
def puerto_register_tools(register):
    register(look_long)

@hookimpl
def puerto_register_lifespan(register):
    register(pool)
'''


@pytest.fixture
def notes(installation: Installation, cassette: Cassette) -> Path:
    """A run of a user that nobody drives any more; what the plugin noted so far is forgotten."""
    folder, file = installation.folder / "plugins", installation.folder / "notes"
    folder.mkdir()
    (folder / "looking.py").write_text(PLUGIN)
    call = {"tool": "look_long", "arguments": {}}
    installation.env |= {
        "NOTES": str(file),
        "PUERTO_PLUGINS_FOLDER": str(folder),
        "PUERTO_LEASE_SECONDS": "1",
        "PUERTO_CASSETTE": cassette([call], [{"text": "Done."}]),
    }
    with installation.serving() as service:
        ask(service)
        eventually(lambda: "called serve" in file.read_text())
        os.kill(service.process.pid, signal.SIGKILL)
    assert file.read_text() == "entered serve\ncalled serve\n"
    file.unlink()
    return file


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
def test_they_are_no_workers(
    installation: Installation, notes: Path, command: tuple[str, ...]
) -> None:
    document = {"openapi": "3.0.3", "info": {"title": "A", "version": "1"}}
    document["paths"] = {"/x": {"get": {"operationId": "getX"}}}
    (installation.folder / "spec.json").write_text(json.dumps(document))
    result = installation.run(*command)
    assert result.returncode == 0, result.stderr
    assert not notes.exists()


def test_one_question_drives_nobody_elses_runs(installation: Installation, notes: Path) -> None:
    result = installation.run("ask", "Look.")
    assert (result.returncode, result.stdout) == (0, "Done.\n"), result.stderr
    assert notes.read_text() == "entered ask\ncalled ask\n"  # its own call, and no other


def test_the_parent_of_workers_runs_no_plugins_code(
    installation: Installation, notes: Path
) -> None:
    with installation.serving("--workers", "2") as service:
        eventually(lambda: notes.exists() and notes.read_text().count("entered") >= 2)
        service.stop()
    assert notes.read_text().count("entered") == 2  # by the workers, and by nobody before them
