"""Streaming decompression of bodies, with a limit on their size (against zip bombs)."""

import zlib
from typing import Final

from domain.shared.errors import WebError

ACCEPTED: Final = "gzip, deflate"
_PIECE: Final = 64 * 1024  # maximum bytes of one decompression step
_GZIP: Final = zlib.MAX_WBITS | 16
_RAW: Final = -zlib.MAX_WBITS


class BodyDecoder:
    """Collects a body in pieces and decompresses it, up to ``limit`` bytes."""

    def __init__(self, coding: str | None, limit: int) -> None:
        self._coding = (coding or "identity").strip().lower()
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._unpacker = None
        if self._coding in ("gzip", "x-gzip"):
            self._unpacker = zlib.decompressobj(_GZIP)
        elif self._coding not in ("identity", "deflate", ""):
            raise WebError(
                f"The answer is packed as {self._coding[:40]!r}, which nobody asked for."
            )

    def add(self, piece: bytes) -> None:
        """Add the next piece.

        Raises:
            WebError: the body is too large, or not encoded as its header says.

        """
        if self._coding == "deflate" and self._unpacker is None and piece:
            wrapped = piece[0] & 0x0F == zlib.DEFLATED  # some servers omit the zlib header
            self._unpacker = zlib.decompressobj(zlib.MAX_WBITS if wrapped else _RAW)
        if self._unpacker is None:
            self._append(piece)
            return
        try:
            while not self._unpacker.eof:
                unpacked = self._unpacker.decompress(piece, _PIECE)
                self._append(unpacked)
                piece = self._unpacker.unconsumed_tail
                if not piece and len(unpacked) < _PIECE:
                    break
        except zlib.error as error:
            raise WebError("The answer is not packed as it says.") from error

    def whole(self) -> bytes:
        """Return the whole body.

        Raises:
            WebError: a compressed body ended too early.

        """
        if self._unpacker is not None and self._pieces and not self._unpacker.eof:
            raise WebError("The answer ended too early.")
        return b"".join(self._pieces)

    def _append(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise WebError(f"The answer has more than {self._limit:,} bytes: ask for less.")
        self._pieces.append(piece)
