"""Folders that packages are installed into: what came since may have to be made importable."""

import logging
import site
import sys
from pathlib import Path
from typing import Final

_log: Final = logging.getLogger(__name__)


class SitePaths:
    """Takes in ``.pth`` files that are new, as Python does at its start with all of them.

    An editable install puts one where packages are: without it, they are listed but cannot be
    imported.
    """

    def __init__(self) -> None:
        self._seen = set(_pth_files())

    def take_in(self) -> None:
        """Take in the files that came since the last time."""
        for file in _pth_files():
            if file not in self._seen:
                self._seen.add(file)
                try:
                    site.addpackage(str(file.parent), file.name, None)
                except Exception as error:  # noqa: BLE001 - it may even run code
                    _log.warning("%s cannot be taken in: %r", file, error)


def _pth_files() -> list[Path]:
    folders = dict.fromkeys([*site.getsitepackages(), site.getusersitepackages()])
    return [file for folder in folders if folder in sys.path for file in _listed(Path(folder))]


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.pth")) if folder.is_dir() else []
