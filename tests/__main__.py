"""Everything that must pass, as one command: ``python -m tests``, with ``--long`` the long tests.

The tests run on SQLite and on PostgreSQL at once, in a process each, and the static checks beside
them: the three wait for different things.
"""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
BIN: Final = Path(sys.executable).parent

STATIC: Final = (
    (str(BIN / "ruff"), "check", "."),
    (str(BIN / "ruff"), "format", "--check", "."),
    (str(BIN / "lint-imports"),),
    (sys.executable, "-m", "mypy"),
)
PYTEST: Final = (sys.executable, "-m", "pytest", "-q", "--durations=5")
ON_POSTGRESQL: Final = "--database=postgresql"
LONG: Final = ("-m", "long")  # one engine after the other: loads and storms want both cores


def _quietly(command: tuple[str, ...]) -> tuple[bool, str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    title = f"$ {' '.join(Path(word).name for word in command)}"
    return done.returncode == 0, f"{title}\n{done.stdout}{done.stderr}"


def main(arguments: list[str]) -> int:
    """Run the checks and return the exit status."""
    began = time.monotonic()
    long = LONG if "--long" in arguments else ()
    beside = ((*PYTEST, *long, ON_POSTGRESQL), *(() if long else STATIC))
    with ThreadPoolExecutor(2) as pool:
        running = [] if long else [pool.submit(_quietly, command) for command in beside]
        good = subprocess.run((*PYTEST, *long), cwd=ROOT, check=False).returncode == 0
        running = running or [pool.submit(_quietly, command) for command in beside]
        for check in running:
            passed, output = check.result()
            good &= passed
            print(output, flush=True)
    print(f"{'All good' if good else 'FAILED'} in {time.monotonic() - began:.0f} s.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
