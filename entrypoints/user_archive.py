"""A user's export as one ZIP file: JSON lines by kind, and the files of their runs."""

from collections.abc import AsyncIterable
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from domain.accounts.ports import UserRecord
from entrypoints.encoding import dump


async def write_archive(target: IO[bytes], records: AsyncIterable[UserRecord]) -> int:
    """Write the records to a ZIP file as they come, and return how many.

    Those of a kind, which come one after the other, are the lines of ``{kind}.jsonl``; contents
    are files in the folder of their kind, by id. No more than one is held in memory.
    """
    count, kind = 0, ""
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        lines: IO[bytes] | None = None
        try:
            async for record in records:
                count += 1
                if record.data is None and record.kind == kind and lines is not None:
                    lines.write(dump(record.values) + b"\n")
                    continue
                if lines is not None:
                    lines.close()
                    lines = None
                kind = record.kind
                if record.data is not None:
                    archive.writestr(_place(record), record.data)
                    continue
                lines = archive.open(f"{kind}.jsonl", "w", force_zip64=True)
                lines.write(dump(record.values) + b"\n")
        finally:
            if lines is not None:
                lines.close()
    return count


def _place(record: UserRecord) -> str:
    name = Path(str(record.values["name"])).name or "file"
    return f"{record.kind}/{record.values['id']}/{name}"
