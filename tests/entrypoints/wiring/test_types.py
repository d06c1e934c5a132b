"""A wrong wiring fails the type check: copies in which one thing is another are refused."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
WIRING: Final = "entrypoints/wiring"

# The file, what stands there, and what is put there instead.
WRONG: Final = {
    "two_parts_swapped": (
        f"{WIRING}/container.py",
        "(wire_models, offered_models, plugins, clock)",
        "(wire_models, offered_models, clock, plugins)",
    ),
    "one_part_too_few": (
        f"{WIRING}/container.py",
        "(wire_web, settings)",
        "(wire_web)",
    ),
    "a_clock_that_asks": (f"{WIRING}/runs.py", "ModelStep(failover,", "ModelStep(clock,"),
    "a_host_for_the_vetoes": (
        f"{WIRING}/configuration.py",
        "vetoes=plugins.vetoes",
        "vetoes=plugins.host",
    ),
    "sessions_for_users": (
        "adapters/persistence/store.py",
        "TortoiseUsers(database)",
        "TortoiseSessions(database)",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_made_wrong_is_there(name: str) -> None:
    path, right, _ = WRONG[name]
    assert right in (ROOT / path).read_text()


@pytest.mark.long
def test_a_wrong_wiring_fails_the_type_check(tmp_path: Path) -> None:
    sources = {path for path, _, _ in WRONG.values()}
    for path in sources:
        (tmp_path / f"right_{Path(path).name}").write_text((ROOT / path).read_text())
    for name, (path, right, wrong) in WRONG.items():
        text = (ROOT / path).read_text()
        (tmp_path / f"{name}.py").write_text(text.replace(right, wrong, 1))
    assert refused(tmp_path) == WRONG.keys()


def refused(folder: Path) -> set[str]:
    """Return the modules of the folder in which mypy finds an argument or value of a wrong type."""
    command = (sys.executable, "-m", "mypy", f"--config-file={ROOT / 'setup.cfg'}", folder)
    checked = subprocess.run(
        command,
        cwd=ROOT,  # whose cache knows the rest
        env=os.environ | {"MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode in {0, 1}, checked.stdout + checked.stderr
    wrong = r"(\w+)\.py:\d+: error: .*\[(?:arg-type|call-overload|call-arg|assignment)\]"
    errors = [line for line in checked.stdout.splitlines() if ": error: " in line]
    found = [re.search(wrong, line) for line in errors]
    assert None not in found, checked.stdout
    return {each[1] for each in found if each is not None}
