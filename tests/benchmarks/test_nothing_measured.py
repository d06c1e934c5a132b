"""Benchmarks of documents fail loudly where there is nothing to measure."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("name", ["learn.py", "calls.py"])
def test_a_folder_that_gives_no_tool_is_no_success(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("openapi: 3.1.0\npaths: {}\n")
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / name), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert "no document" in done.stderr.lower()
    assert " of 0" not in done.stdout
