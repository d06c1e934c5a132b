"""Reading of OpenAPI documents for commands: a file, a URL, or ``-`` for standard input."""

import asyncio
import sys
from pathlib import Path
from typing import Final

from domain.learning.documents import fetch_document
from domain.shared.errors import Unprocessable
from domain.web.ports import ExchangeLimits, Web

_WEB: Final = ("http://", "https://")
LARGEST: Final = 32 * 1024 * 1024  # bytes


async def fetch_spec(spec: str, web: Web) -> tuple[bytes, str]:
    """Return a document, and its address, to which servers are relative; empty for a file.

    Raises:
        Unprocessable: the file cannot be read.
        WebError: the address is not allowed, or did not answer.

    """
    if spec == "-":
        return sys.stdin.buffer.read(LARGEST + 1), ""
    if not spec.lower().startswith(_WEB):
        try:
            return await asyncio.to_thread(Path(spec).read_bytes), ""
        except OSError as error:
            raise Unprocessable(f"{spec} cannot be read: {error.strerror}.") from error
    return await fetch_document(web, spec, ExchangeLimits(bytes=LARGEST))
