"""Everything that must pass, as one command: ``python -m tests``, with ``--long`` the long tests.

The tests are shared out among processes, as are the two databases, and the static checks come
last. Most tests wait now and then, so there are more processes at a time than CI has cores.

``--busy`` runs the short tests while other processes want every core, too: no test may hang on how
fast the machine is. What fails there is shown, and run once more: it fails the command only if it
fails again.

``--newest`` reports how the short tests fare on the newest release of everything; it never fails.
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.parts import (
    APART,
    COMMAND_LINE,
    EXTENSIONS,
    HTTP,
    OUTSIDE,
    PLUGINS,
    ROUTES,
    WITHOUT_DATABASE,
    without,
)
from tests.support.templates import SHARED

ROOT: Final = Path(__file__).parent.parent
BIN: Final = Path(sys.executable).parent
AT_ONCE: Final = 5

Command = tuple[str, ...]

STATIC: Final[Sequence[Command]] = (
    (sys.executable, "-m", "mypy"),
    (str(BIN / "ruff"), "check", "."),
    (str(BIN / "ruff"), "format", "--check", "."),
    (str(BIN / "lint-imports"),),
)
PYTEST: Final = (sys.executable, "-m", "pytest", "-q", "--durations=5")
ON_POSTGRESQL: Final = "--database=postgresql"

# What takes longest when it runs alone begins first, its waits included, so that all end at about
# the same time.
SHORT: Final[Sequence[Command]] = (
    (*PYTEST, COMMAND_LINE),
    (*PYTEST, *EXTENSIONS),
    (*PYTEST, ROUTES),
    (*PYTEST, HTTP, *without(ROUTES)),
    (*PYTEST, ON_POSTGRESQL, "tests", *without(HTTP, *OUTSIDE, *WITHOUT_DATABASE)),
    (*PYTEST, "tests", *without(*APART)),
    (*PYTEST, *OUTSIDE, *without(*EXTENSIONS)),
    (*PYTEST, PLUGINS),
)
# One engine after the other: loads and storms want both cores.
LONG: Final[Sequence[Command]] = (
    (*PYTEST, "-m", "long"),
    (*PYTEST, "-m", "long", ON_POSTGRESQL),
    (*PYTEST, "-m", "hypothesis", "--hypothesis-profile=long"),
)


def _quietly(command: Command) -> tuple[bool, str]:
    began = time.monotonic()
    # What one process has compiled spares the others the same.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    title = f"$ {Path(command[0]).name} {' '.join(command[1:])}  ({time.monotonic() - began:.0f} s)"
    return done.returncode == 0, f"{title}\n{done.stdout}{done.stderr}"


def _twice(command: Command) -> tuple[bool, str]:
    """Run a command of pytest, and what failed of it once more."""
    with tempfile.TemporaryDirectory() as cache:
        first = (*command, "-o", f"cache_dir={cache}")
        passed, output = _quietly(first)
        if not passed:
            passed, again = _quietly((*first, "--last-failed", "--last-failed-no-failures=none"))
            output = f"{output}\nWhat failed, once more:\n{again}"
    return passed, output


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


@contextmanager
def _busy() -> Iterator[None]:
    """Let other processes want every core."""
    loop = (sys.executable, "-c", "while True: pass")
    loops = [subprocess.Popen(loop) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for each in loops:
            each.kill()
            each.wait()


def _all_pass(
    commands: Sequence[Command],
    at_once: int,
    run: Callable[[Command], tuple[bool, str]] = _quietly,
) -> bool:
    """Run the commands, print what they say, and tell whether all of them passed."""
    good = True
    with tempfile.TemporaryDirectory() as templates, ThreadPoolExecutor(at_once) as pool:
        os.environ[SHARED] = templates
        for check in as_completed([pool.submit(run, command) for command in commands]):
            passed, output = check.result()
            good &= passed
            print(output, flush=True)
    return good


def main(arguments: list[str]) -> int:
    """Run the checks and return the exit status."""
    if "--newest" in arguments:
        _newest()
        return 0
    began = time.monotonic()
    if "--long" in arguments:
        good = _all_pass(LONG, 1)
    elif "--busy" in arguments:
        with _busy():
            good = _all_pass(SHORT, AT_ONCE, _twice)
    else:
        good = _all_pass((*SHORT, *STATIC), AT_ONCE)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = f"{used.ru_utime + used.ru_stime:.0f} s of CPU"
    print(f"{'All good' if good else 'FAILED'} in {time.monotonic() - began:.0f} s, {cpu}.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
