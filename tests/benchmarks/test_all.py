"""``benchmarks/all.py`` runs to its end, and every figure is there. How good is not asked here."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
CAN_MEASURE = Path("/proc/self/task").exists()

pytestmark = pytest.mark.long


def run(*options: str) -> str:
    command = [sys.executable, str(ROOT / "benchmarks" / "all.py"), "--quick", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def figures(value: Any) -> list[Any]:
    """Return all numbers, and what stands for them, however deep."""
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in figures(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in figures(each)]
    return [] if isinstance(value, str) else [value]


def test_every_figure_is_there() -> None:
    found = json.loads(run("--json", "--only", "turns", "growth", "profile"))
    loads = found["turns"]["figures"]["loads"]
    ways = ("`POST /api/chat`, streamed", "`POST /api/chat`, plain", "`/ws`")
    assert [load["load"] for load in loads] == [
        f"{way}, {pace}" for way in ways for pace in ("1 ms apart", "in a burst")
    ]
    for load in loads:
        has_pieces = "plain" not in load["load"]
        assert (load["puerto"]["first_piece_ms"] is not None) == has_pieces
        assert load["puerto"]["turns_per_second"] > 0
    assert {len(lines) for lines in found["growth"]["figures"].values()} == {2}
    if CAN_MEASURE:
        for part in ("growth", "profile"):
            assert None not in figures(found[part]), found[part]
        assert all(load["ratio"]["cpu_ms"] > 0 for load in loads)
        paced, burst = found["profile"]["figures"]["profiles"]
        assert paced["functions"]
        assert burst["packages"]


def test_goals_stand_beside_the_figures() -> None:
    heading, goals, *parts = run("--only", "idle").strip().split("\n\n")
    assert heading.startswith("`python benchmarks/all.py --quick --only idle`")
    titles, _, *rows = goals.splitlines()
    assert titles == "| figure | at most | found | met |"
    assert [row.split(" | ")[1] for row in rows] == ["40 KiB", "100 MB", "1.5 s"]
    said = {"yes", "**no**"} if CAN_MEASURE else {"not measured", "yes", "**no**"}
    assert {row.split(" | ")[3].removesuffix(" |") for row in rows} <= said
    assert parts[0] == "### Idle"
    assert ("| - |" not in parts[-1]) == CAN_MEASURE
