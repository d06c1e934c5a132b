"""``puerto plugin show`` and ``puerto plugin settings``."""

import json
from pathlib import Path

import pytest

from tests.entrypoints.cli.conftest import Command
from tests.entrypoints.cli.processes import Installation

SECRET = "s3cr3t-of-the-desk"
DESK = '''
from pydantic import BaseModel, SecretStr
from puerto import Registry, hookimpl, tool

class DeskSettings(BaseModel):
    token: SecretStr
    retries: int = 3

@tool(effect="destructive", title="Close a ticket")
async def close_ticket(ticket: int) -> str:
    """Close a ticket."""
    return "closed"

@tool(effect="read")
async def calculator() -> str:
    """Take a name."""
    return ""

async def audit(proposal):
    return None

@hookimpl
def puerto_register(registry: Registry) -> None:
    registry.use_settings(DeskSettings)
    registry.add_tools(close_ticket, calculator)
    registry.add_veto(audit)
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of plugins: one whose token is not set, and one that is broken."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "desk.py").write_text(DESK)
    (folder / "broken.py").write_text("\n1/0\n")
    monkeypatch.setenv("PUERTO_PLUGINS_FOLDER", str(folder))
    return folder


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the token of the plugin."""
    monkeypatch.setenv("DESK_TOKEN", SECRET)


@pytest.mark.usefixtures("ready")
def test_all_of_a_plugin_is_shown(puerto: Command, folder: Path) -> None:
    shown = puerto("plugin", "show", "desk").stdout
    lines = [line.split() for line in shown.splitlines()]
    assert shown.startswith(f"desk ({folder / 'desk.py'}): active; loaded ")
    assert "refused: tool 'calculator': plugin 'basics' has one of this name" in shown
    line = DESK[: DESK.index('@tool(effect="read")')].count("\n") + 1
    assert f"  {folder / 'desk.py'}:{line}, since " in shown
    assert "`puerto plugin reload desk`" in shown
    assert ["close_ticket", "destructive", "on", "-", "0"] in [each[:5] for each in lines]
    assert ["veto", "audit", "0"] in [each[:3] for each in lines]
    assert ["token", "environment", "DESK_TOKEN", "yes", "yes"] in lines
    assert SECRET not in shown

    as_json = json.loads(puerto("plugin", "show", "desk", "--json").stdout)
    assert as_json["settings"][1]["source"] == "default"
    assert as_json["brings"]["functions"][0]["where"].startswith(str(folder / "desk.py"))


def test_what_is_broken_says_where_and_what_to_do(puerto: Command, folder: Path) -> None:
    shown = puerto("plugin", "show", "broken").stdout.splitlines()
    assert shown[0] == f"broken ({folder / 'broken.py'}): quarantined"
    assert shown[1].startswith("quarantined: it cannot be imported: ZeroDivisionError")
    assert shown[2].startswith(f"  {folder / 'broken.py'}:2, since ")
    assert "puerto plugin reload broken" in shown[3]
    result = puerto("plugin", "show", "nobody")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        1,
        "puerto: There is no such plugin.",
    )


def test_settings_are_shown_set_and_taken_back(puerto: Command, folder: Path) -> None:
    waiting = puerto("plugin", "settings", "desk")
    assert waiting.exit_code == 1
    assert "token: is missing" in waiting.stdout

    set_ = puerto(
        "plugin", "settings", "desk", "--set", "token=-", "--set", "retries=5", given=f"{SECRET}\n"
    )
    assert set_.exit_code == 0
    rows = [line.split() for line in set_.stdout.splitlines()]
    assert ["token", '"***"', "operator", "DESK_TOKEN"] in rows
    assert ["retries", "5", "operator", "DESK_RETRIES"] in rows
    assert SECRET not in set_.stdout

    back = puerto("plugin", "settings", "desk", "--unset", "retries", "--json")
    assert json.loads(back.stdout)["values"] == {"token": "***", "retries": 3}


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["--set", "token=plain-text"], 2, "token is secret"),
        (["--set", "retries"], 2, "is not NAME=VALUE"),
        (["--set", "retries=many"], 1, "do not fit"),
        (["--set", "retrys=1"], 1, "The settings are: token, retries."),
    ],
)
@pytest.mark.usefixtures("ready")
def test_settings_that_cannot_be_set(
    puerto: Command, folder: Path, options: list[str], status: int, message: str
) -> None:
    result = puerto("plugin", "settings", "desk", *options)
    assert result.exit_code == status
    assert message in " ".join(result.stderr.split())
    assert "plain-text" not in result.output


def test_a_running_service_is_asked(puerto: Command, folder: Path, tmp_path: Path) -> None:
    settings = {"PUERTO_PLUGINS_FOLDER": str(folder), "DESK_TOKEN": SECRET}
    with Installation(tmp_path, **settings).serving() as service:
        token = service.register()
        refused = puerto("plugin", "show", "desk", "--url", service.url, "--token", token)
        assert refused.exit_code == 1
        assert "role operator" in refused.stderr
        assert puerto("user", "role", "ada@example.com", "operator").exit_code == 0
        at, word = ("--url", service.url, "--login", "ada@example.com"), "a good password\n"
        assert "close_ticket" in puerto("plugin", "show", "desk", *at, given=word).stdout
        set_ = puerto("plugin", "settings", "desk", "--set", "retries=7", *at, given=word)
        assert ["retries", "7", "operator", "DESK_RETRIES"] in [
            line.split() for line in set_.stdout.splitlines()
        ]
