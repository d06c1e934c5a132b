"""Decompression of gzip request bodies (RFC 9110, 8.4) with a size limit against zip bombs."""

import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

_GZIP: Final = zlib.MAX_WBITS | 16
_SUPPORTED: Final = frozenset({"gzip", "x-gzip"})
_PLAIN: Final = frozenset({"", "identity"})


class UnsupportedCoding(UnsupportedMediaType):
    """415 for an unsupported Content-Encoding, with the supported ones (RFC 9110, 15.5.16)."""

    description = "Send the body as it is, or with Content-Encoding: gzip."

    def get_headers(self, *args: Any, **options: Any) -> list[tuple[str, str]]:
        """Return the headers of the response."""
        return [*super().get_headers(*args, **options), ("Accept-Encoding", "gzip, identity")]


def codings_of(headers: Iterable[str]) -> Sequence[str]:
    """Return the content codings of a request, in lower case: none, or gzip alone.

    Raises:
        UnsupportedCoding: there are others, or several.

    """
    names = (part.strip().lower() for header in headers for part in header.split(","))
    codings = [name for name in names if name not in _PLAIN]
    if len(codings) > 1 or not _SUPPORTED.issuperset(codings):
        raise UnsupportedCoding
    return codings


def unpacked(body: bytes, limit: int) -> bytes:
    """Decompress a gzip body.

    Raises:
        RequestEntityTooLarge: the result exceeds ``limit`` bytes; decompression stops there.
        BadRequest: the body is not gzip, or is incomplete.

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
