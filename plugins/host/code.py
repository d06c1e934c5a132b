"""Digest of a plugin's code, which changes with each edit, also where the version does not."""

import os
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_MOST_FILES: Final = 20_000
_LARGE: Final = 8 * 1024 * 1024  # bytes; of larger files, size and time stand for the content
_DIGITS: Final = 32


@cache
def digest_of(module: str, *, alone: bool = False) -> str:
    """Return the digest of all files of the module's package; empty if there are none.

    With ``alone`` only the files of the module (or package) of this name count. Nothing is
    imported. Digests are cached until `forget` is called.
    """
    digest = sha256()
    count = 0
    for name, file in _files(_places(module, alone=alone)):
        count += 1
        digest.update(f"{name}\0".encode(errors="surrogateescape") + _content(file))
    return digest.hexdigest()[:_DIGITS] if count else ""


def forget() -> None:
    """Clear the cache of digests."""
    digest_of.cache_clear()


def _places(module: str, *, alone: bool) -> Sequence[Path]:
    """Return the folders or files of the module, or of its package."""
    top, *rest = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError, AttributeError):  # an imported module without a spec
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations is None:
        return [Path(spec.origin)] if spec.origin is not None and spec.has_location else []
    folders = [Path(each) for each in spec.submodule_search_locations]
    for name in rest:
        if not alone and any((folder / "__init__.py").is_file() for folder in folders):
            return folders
        inner = [folder / name for folder in folders if (folder / name).is_dir()]
        if not inner:
            return [file for folder in folders for file in folder.glob(f"{name}.*")]
        folders = inner
    return folders


def _files(places: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Yield each file with its relative path, sorted, so that every machine has one order."""
    files = [each for place in places for each in _beneath(place)]
    yield from sorted(files)[:_MOST_FILES]


def _beneath(place: Path) -> Iterator[tuple[str, Path]]:
    if not place.is_dir():
        yield place.name, place
        return
    for folder, folders, files in os.walk(place):
        folders[:] = [name for name in folders if name != "__pycache__" and name[0] != "."]
        for name in files:
            if not name.endswith(".pyc"):
                path = Path(folder, name)
                yield path.relative_to(place).as_posix(), path


def _content(file: Path) -> bytes:
    try:
        status = file.stat()
        if status.st_size > _LARGE:
            return f"{status.st_size} {status.st_mtime_ns}".encode()
        return sha256(file.read_bytes()).digest()
    except OSError as error:  # a socket, a broken link: the import reports what matters
        return repr(error.errno).encode()
