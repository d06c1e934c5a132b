"""OpenAPI documents as the command line names them: a file, a URL, or ``-`` for standard input."""

import asyncio
import sys
from pathlib import Path
from typing import Final

from domain.learning.documents import fetch_document
from domain.shared.errors import Unprocessable
from domain.web.ports import Limits, Web

_WEB: Final = ("http://", "https://")
LARGEST: Final = 32 * 1024 * 1024  # bytes


async def fetch_spec(spec: str, web: Web) -> tuple[bytes, str]:
    """Return a document, and the address that its relative servers start from, empty for a file.

    Raises:
        Unprocessable: there is none.
        WebError: its address is not open, or gave no answer.

    """
    if spec == "-":
        return sys.stdin.buffer.read(LARGEST + 1), ""
    if not spec.lower().startswith(_WEB):
        try:
            return await asyncio.to_thread(Path(spec).read_bytes), ""
        except OSError as error:
            raise Unprocessable(f"{spec} cannot be read: {error.strerror}.") from error
    return await fetch_document(web, spec, Limits(bytes=LARGEST))
