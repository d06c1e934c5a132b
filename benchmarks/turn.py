"""What a streamed turn costs: Puerto beside the least that a server in Python can do.

``python benchmarks/turn.py`` starts a stand-in for a provider, a bare relay and the service,
each a process of its own on a database of its own, and sends both the same turns, one after
the other and back, so that what else the machine does falls on both. It ends by itself.
``benchmarks/all.py`` measures this and everything else.
"""

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import uvloop
from client import Load
from databases import databases
from installation import both
from report import table
from sampling import compare

BURST_WEIGHT: Final = 5  # turns in a burst are short: more of them make a steadier figure


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--database", choices=("postgresql", "sqlite"), default="postgresql")
    add("--turns", type=count, default=8, help="paced turns in a round (in a burst: 5 times)")
    add("--rounds", type=count, default=5, help="how often each service has its turn")
    add("--concurrency", type=count, default=4, help="turns at a time")
    add("--pieces", type=count, default=200, help="pieces of an answer")
    add("--pause", type=count, default=10, help="milliseconds between two pieces")
    add("--json", action="store_true", help="print JSON, not a table")
    return parser.parse_args(arguments)


def count(text: str) -> int:
    """Read a number that must be at least 1."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def loads_of(options: argparse.Namespace) -> tuple[Load, ...]:
    """Return what both services are put under."""
    at_a_time, pieces, pause = options.concurrency, options.pieces, options.pause
    return (
        Load(f"{pause} ms apart", options.turns, at_a_time, pieces, pause),
        Load("in a burst", options.turns * BURST_WEIGHT, at_a_time, pieces, pause=0),
    )


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    options = options_of(arguments)
    with tempfile.TemporaryDirectory(prefix="puerto-turn-") as made:
        folder = Path(made)
        with databases(options.database, folder) as database, both(folder, database) as targets:
            measuring = compare(*targets, database, loads_of(options), options.rounds)
            comparisons = uvloop.run(measuring)
    about = vars(options) | circumstances()
    if options.json:
        print(json.dumps(about | {"loads": [each.to_json() for each in comparisons]}, indent=2))
    else:
        print(_heading(about), table(comparisons), sep="\n\n")


def circumstances() -> dict[str, str]:
    """Return what figures depend on beside the code."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _heading(about: dict[str, object]) -> str:
    return (
        "{pieces} pieces an answer, {concurrency} turns at a time, on {database}\n"
        "{date}, Python {python}, {system}; medians of {rounds} rounds, after one to warm up"
    ).format_map(about)


if __name__ == "__main__":
    main(sys.argv[1:])
