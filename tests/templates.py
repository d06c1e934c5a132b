"""A migrated, empty database to begin with: to make one takes a process most of a second.

The first start on nothing is tried by the demo, by ``puerto migrate`` and by the tutorials.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
FILE: Final = "puerto.db"


def give_database(data: Path) -> None:
    """Put the database into a data folder that is not there yet, or has none."""
    if (data / FILE).exists():
        return
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(_template(), data / FILE)


@cache
def _template() -> Path:
    """Return the file that is copied; it goes with this process.

    Another process makes it: the ORM's models cannot speak two dialects in one.
    """
    folder = tempfile.TemporaryDirectory(prefix="puerto-template-")
    _kept.append(folder)
    subprocess.run(
        [sys.executable, "-m", "puerto", "migrate"],
        cwd=folder.name,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PUERTO_DATA_DIR": folder.name,
        },
        check=True,
        capture_output=True,
        timeout=120,
    )
    return Path(folder.name) / FILE


_kept: Final[list["tempfile.TemporaryDirectory[str]"]] = []
