"""What a data folder has in it to begin with, for to make it takes a process most of a second.

That is a migrated, empty database. The first start on nothing is tried by the demo, by ``puerto
migrate`` and by the tutorials. And it is which plugins have been tried in a process of their own,
in any test before; how they are tried has tests beside the plugins' host.
"""

import fcntl
import json
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from tests.support.nursery import Child

SHARED: Final = "TEMPLATES_OF_TESTS"  # names the folder in which processes of tests share theirs
FILE: Final = "puerto.db"
TRIED: Final = "plugins-tried.json"


def give_database(data: Path) -> None:
    """Put the database into a data folder that is not there yet, or has none."""
    if (data / FILE).exists():
        return
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(migrated(), data / FILE)


def give_tried(data: Path) -> None:
    """Let a data folder know the plugins that were tried, if it is a new one."""
    if _tried and not (data / TRIED).exists():
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data / TRIED).write_text(json.dumps(sorted(_tried)))


def keep_tried(data: Path) -> None:
    """Keep which plugins a service with this data folder has tried."""
    with suppress(FileNotFoundError, ValueError):
        _tried.update(json.loads((data / TRIED).read_text()))


@cache
def migrated() -> Path:
    """Return the file that is copied; it goes with this process, or with all that share it.

    Another process makes it: the ORM's models cannot speak two dialects in one.
    """
    folder = Path(os.environ.get(SHARED) or _own_folder())
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / FILE).exists():
            making = Child(["migrate"], folder, {"PUERTO_DATA_DIR": str(folder)})
            printed = making.output.read()
            making.output.close()
            assert making.wait(60) == 0, printed
    return folder / FILE


def _own_folder() -> str:
    folder = tempfile.TemporaryDirectory(prefix="puerto-template-")
    _kept.append(folder)
    return folder.name


_kept: Final[list["tempfile.TemporaryDirectory[str]"]] = []
_tried: Final[set[str]] = set()
