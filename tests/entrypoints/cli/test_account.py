"""``puerto account``."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints.cli.chat.consulting import CONNECTED, consult
from tests.entrypoints.cli.conftest import Command
from tests.entrypoints.cli.processes import Installation, Serving

PLUGIN = """
from puerto import KeyAccount, OAuthAccount, hookimpl

@hookimpl
def puerto_register(registry):
    registry.add_account(KeyAccount(name="crm", title="The CRM"))
    registry.add_account(
        OAuthAccount(
            name="jira",
            title="Jira",
            authorize_url="https://jira.example/authorize",
            token_url="https://jira.example/token",
            client=lambda context: ("the-client", "its-secret"),
        )
    )
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("plugins")
    (folder / "desk.py").write_text(PLUGIN)
    place = Path(tmp_path_factory.mktemp("service"))
    installation = Installation(
        place, PUERTO_PLUGINS_FOLDER=str(folder), PUERTO_PUBLIC_URL="https://agent.example"
    )
    with installation.serving() as serving:
        yield serving


@pytest.fixture(scope="module")
def options(service: Serving) -> tuple[str, ...]:
    return ("--url", service.url, "--token", service.register())


def test_a_key_is_asked_for_and_shown_nowhere(puerto: Command, options: tuple[str, ...]) -> None:
    header, crm, jira = puerto("account", "list", *options).stdout.splitlines()
    assert header.split() == ["PLUGIN", "NAME", "TITLE", "STATE", "PROBLEM"]
    assert crm.split() == ["desk", "crm", "The", "CRM", "disconnected"]
    assert jira.split() == ["desk", "jira", "Jira", "disconnected"]

    connected = puerto("account", "connect", "desk", "crm", *options, given="a-key-of-mine\n")
    assert (connected.exit_code, connected.stdout.split()) == (0, ["Connected."])
    assert "a-key-of-mine" not in connected.output
    first, _ = json.loads(puerto("account", "list", "--json", *options).stdout)
    assert (first["name"], first["state"]) == ("crm", "connected")

    gone = puerto("account", "disconnect", "desk", "crm", *options)
    assert (gone.exit_code, gone.stdout) == (0, "Disconnected.\n")
    first, _ = json.loads(puerto("account", "list", "--json", *options).stdout)
    assert first["state"] == "disconnected"


def test_an_account_is_connected_in_a_browser(puerto: Command, options: tuple[str, ...]) -> None:
    said = puerto("account", "connect", "desk", "jira", *options).stdout.splitlines()
    assert said[0] == "Open this in a browser, within 10 minutes:"
    assert said[1].startswith("https://jira.example/authorize?response_type=code&")
    assert "redirect_uri=https%3A%2F%2Fagent.example%2Fapi%2Fconnected-accounts%2F" in said[1]


def test_what_is_not_there_is_an_error(
    puerto: Command, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in ("connect", "disconnect"):
        refused = puerto("account", command, "desk", "other", *options)
        assert refused.exit_code == 1
    assert (
        "has no account 'other'" in puerto("account", "connect", "desk", "other", *options).stderr
    )
    monkeypatch.setenv("API_HOST", "0.0.0.0")
    nowhere = puerto("account", "list", "--token", "x")
    assert (nowhere.exit_code, "where does the service run" in nowhere.stderr) == (2, True)


def test_the_terminal_says_how_an_account_is_connected() -> None:
    asked: list[str] = []

    def read(prompt: str, draft: str = "") -> str:
        asked.append(prompt + draft)
        return "y" if len(asked) == 1 else ""

    request = {"kind": "connect_account", "message": "m", "plugin": "desk", "account": "crm"}
    assert consult(request, read, print).approved
    assert asked == [CONNECTED.format(plugin="desk", account="crm")]
