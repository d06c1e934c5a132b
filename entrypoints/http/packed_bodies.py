"""Request bodies that come packed (RFC 9110, 8.4): gzip within bounds, nothing else."""

import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

_GZIP: Final = zlib.MAX_WBITS | 16
_UNPACKED: Final = frozenset({"gzip", "x-gzip"})
_PLAIN: Final = frozenset({"", "identity"})


class UnsupportedCoding(UnsupportedMediaType):
    """415, with what is taken instead (RFC 9110, 15.5.16)."""

    description = "Send the body as it is, or with Content-Encoding: gzip."

    def get_headers(self, *args: Any, **options: Any) -> list[tuple[str, str]]:
        """Return the headers of the answer."""
        return [*super().get_headers(*args, **options), ("Accept-Encoding", "gzip, identity")]


def codings_of(headers: Iterable[str]) -> Sequence[str]:
    """Return the codings that were applied, in their order, in lower case.

    Raises:
        UnsupportedCoding: not all of them can be undone.

    """
    named = (part.strip().lower() for header in headers for part in header.split(","))
    codings = [name for name in named if name not in _PLAIN]
    if len(codings) > 1 or not _UNPACKED.issuperset(codings):
        raise UnsupportedCoding
    return codings


def unpacked(body: bytes, limit: int) -> bytes:
    """Return what was packed with gzip.

    Raises:
        RequestEntityTooLarge: it has more than ``limit`` bytes; no more are ever made.
        BadRequest: it is not gzip, or not whole.

    """
    unpacker = zlib.decompressobj(_GZIP)
    try:
        plain = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise BadRequest("The body is not packed with gzip as it says.") from error
    if len(plain) > limit:
        raise RequestEntityTooLarge
    if not unpacker.eof or unpacker.unused_data:
        raise BadRequest("The packed body ends too early, or something follows it.")
    return plain
