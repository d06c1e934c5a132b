"""What is installed as a package has every file that the code reads."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

from tests.support.pages import ROOT
from tests.test_dependencies import ROOMS

SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


def package_of(file: Path) -> Path:
    """Return the folder of the package that a file is in."""
    return next(folder for folder in file.parents if (folder / "__init__.py").exists())


def test_files_that_are_no_code_go_with_their_packages() -> None:
    patterns = SETUPTOOLS["package-data"]["*"]
    files = [
        file
        for room in ROOMS
        for file in (ROOT / room).rglob("*")
        if file.is_file() and file.suffix not in {".py", ".pyc"}
    ]
    assert files
    for file in files:
        name = file.relative_to(package_of(file)).as_posix()
        fitting = [each for each in patterns if fnmatch(name, each)]
        # A pattern without a folder matches no file in one.
        assert any(each.count("/") == name.count("/") for each in fitting), file
