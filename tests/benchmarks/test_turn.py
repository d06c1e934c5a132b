"""``benchmarks/turn.py`` runs to its end and gives every figure. How fast is not asked here."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
SMALL = ("--turns=2", "--rounds=1", "--concurrency=2", "--pieces=6", "--pause=1")
FIGURES = ("cpu_ms", "database_cpu_ms", "first_piece_ms", "turns_per_second")

pytestmark = pytest.mark.long


def run(*options: str) -> str:
    command = [sys.executable, str(ROOT / "benchmarks" / "turn.py"), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def is_measurable(figure: str, database: str) -> bool:
    """CPU needs /proc, and SQLite is no process of its own."""
    has_process = figure != "database_cpu_ms" or database == "postgresql"
    return not figure.endswith("cpu_ms") or (Path("/proc/self/task").exists() and has_process)


def check(load: dict[str, Any], database: str) -> None:
    for figure in FIGURES:
        values = [load[who][figure] for who in ("relay", "puerto", "ratio")]
        if is_measurable(figure, database):
            assert all(value > 0 for value in values), (figure, values)
        else:
            assert values == [None, None, None], figure


@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_every_figure_is_there_for_both_loads(database: str) -> None:
    found = json.loads(run("--json", f"--database={database}", *SMALL))
    assert (found["database"], found["pieces"], found["rounds"]) == (database, 6, 1)
    assert [load["load"] for load in found["loads"]] == ["1 ms apart", "in a burst"]
    for load in found["loads"]:
        check(load, database)


def test_the_table_has_a_row_for_each_service_and_their_ratio() -> None:
    heading, _, table = run("--database=sqlite", *SMALL).strip().partition("\n\n")
    assert heading.startswith("6 pieces an answer, 2 turns at a time, on sqlite")
    titles, *rows = table.splitlines()
    assert titles.endswith(" turns/s")
    assert [row[14:].split()[0] for row in rows] == ["relay", "puerto", "ratio"] * 2
    assert all(len(row[14:].split()) == 1 + len(FIGURES) for row in rows)
    assert all(row.endswith("x") for row in rows[2::3])
