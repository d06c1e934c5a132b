"""New ``.pth`` files in site-packages, which make editable installs importable."""

import logging
import site
import sys
from pathlib import Path
from typing import Final

_log: Final = logging.getLogger(__name__)


class SitePaths:
    """Processes new ``.pth`` files, as Python does with all of them at its start.

    An editable install adds one to site-packages: until it is processed, the distribution is listed
    but cannot be imported.
    """

    def __init__(self) -> None:
        self._seen = set(_pth_files())

    def take_in(self) -> None:
        """Process the files that are new since the last call."""
        for file in _pth_files():
            if file not in self._seen:
                self._seen.add(file)
                try:
                    site.addpackage(str(file.parent), file.name, None)
                except Exception as error:  # noqa: BLE001 - a .pth file may run any code
                    _log.warning("%s cannot be taken in: %r", file, error)


def _pth_files() -> list[Path]:
    folders = dict.fromkeys([*site.getsitepackages(), site.getusersitepackages()])
    return [file for folder in folders if folder in sys.path for file in _listed(Path(folder))]


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.pth")) if folder.is_dir() else []
