"""What all commands have in common."""

import subprocess
import sys

import pytest

from tests.entrypoints.cli.conftest import Command
from tests.entrypoints.cli.processes import Installation

HEAVY = {"openai", "tortoise", "quart", "uvicorn", "httpx2", "rich.console"}
COMMANDS = ["demo", "serve", "chat", "ask", "user", "plugin", "migrate", "doctor"]


def test_help_names_the_commands_and_loads_nothing_heavy(installation: Installation) -> None:
    code = (
        "import sys\n"
        "from puerto.__main__ import main\n"
        "sys.argv = ['puerto', '--help']\n"
        "try:\n    main()\n"
        "finally:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=installation.folder,
        env=installation.env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(f"  {command} " in result.stdout for command in COMMANDS)
    loaded = set(result.stderr.split())
    assert "typer" in loaded
    assert not HEAVY & loaded


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_says_what_it_does(puerto: Command, command: str) -> None:
    result = puerto(command, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.stdout


def test_a_misspelt_setting_stops_every_command(
    puerto: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUERTO_DATA_DIRR", "x")
    for command in (["ask", "Hello"], ["chat"], ["serve"], ["migrate"], ["user", "list"]):
        result = puerto(*command)
        assert result.exit_code == 2
        assert result.stderr == (
            "puerto: PUERTO_DATA_DIRR is not a setting; did you mean PUERTO_DATA_DIR?\n"
        )
