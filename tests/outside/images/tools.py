"""The programs that check and build: `.ci/images` and `.ci/programs` install them."""

import shutil
import subprocess
from pathlib import Path

import pytest

BIN = Path(__file__).parent / ".venv" / "bin"


def program(name: str) -> str:
    """Return where a program is; skip the test where it is not."""
    found = shutil.which(name, path=f"{BIN}:/usr/local/bin:/usr/bin:/usr/sbin:/bin")
    if found is None:
        pytest.skip(f"{name} is missing: .ci/images and .ci/programs install it")
    return found


def run(*command: str | Path, folder: Path | None = None, status: int = 0) -> str:
    """Run a command that ends with that status; return what it prints on standard output."""
    path = {"PATH": f"{BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    done = subprocess.run(
        command, cwd=folder, env=path, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout if status == 0 else done.stdout + done.stderr
