"""An installation in a folder of its own, for commands in this process and in others."""

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2.profiles import CHEAPEST
from typer.testing import CliRunner, Result

from adapters.security.passwords import HASHES_AT_ONCE, ArgonPasswords
from domain.accounts.administration import UserAdministration
from entrypoints.cli import app
from tests.entrypoints.cli.processes import Installation, without_settings
from tests.support.templates import give_database

Command = Callable[..., Result]
Cassette = Callable[..., str]


@pytest.fixture
def installation(tmp_path: Path, migrated: None) -> Installation:
    """An installation for commands that are processes."""
    return Installation(tmp_path)


@pytest.fixture
def migrated(tmp_path: Path) -> None:
    """Let the data folder have its database already, which is most of what a first start does."""
    give_database(tmp_path / "data")


@pytest.fixture
def nothing_yet(tmp_path: Path, migrated: None) -> None:
    """Let there be no data folder, as before the first start."""
    shutil.rmtree(tmp_path / "data")


@pytest.fixture
def cassette(tmp_path: Path) -> Cassette:
    """Write a cassette and return its path."""

    def write(*answers: list[dict[str, Any]]) -> str:
        path = tmp_path / "cassette.json"
        path.write_text(json.dumps([{"pieces": pieces} for pieces in answers]))
        return str(path)

    return write


@pytest.fixture
def puerto(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logs_as_before: None, migrated: None
) -> Command:
    """Run a command in this process, on data of its own; passwords and deletions cost little."""
    monkeypatch.setattr(ArgonPasswords.__init__, "__defaults__", (CHEAPEST, HASHES_AT_ONCE))
    monkeypatch.setattr(UserAdministration.__init__, "__kwdefaults__", {"settle_seconds": 0})
    for name in without_settings(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PUERTO_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str, given: str = "") -> Result:
        result = CliRunner().invoke(app, arguments, input=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    """Put the logging of the test process back as it was."""
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    before = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers
