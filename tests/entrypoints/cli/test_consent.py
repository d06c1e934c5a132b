"""``puerto consent``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.entrypoints.cli.conftest import Command
from tests.entrypoints.cli.processes import Installation

SUM = "What is 17 * 23?"


@pytest.fixture
def waiting(puerto: Command, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a request that waits."""
    monkeypatch.setenv("PUERTO_AUTONOMY", "manual")
    asked = puerto("ask", SUM)
    assert asked.exit_code == 3
    [request] = json.loads(puerto("consent", "list", "--json").stdout)
    assert f"puerto consent approve {request['id']}" in asked.stderr
    assert request["params"] == {"expression": "17 * 23"}
    found: str = request["id"]
    return found


def test_what_waits_is_listed_below_a_header(puerto: Command, waiting: str) -> None:
    header, row = puerto("consent", "list").stdout.splitlines()
    assert header.split() == ["ID", "ASKS", "FOR", "EFFECT", "UNTIL", "WHAT"]
    assert row.split()[0] == waiting
    assert 'calculator(expression="17 * 23")' in row


DESK = """
from typing import Annotated

from puerto import Confirmed, Preview, hookimpl, tool

def show(ticket: int) -> Preview:
    return Preview("Close a ticket", f"#{ticket}", reversible=False)

@tool(effect="destructive", preview=show)
def close_ticket(ticket: Annotated[int, Confirmed()]) -> str:
    \"\"\"Close a ticket.\"\"\"
    return "closed"

@hookimpl
def puerto_register(registry):
    registry.add_tools(close_ticket)
"""


def test_a_preview_is_below_its_request_and_what_must_be_confirmed_is_typed(
    puerto: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "desk.py").write_text(DESK)
    monkeypatch.setenv("PUERTO_PLUGINS_FOLDER", str(folder))
    asked = puerto("ask", "Close ticket 7.")
    assert (asked.exit_code, "Close a ticket #7" in asked.stderr) == (3, True)
    _, row, *lines = puerto("consent", "list").stdout.splitlines()
    assert "Close a ticket #7 (cannot be undone): close_ticket(ticket=7)" in row
    assert [line.strip() for line in lines] == [
        "what: Close a ticket",
        "target: #7",
        "reversible: cannot be undone",
        "approve with: --confirm ticket=...",
    ]
    request_id = row.split()[0]
    assert "--confirm ticket=..." in asked.stderr
    for wrong in ([], ["--confirm", "ticket=8"]):
        refused = puerto("consent", "approve", request_id, *wrong)
        assert (refused.exit_code, "Send ticket in confirm" in refused.stderr) == (1, True)
    approved = puerto("consent", "approve", request_id, "--confirm", "ticket=7")
    assert approved.exit_code == 0, approved.stderr


ASKING = """
from typing import Literal
from pydantic import BaseModel
from puerto import ToolContext, hookimpl, tool

class Choice(BaseModel):
    colour: Literal["red", "blue"]
    pieces: int = 1

@tool(effect="read")
async def check_ticket(ticket: int, context: ToolContext) -> str:
    \"\"\"Check a ticket.\"\"\"
    choice = await context.ask(Choice, f"Which colour has ticket {ticket}?")
    return f"{choice.pieces} {choice.colour}"

@hookimpl
def puerto_register(registry):
    registry.add_tools(check_ticket)
"""


@pytest.fixture
def asking(puerto: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A plugin whose tool asks its user."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "asking.py").write_text(ASKING)
    monkeypatch.setenv("PUERTO_PLUGINS_FOLDER", str(folder))


@pytest.mark.usefixtures("asking")
def test_a_tool_asks_and_is_answered_later(puerto: Command) -> None:
    asked = puerto("ask", "Check ticket 7.")
    assert asked.exit_code == 3
    assert "Which colour has ticket 7?" in asked.stderr
    [request] = json.loads(puerto("consent", "list", "--json").stdout)
    assert f"puerto consent answer {request['id']}" in asked.stderr
    unfit = puerto("consent", "answer", request["id"], "--values", '{"colour": "green"}')
    assert (unfit.exit_code, "colour" in unfit.stderr) == (1, True)
    answered = puerto("consent", "answer", request["id"], given="red\n3\n")
    assert answered.exit_code == 0, answered.stderr
    assert "Which colour has ticket 7?" in answered.stdout
    assert "Answered. A service that runs goes on with the run." in answered.stdout
    again = puerto("consent", "answer", request["id"])
    assert again.exit_code == 2


@pytest.mark.usefixtures("asking")
def test_a_tool_asks_in_the_middle_of_a_talk(puerto: Command) -> None:
    lines = ["Check ticket 7.", "y", "green", "", "y", "blue", "2"]
    result = puerto("chat", given="\n".join(lines))
    assert result.exit_code == 0, result.stderr
    assert "The values do not fit" in result.stdout  # asked once more
    assert "2 blue" in result.stdout


def test_nothing_waits(puerto: Command) -> None:
    assert json.loads(puerto("consent", "list", "--json").stdout) == []


def test_what_is_approved_runs_when_a_service_goes_on(puerto: Command, waiting: str) -> None:
    arguments = ("--arguments", '{"expression": "2 + 3"}')
    assert puerto("consent", "approve", waiting, *arguments).exit_code == 0
    assert json.loads(puerto("consent", "list", "--json").stdout) == []
    again = puerto("consent", "deny", waiting)
    assert again.exit_code == 1
    assert "answered" in again.stderr


def test_what_is_denied_is_told(puerto: Command, waiting: str) -> None:
    denied = puerto("consent", "deny", waiting, "--reason", "Not now.")
    assert (denied.exit_code, denied.stdout.partition(".")[0]) == (0, "Denied")


@pytest.mark.parametrize("arguments", ["{", "[]"])
def test_arguments_are_an_object(puerto: Command, arguments: str) -> None:
    result = puerto("consent", "approve", "x", "--arguments", arguments)
    assert result.exit_code == 2
    assert "JSON" in result.stderr


def test_an_unknown_request(puerto: Command) -> None:
    for command in (["approve", "x"], ["outcome", "x", "done"]):
        result = puerto("consent", *command)
        assert result.exit_code == 1
        assert "puerto: There is no such" in result.stderr


def test_a_console_of_another_encoding_shows_what_it_can(installation: Installation) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "puerto", "ask", "What is 17 * 23? \u2603"],
        cwd=installation.folder,
        env=installation.env | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, b"391" in done.stdout) == (0, True), done.stderr
