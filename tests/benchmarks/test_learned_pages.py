"""``benchmarks/learned_pages.py`` runs to its end. How long anything takes is not asked here."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.long


def test_everything_is_asked() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "learned_pages.py"), "--operations=60"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    for row in ("learn", "a page, limit=100", "change an override", "forget"):
        assert f"| {row} |" in done.stdout
    assert "A page holds the event loop for" in done.stdout
