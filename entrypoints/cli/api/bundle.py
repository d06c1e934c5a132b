"""Documents in several files: a folder or an archive, of which one file is the document itself."""

import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from domain.shared.errors import Unprocessable

_KINDS: Final = frozenset({".json", ".yaml", ".yml"})
_ARCHIVES: Final = (".zip", ".tar", ".tar.gz", ".tgz")
_NAMES: Final = ("openapi", "swagger", "api", "index", "main", "root")
_SIGNS: Final = (b"openapi", b"swagger")
_MOST_FILES: Final = 5_000
_BEGINNING: Final = 20_000  # bytes, in which a document says what it is


@dataclass(frozen=True, slots=True)
class Bundle:
    """Files by their paths in the bundle, and the path of the one that refers to the others."""

    main: str
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def data(self) -> bytes:
        """The document itself."""
        return self.files[self.main]


def is_bundle(spec: str) -> bool:
    """Tell whether a folder or an archive is named."""
    return "://" not in spec and (Path(spec).is_dir() or spec.lower().endswith(_ARCHIVES))


def read_bundle(spec: str, most: int) -> Bundle:
    """Return the documents of a folder or an archive, of at most so many bytes in all.

    Raises:
        Unprocessable: it cannot be read, holds too much, or not one document that is the API's.

    """
    path = Path(spec)
    try:
        found = _of_folder(path) if path.is_dir() else _of_archive(path)
        files: dict[str, bytes] = {}
        for name, source in found:
            files[name] = source.read(most + 1)
            most -= len(files[name])
            if most < 0 or len(files) > _MOST_FILES:
                raise Unprocessable(f"{spec} holds more than may be read.")
    except (OSError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise Unprocessable(f"{spec} cannot be read: {error}.") from error
    return Bundle(_main(spec, files), files)


def _of_folder(folder: Path) -> Iterator[tuple[str, io.BufferedIOBase]]:
    inside = folder.resolve()
    for path in sorted(folder.rglob("*")):
        is_ours = path.is_file() and path.resolve().is_relative_to(inside)  # no link leads out
        if is_ours and path.suffix.lower() in _KINDS:
            with path.open("rb") as source:
                yield path.relative_to(folder).as_posix(), source


def _of_archive(path: Path) -> Iterator[tuple[str, io.BufferedIOBase]]:
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and _is_document(entry.filename):
                    with archive.open(entry) as source:
                        yield _clean(entry.filename), source  # type: ignore[misc]  # it reads bytes
        return
    with tarfile.open(path) as packed:
        for member in packed:
            content = packed.extractfile(member) if member.isfile() else None
            if content is not None and _is_document(member.name):
                yield _clean(member.name), content  # type: ignore[misc]  # it reads bytes


def _is_document(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _KINDS


def _clean(name: str) -> str:
    return "/".join(part for part in PurePosixPath(name).parts if part not in ("/", ".", ".."))


def _main(spec: str, files: Mapping[str, bytes]) -> str:
    """Return the document that the others belong to: the highest one that says what it is."""
    signed = [name for name, data in files.items() if _says_so(data)]
    if not signed:
        raise Unprocessable(f"No file in {spec} is an OpenAPI document.")
    highest = min(name.count("/") for name in signed)
    high = [name for name in signed if name.count("/") == highest]
    named = [name for known in _NAMES for name in high if PurePosixPath(name).stem == known]
    if len(high) > 1 and not named:
        raise Unprocessable(
            f"{spec} holds several documents: {', '.join(sorted(high)[:5])}. Name one of them "
            "openapi.yaml, or learn each by itself."
        )
    return (named or high)[0]


def _says_so(data: bytes) -> bool:
    beginning = data[:_BEGINNING].lstrip(b"\xef\xbb\xbf \t\r\n")
    if beginning.startswith(b"{"):
        return any(b'"' + sign + b'"' in beginning for sign in _SIGNS)
    lines = beginning.splitlines()
    return any(line.lstrip(b"\"'").startswith(_SIGNS) for line in lines)
