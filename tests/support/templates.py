"""What a data folder has in it to begin with, for to make it takes a process most of a second.

That is a migrated, empty database. The first start on nothing is tried by the demo, by ``puerto
migrate`` and by the tutorials. And it is which plugins have been tried in a process of their own,
in any test before; how they are tried has tests beside the plugins' host.
"""

import json
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from tests.support.nursery import Child

FILE: Final = "puerto.db"
TRIED: Final = "plugins-tried.json"


def give_database(data: Path) -> None:
    """Put the database into a data folder that is not there yet, or has none."""
    if (data / FILE).exists():
        return
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(_template(), data / FILE)


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
def _template() -> Path:
    """Return the file that is copied; it goes with this process.

    Another process makes it: the ORM's models cannot speak two dialects in one.
    """
    folder = tempfile.TemporaryDirectory(prefix="puerto-template-")
    _kept.append(folder)
    making = Child(["migrate"], Path(folder.name), {"PUERTO_DATA_DIR": folder.name})
    printed = making.output.read()
    making.output.close()
    assert making.wait(60) == 0, printed
    return Path(folder.name) / FILE


_kept: Final[list["tempfile.TemporaryDirectory[str]"]] = []
_tried: Final[set[str]] = set()
