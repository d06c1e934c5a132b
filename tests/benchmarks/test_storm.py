"""Small kill storms, and an upgrade. `benchmarks/storm.py` checks what they left behind itself."""

import io
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

# The version before. Until one is released: the last commit whose newest migration is 0017.
VERSION_BEFORE = "55666abae9f6928b2a2e18127f9bda4862563045"

pytestmark = pytest.mark.long


def run(*options: str) -> str:
    """Run a storm, and return what it printed; its seed is in the failure."""
    command = [sys.executable, str(ROOT / "benchmarks" / "storm.py"), *options]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, check=False, env=env
    )
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    return done.stdout


def figures_of(printed: str) -> dict[str, int]:
    last = printed.strip().splitlines()[-1]
    return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", last)}


@pytest.mark.parametrize(
    ("seconds", "options"),
    [
        (55, ["--database=sqlite", "--webhooks"]),
        (55, ["--database=postgresql", "--workers=2", "--webhooks"]),
        (25, ["--database=postgresql", "--workers=2", "--restart-database"]),
    ],
    ids=["sqlite", "postgresql", "postgresql restarted"],
)
def test_nothing_is_lost_or_repeated_in_a_storm(seconds: int, options: list[str]) -> None:
    figures = figures_of(run("--kills=30", f"--seconds={seconds}", *options))
    assert figures["violations"] == 0
    assert min(figures[name] for name in ("messages", "effects")) > 5  # else no storm
    assert figures["kills"] > 1  # a slow machine starts few workers again in that time


def test_an_upgrade_under_load_loses_and_repeats_nothing(tmp_path: Path) -> None:
    git = ("git", "-C", str(ROOT))
    packed = subprocess.run(
        [*git, "archive", VERSION_BEFORE], capture_output=True, check=False, env=os.environ
    )
    if packed.returncode != 0:
        pytest.skip(f"the version before, {VERSION_BEFORE}, is not in this clone's history")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(tmp_path, filter="data")
    printed = run("--database=postgresql", "--workers=2", "--kills=0", f"--upgrade-from={tmp_path}")
    figures = figures_of(printed)
    assert figures["violations"] == 0
    assert min(figures["messages"], figures["effects"]) > 5
    assert "upgrades: 2" in printed
    took_over = re.search(r"takeovers: (\d+)", printed)
    assert took_over is not None
    assert int(took_over[1]) > 0  # runs of one version went on in the other
