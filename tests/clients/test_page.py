"""The guide to the client: its examples, run from top to bottom as they stand."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.pages import ROOT, blocks_of
from tests.support.service import RunningService

PAGE = ROOT / "docs" / "how-to" / "python-client.md"

BLOCKS = [block for block in blocks_of(PAGE) if block.language == "python"]


def test_every_example_runs_as_it_stands(
    service: RunningService,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PUERTO_URL", service.url)
    monkeypatch.setenv("PUERTO_API_KEY", key)
    names: dict[str, Any] = {}
    for block in BLOCKS:
        lines = "\n" * (block.line - 1)  # so that an error names the line of the page
        exec(compile(lines + block.text, PAGE, "exec"), names)
    names["client"].close()
    printed = capsys.readouterr().out
    for text in (
        "391",
        "782",
        "calculator {'expression': '17 * 23'}",
        "17 * 23 = 391 (completed)",
        "waiting_consent",
        "'label': 'second'",
        "What is 17 * 23? ",
        "save_roll",
        "['17 * 23 = 391', '3 * 4 = 12']",
        "400 INVALID_REQUEST",
        "404 NOT_FOUND",
    ):
        assert text in printed, text


@pytest.mark.long
def test_the_examples_are_typed_well(tmp_path: Path) -> None:
    file = tmp_path / "page.py"
    file.write_text("".join(block.text for block in BLOCKS))
    command = [sys.executable, "-m", "mypy", "--strict", str(file)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
