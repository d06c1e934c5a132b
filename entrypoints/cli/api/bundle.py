"""Bundles: documents in several files, in a folder or an archive."""

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
_BEGINNING: Final = 20_000  # bytes in which `openapi` or `swagger` must stand


@dataclass(frozen=True, slots=True)
class Bundle:
    """Files by path in the bundle, and the path of the main document."""

    main: str
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def data(self) -> bytes:
        """The main document."""
        return self.files[self.main]


def is_bundle(spec: str) -> bool:
    """Return whether it is a folder or an archive."""
    return "://" not in spec and (Path(spec).is_dir() or spec.lower().endswith(_ARCHIVES))


def read_bundle(spec: str, most: int) -> Bundle:
    """Read the documents of a folder or an archive, of at most ``most`` bytes together.

    Raises:
        Unprocessable: it cannot be read, is too large, or has not exactly one main document.

    """
    path = Path(spec)
    try:
        sources = _of_folder(path) if path.is_dir() else _of_archive(path)
        files: dict[str, bytes] = {}
        for name, source in sources:
            files[name] = source.read(most + 1)
            most -= len(files[name])
            if most < 0 or len(files) > _MOST_FILES:
                raise Unprocessable(f"{spec} holds more than may be read.")
    except (OSError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise Unprocessable(f"{spec} cannot be read: {error}.") from error
    return Bundle(_main(spec, files), files)


def _of_folder(folder: Path) -> Iterator[tuple[str, io.BufferedIOBase]]:
    root = folder.resolve()
    for path in sorted(folder.rglob("*")):
        is_inside = path.is_file() and path.resolve().is_relative_to(root)  # no link leads out
        if is_inside and path.suffix.lower() in _KINDS:
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
    """Return the main document: the OpenAPI document in the topmost folder that has one."""
    documents = [name for name, data in files.items() if _is_openapi(data)]
    if not documents:
        raise Unprocessable(f"No file in {spec} is an OpenAPI document.")
    least_depth = min(name.count("/") for name in documents)
    topmost = [name for name in documents if name.count("/") == least_depth]
    usual = [name for known in _NAMES for name in topmost if PurePosixPath(name).stem == known]
    if len(topmost) > 1 and not usual:
        raise Unprocessable(
            f"{spec} holds several documents: {', '.join(sorted(topmost)[:5])}. Name one of them "
            "openapi.yaml, or learn each by itself."
        )
    return (usual or topmost)[0]


def _is_openapi(data: bytes) -> bool:
    beginning = data[:_BEGINNING].lstrip(b"\xef\xbb\xbf \t\r\n")
    if beginning.startswith(b"{"):
        return any(b'"' + sign + b'"' in beginning for sign in _SIGNS)
    lines = beginning.splitlines()
    return any(line.lstrip(b"\"'").startswith(_SIGNS) for line in lines)
