"""Everything that must pass, as one command: ``python -m tests``, with ``--long`` the long tests.

The static checks run beside the tests, since the two wait for different things.
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
TESTS: Final = (PYTEST, (*PYTEST, "--database=postgresql"))
LONG: Final = (
    (*PYTEST, "-m", "long"),
    (*PYTEST, "-m", "long", "--database=postgresql"),
)


def _static(command: tuple[str, ...]) -> tuple[bool, str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    title = f"$ {' '.join(Path(word).name for word in command)}"
    return done.returncode == 0, f"{title}\n{done.stdout}{done.stderr}"


def main(arguments: list[str]) -> int:
    """Run the checks and return the exit status."""
    began = time.monotonic()
    long = "--long" in arguments
    good = True
    with ThreadPoolExecutor(1) as beside:
        running = [] if long else [beside.submit(_static, command) for command in STATIC]
        for command in LONG if long else TESTS:
            good &= subprocess.run(command, cwd=ROOT, check=False).returncode == 0
        for check in running:
            passed, output = check.result()
            good &= passed
            print(output, flush=True)
    print(f"{'All good' if good else 'FAILED'} in {time.monotonic() - began:.0f} s.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
