"""A small kill storm on each engine. `benchmarks/storm.py` checks what it left behind itself."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.long


def run(*options: str) -> str:
    """Run a storm, and return the last line that it printed; its seed is in the failure."""
    command = [sys.executable, str(ROOT / "benchmarks" / "storm.py"), *options]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, check=False, env=env
    )
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("seconds", "options"),
    [
        (55, ["--database=sqlite"]),
        (55, ["--database=postgresql", "--workers=2"]),
        (25, ["--database=postgresql", "--workers=2", "--restart-database"]),
    ],
    ids=["sqlite", "postgresql", "postgresql restarted"],
)
def test_nothing_is_lost_or_repeated_in_a_storm(seconds: int, options: list[str]) -> None:
    last = run("--kills=30", f"--seconds={seconds}", *options)
    figures = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", last)}
    assert figures["violations"] == 0
    assert min(figures[name] for name in ("kills", "messages", "effects")) > 5  # else no storm
