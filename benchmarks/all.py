"""Everything there is to measure: turns, idleness, growth, and where the time goes.

``python benchmarks/all.py`` starts a PostgreSQL and whatever else it needs, prints Markdown with
the goals beside the figures, and ends by itself after a few minutes. What is compared takes
turns, round by round; figures are medians of the rounds, ratios medians of the rounds' ratios.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from databases import Databases, databases
from section import Scale, Section, goals_table
from sections import growth, idle, limits, sinks, turns
from turn import circumstances, count

PARTS: Final[dict[str, Callable[[Scale, Path, Databases], Section]]] = {
    "turns": turns.measure,
    "limits": limits.measure,
    "idle": idle.measure,
    "growth": growth.measure,
    "profile": sinks.measure,
}
FULL: Final = Scale(
    rounds=3,
    turns=8,
    concurrency=4,
    pieces=200,
    pause=10,
    sockets=1_000,
    rest_seconds=1,
    requests=200,
    messages=(10, 1_000, 10_000),
    tools=(20, 2_000, 5_000),
    conversations=(100, 10_000, 1_000_000),
)
QUICK: Final = Scale(
    rounds=1,
    turns=2,
    concurrency=2,
    pieces=6,
    pause=1,
    sockets=20,
    rest_seconds=0.1,
    requests=3,
    messages=(10, 50),
    tools=(10, 50),
    conversations=(50, 100),
)


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--only", choices=PARTS, nargs="+", default=list(PARTS), help="measure no more than this")
    add("--rounds", type=count, help=f"how often each has its turn ({FULL.rounds})")
    add("--quick", action="store_true", help="see that it works: little, and once")
    add("--json", action="store_true", help="print JSON, not Markdown")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    options = options_of(arguments)
    scale = QUICK if options.quick else FULL
    if options.rounds:
        scale = replace(scale, rounds=options.rounds)
    found: dict[str, Section] = {}
    with tempfile.TemporaryDirectory(prefix="puerto-all-") as made:
        folder = Path(made)
        with databases("postgresql", folder) as database:
            for name in options.only:
                print(f"measuring: {name}", file=sys.stderr, flush=True)
                found[name] = PARTS[name](scale, folder, database)
    print(_json(scale, found) if options.json else _markdown(arguments, scale, found))


def _json(scale: Scale, found: dict[str, Section]) -> str:
    parts: dict[str, Any] = {name: section.to_json() for name, section in found.items()}
    return json.dumps(circumstances() | {"scale": asdict(scale)} | parts, indent=2)


def _markdown(arguments: Sequence[str], scale: Scale, found: dict[str, Section]) -> str:
    command = " ".join(["python benchmarks/all.py", *arguments])
    heading = "`{}`: {date}, {system}, {} cores, Python {python}; medians, rounds: {}.".format(
        command, os.cpu_count(), scale.rounds, **circumstances()
    )
    goals = [goal for section in found.values() for goal in section.goals]
    tables = [f"### {section.title}\n\n{section.body}" for section in found.values()]
    return "\n\n".join([heading, *([goals_table(goals)] if goals else []), *tables])


if __name__ == "__main__":
    main(sys.argv[1:])
