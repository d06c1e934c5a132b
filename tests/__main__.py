"""Everything that must pass, as one command: ``python -m tests``, with ``--long`` the long tests.

The tests are shared out among processes, as are the two databases, and the static checks come
last. Most tests wait now and then, so there are twice as many processes at a time as CI has cores.

``--newest`` reports how the short tests fare on the newest release of everything; it never fails.
"""

import re
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
BIN: Final = Path(sys.executable).parent
AT_ONCE: Final = 4

Command = tuple[str, ...]

STATIC: Final[Sequence[Command]] = (
    (sys.executable, "-m", "mypy"),
    (str(BIN / "ruff"), "check", "."),
    (str(BIN / "ruff"), "format", "--check", "."),
    (str(BIN / "lint-imports"),),
)
PYTEST: Final = (sys.executable, "-m", "pytest", "-q", "--durations=5")
ON_POSTGRESQL: Final = "--database=postgresql"
# Each of these, on SQLite, is a process of its own beside the rest.
PARTS: Final = (
    "tests/entrypoints/cli",
    "tests/outside",
    "tests/entrypoints/http",
    "tests/plugins",
)
# What takes longest begins first, so that all end at about the same time.
SHORT: Final[Sequence[Command]] = (
    (*PYTEST, "tests/outside"),
    (*PYTEST, ON_POSTGRESQL, "tests/entrypoints/http"),
    (*PYTEST, ON_POSTGRESQL, "tests", "--ignore=tests/entrypoints/http"),
    (*PYTEST, "tests", *(f"--ignore={part}" for part in PARTS)),
    *((*PYTEST, part) for part in PARTS if part != "tests/outside"),
    *STATIC,
)
# One engine after the other: loads and storms want both cores.
LONG: Final[Sequence[Command]] = ((*PYTEST, "-m", "long"), (*PYTEST, "-m", "long", ON_POSTGRESQL))


def _quietly(command: Command) -> tuple[bool, str]:
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    title = f"$ {Path(command[0]).name} {' '.join(command[1:])}  ({time.monotonic() - began:.0f} s)"
    return done.returncode == 0, f"{title}\n{done.stdout}{done.stderr}"


def _newest() -> None:
    """Report how the tests fare on the newest of everything, next majors included.

    What is installed here is what was tested; this is what will be asked of us next.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [each for extra in project["optional-dependencies"].values() for each in extra]
    named = [each for each in (*project["dependencies"], *extras) if not each.startswith("puerto[")]
    unbounded = [re.sub(r",<\d+$", "", requirement) for requirement in named]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        install = (python, "-m", "pip", "install", "-q")
        for command in (
            (*install, *unbounded),
            (*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)),
            (python, "-m", "tests"),
        ):
            passed, output = _quietly(command)
            if not passed:
                print(f"The newest releases would break this:\n{output}", flush=True)
                return
    print("The newest releases would break nothing.", flush=True)


def main(arguments: list[str]) -> int:
    """Run the checks and return the exit status."""
    if "--newest" in arguments:
        _newest()
        return 0
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
