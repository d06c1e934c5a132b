"""Power cuts: a disk that keeps what was synced and nothing else (``power_cut.c``)."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

SOURCE: Final = Path(__file__).with_suffix(".c")


class Disk:
    """A folder that loses, at a power cut, whatever was not synced by then."""

    def __init__(self, folder: Path, library: Path) -> None:
        self.folder = folder / "disk"
        self.folder.mkdir()
        self._synced = folder / "synced"
        self._synced.mkdir()
        self.environment = {
            "LD_PRELOAD": str(library),
            "WATCHED": str(self.folder),
            "SYNCED": str(self._synced),
        }

    def cut_power(self) -> None:
        """Leave what was synced. Nobody may have a file open any more.

        What was deleted stays so: SQLite syncs the folder after that.
        """
        for file in self.folder.iterdir():
            file.unlink()
            if (synced := self._synced / file.name).exists():
                shutil.copy(synced, file)


def make_disk(folder: Path) -> Disk:
    """Return a disk in this folder; skip the test where it cannot be made."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or not os.path.isdir("/proc/self/fd"):  # noqa: PTH112
        pytest.skip("no C compiler, or no Linux")
    library = folder / "power_cut.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE], check=True)
    return Disk(folder, library)
