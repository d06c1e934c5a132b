"""``benchmarks/transports.py`` runs to its end. How fast is not asked here."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.long


def test_every_transport_has_its_figures_for_both_loads() -> None:
    command = [
        sys.executable,
        str(ROOT / "benchmarks" / "transports.py"),
        "--turns=1",
        "--rounds=1",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    _, *rows = done.stdout.splitlines()
    for load in ("10 ms apart", "in a burst"):
        of_load = [row for row in rows if row.startswith(load)]
        assert [row.removeprefix(load).split()[0] for row in of_load][:2] == ["puerto", "httpx2"]
        assert all(row.endswith("x") for row in of_load)
