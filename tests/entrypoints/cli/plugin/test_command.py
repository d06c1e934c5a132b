"""``puerto plugin``."""

import json
from pathlib import Path

import pytest

from tests.entrypoints.cli.conftest import Command
from tests.plugins.packages import good


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of plugins: one that greets."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "greeter.py").write_text(good("greet"))
    monkeypatch.setenv("PUERTO_PLUGINS_FOLDER", str(folder))
    return folder


def state(puerto: Command, name: str = "greeter") -> str:
    listed = json.loads(puerto("plugin", "list", "--json").stdout)
    (found,) = [plugin["state"] for plugin in listed if plugin["name"] == name]
    return str(found)


def test_lists_switches_and_reloads(puerto: Command, folder: Path) -> None:
    header, *rows = puerto("plugin", "list").stdout.splitlines()
    assert header.split() == ["NAME", "STATE", "VERSION", "REASON", "AND", "TOOLS"]
    assert ["greeter", "active", "-", "greet"] in [line.split() for line in rows]
    assert ["basics", "active", "0.1.0"] in [line.split()[:3] for line in rows]

    off = puerto("plugin", "disable", "greeter")
    assert off.stdout == (
        "plugin greeter: disabled, switched off by an operator. "
        "Running services follow within 2 seconds.\n"
    )
    assert state(puerto) == "disabled"
    assert puerto("plugin", "enable", "greeter").exit_code == 0
    assert state(puerto) == "active"

    assert "tool greet: disabled." in puerto("plugin", "disable", "greet", "--tool").stdout
    assert "tool greet: enabled." in puerto("plugin", "enable", "greet", "--tool").stdout

    reloaded = puerto("plugin", "reload", "greeter")
    assert reloaded.exit_code == 0
    assert reloaded.stdout.splitlines()[1].split() == ["greeter", "active", "-", "greet"]
    (folder / "broken.py").write_text("1/0")
    assert "it cannot be imported: ZeroDivisionError" in puerto("plugin", "reload").stdout
    assert puerto("plugin", "reload", "broken").exit_code == 1


@pytest.mark.parametrize("command", ["enable", "disable", "reload"])
def test_what_is_not_there(puerto: Command, command: str) -> None:
    result = puerto("plugin", command, "nobody")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        1,
        "puerto: There is no such plugin.",
    )
