"""A migrated, empty database to begin with: to make one takes a process most of a second.

The first start on nothing is tried by the demo, by ``puerto migrate`` and by the tutorials.
"""

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

from tests.support.nursery import Child

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
    making = Child(["migrate"], Path(folder.name), {"PUERTO_DATA_DIR": folder.name})
    printed = making.output.read()
    making.output.close()
    assert making.wait(60) == 0, printed
    return Path(folder.name) / FILE


_kept: Final[list["tempfile.TemporaryDirectory[str]"]] = []
