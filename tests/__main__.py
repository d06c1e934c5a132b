"""Everything that must pass, as one command: ``python -m tests``, with ``--long`` the long tests.

The tests are shared out among processes, as are the two databases, and the static checks come
last. Most tests wait now and then, so there is one process more at a time than CI has cores.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
BIN: Final = Path(sys.executable).parent
AT_ONCE: Final = 3

Command = tuple[str, ...]

STATIC: Final[Sequence[Command]] = (
    (sys.executable, "-m", "mypy"),
    (str(BIN / "ruff"), "check", "."),
    (str(BIN / "ruff"), "format", "--check", "."),
    (str(BIN / "lint-imports"),),
)
PYTEST: Final = (sys.executable, "-m", "pytest", "-q", "--durations=5")
ON_POSTGRESQL: Final = "--database=postgresql"
# What takes longest on SQLite, each a process of its own beside the rest.
PARTS: Final = ("tests/entrypoints/cli", "tests/outside", "tests/entrypoints/http")
SHORT: Final[Sequence[Command]] = (
    (*PYTEST, ON_POSTGRESQL),
    (*PYTEST, "tests", *(f"--ignore={part}" for part in PARTS)),
    *((*PYTEST, part) for part in PARTS),
    *STATIC,
)
# One engine after the other: loads and storms want both cores.
LONG: Final[Sequence[Command]] = ((*PYTEST, "-m", "long"), (*PYTEST, "-m", "long", ON_POSTGRESQL))


def _quietly(command: Command) -> tuple[bool, str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    title = f"$ {Path(command[0]).name} {' '.join(command[1:])}"
    return done.returncode == 0, f"{title}\n{done.stdout}{done.stderr}"


def main(arguments: list[str]) -> int:
    """Run the checks and return the exit status."""
    began = time.monotonic()
    long = "--long" in arguments
    good = True
    with ThreadPoolExecutor(1 if long else AT_ONCE) as pool:
        running = [pool.submit(_quietly, command) for command in (LONG if long else SHORT)]
        for check in as_completed(running):
            passed, output = check.result()
            good &= passed
            print(output, flush=True)
    print(f"{'All good' if good else 'FAILED'} in {time.monotonic() - began:.0f} s.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
