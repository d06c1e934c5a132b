"""A user's export as one ZIP file: JSON lines by kind, and the files of their runs."""

from collections.abc import AsyncGenerator, AsyncIterable
from pathlib import Path
from typing import IO, Final, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from domain.accounts.ports import UserRecord
from entrypoints.encoding import dump

_CHUNK: Final = 256 * 1024  # bytes that are handed on at once, or more where a file is larger


async def archived(records: AsyncIterable[UserRecord]) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of a ZIP file of these records, as they come.

    Those of a kind, which come one after the other, are the lines of ``{kind}.jsonl``; contents
    are files in the folder of their kind, by id. No more than one is held in memory.
    """
    out = _Outlet()
    with ZipFile(cast("IO[bytes]", out), "w", ZIP_DEFLATED) as archive:
        lines = _Lines(archive)
        try:
            async for record in records:
                if record.data is None:
                    lines.write(record)
                else:
                    lines.close()
                    # As they are: packing a large one would hold the event loop up.
                    archive.writestr(_place(record), record.data, ZIP_STORED)
                if out.size >= _CHUNK:
                    yield out.taken()
        finally:
            lines.close()
    yield out.taken()


class _Outlet:
    """A file to write to, from which what was written is taken."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        data = b"".join(self._parts)
        self.size, self._parts = 0, []
        return data


class _Lines:
    """Writes records as JSON lines, each kind into a file of its own."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._kind = ""
        self._file: IO[bytes] | None = None

    def write(self, record: UserRecord) -> None:
        if self._file is None or record.kind != self._kind:
            self.close()
            self._kind = record.kind
            self._file = self._archive.open(f"{record.kind}.jsonl", "w", force_zip64=True)
        self._file.write(dump(record.values) + b"\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _place(record: UserRecord) -> str:
    name = Path(str(record.values["name"])).name or "file"
    return f"{record.kind}/{record.values['id']}/{name}"
