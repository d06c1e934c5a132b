"""OpenAPI documents as the command line names them: a file, a URL, or ``-`` for standard input."""

import asyncio
import sys
from pathlib import Path
from typing import Final

from domain.errors import Unprocessable
from domain.ports.web import Limits, Web, WebRequest

_OK: Final = 200
_WEB: Final = ("http://", "https://")
_BYTES: Final = 32 * 1024 * 1024
_ACCEPT: Final = "application/json, application/yaml, */*;q=0.8"


async def fetch_spec(spec: str, web: Web) -> tuple[bytes, str]:
    """Return a document, and the address that its relative servers start from, empty for a file.

    Raises:
        Unprocessable: there is none.
        WebError: its address is not open, or gave no answer.

    """
    if spec == "-":
        return sys.stdin.buffer.read(_BYTES + 1), ""
    if not spec.lower().startswith(_WEB):
        try:
            return await asyncio.to_thread(Path(spec).read_bytes), ""
        except OSError as error:
            raise Unprocessable(f"{spec} cannot be read: {error.strerror}.") from error
    request = WebRequest("GET", spec, (("Accept", _ACCEPT),))
    response = await web.send(request, Limits(bytes=_BYTES))
    if response.status != _OK:
        raise Unprocessable(f"{spec} answered {response.status}, and no document.")
    return response.body, response.url
