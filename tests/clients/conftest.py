"""Both faces of the client, one after the other; and a service with tools that need consent."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.clients.wire import FACES, Make
from tests.support.pages import ROOT
from tests.support.service import RunningService

LEDGER: Final = ROOT / "tests" / "outside" / "ledger"
DICE: Final = ROOT / "examples" / "puerto-plugin-dice" / "puerto_plugin_dice.py"
LOGIN: Final = {"username": "ann@example.org", "password": "correct horse"}


@pytest.fixture(params=FACES, ids=lambda face: face.__name__)
def make(request: pytest.FixtureRequest) -> Make:
    """Make a client of one face or the other, before a `Wire`."""
    face: Make = request.param
    return face


class Ledger:
    """The file in which a plugin's tools leave a line for each of their effects."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def taken(self) -> list[str]:
        """Return the lines, and forget them."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        self.file.unlink(missing_ok=True)
        return lines


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clients")


@pytest.fixture(scope="package")
def ledger(folder: Path) -> Ledger:
    return Ledger(folder / "ledger.txt")


@pytest.fixture(scope="package")
def service(folder: Path, ledger: Ledger) -> Iterator[RunningService]:
    """A service that knows Ann, with the plugins `ledger` and `dice`, the example of one."""
    about = folder / "dice-1.0.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: dice\nVersion: 1.0\n")
    about.joinpath("entry_points.txt").write_text("[puerto]\ndice = puerto_plugin_dice\n")
    shutil.copy(DICE, folder)
    settings = {
        "PYTHONPATH": f"{LEDGER}:{folder}",
        "LEDGER_FILE": str(ledger.file),
        "DICE_FOLDER": str(folder),
    }
    with RunningService(None, **settings) as running:
        running.user("ann")
        yield running


@pytest.fixture(scope="package")
def key(service: RunningService) -> str:
    """An API key of Ann's for a program."""
    token = service.call("POST", "/api/auth/login", LOGIN)["access_token"]
    body = {"name": "sdk", "scopes": ["chat", "tools:read", "tools:execute"]}
    made: str = service.call("POST", "/api/auth/keys", body, token)["key"]
    return made
