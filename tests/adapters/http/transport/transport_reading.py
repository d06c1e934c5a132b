"""Reads the bytes of a response as the transport does, without a connection."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import httpx2

from adapters.http.transport.incoming import Head, Incoming
from tests.adapters.http.transport.transport_kinds import OK

EVIL = OK + b"Content-Length: 4\r\n\r\nevil"  # nobody asked for it


class Reading(NamedTuple):
    """What came of some bytes; ``head`` is None without an answer, ``kept`` says: asked again."""

    head: Head | None
    body: bytes
    whole: bool
    refused: bool
    kept: bool


def read(pieces: Sequence[bytes], method: str = "GET") -> Reading:
    """Read the pieces as they come, and then the end of the connection."""
    incoming, body, refused = Incoming(method), b"", False
    try:
        for piece in pieces:
            incoming.feed(piece)
            body += incoming.take()
        ended_before = incoming.complete
        incoming.end()
    except httpx2.RemoteProtocolError:
        body += incoming.take()
        return Reading(incoming.head, body, incoming.complete, True, False)
    kept = ended_before and incoming.keep_alive
    return Reading(incoming.head, body, incoming.complete, refused, kept)


def cut(whole: bytes, places: Sequence[int]) -> Iterator[bytes]:
    """Yield the bytes in pieces, none of them empty."""
    ends = sorted({place % len(whole) for place in places} if whole else ())
    for start, end in zip([0, *ends], [*ends, len(whole)], strict=True):
        if start < end:
            yield whole[start:end]
