"""Finding objects in JSON without decoding it: a document may have megabytes.

Decoded here, a document would hold tens of megabytes for good: orjson caches keys, and each cached
key keeps the memory around it from being returned to the system. Only the reader's process, which
ends, decodes documents.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

_TO_BRACE: Final = re.compile(rb'(?:[^"{}]++|"(?:[^"\\]++|\\.)*+")*+([{}])', re.DOTALL)


def objects_inside(body: bytes) -> Iterator[slice]:
    """Yield where the objects inside the outermost object are, those inside of them left out.

    What is not JSON yields anything.
    """
    depth = at = first = 0
    while (brace := _TO_BRACE.match(body, at)) is not None:
        at = brace.end()
        if brace[1] == b"{":
            depth += 1
            first = at - 1 if depth == 2 else first  # noqa: PLR2004 - just inside the outermost
            continue
        depth -= 1
        if depth == 1:
            yield slice(first, at)


def replaced(body: bytes, parts: Iterable[slice], by: bytes) -> bytes:
    """Return the body with these parts, which come in order, replaced."""
    pieces, at = [], 0
    for part in parts:
        pieces += [body[at : part.start], by]
        at = part.stop
    return b"".join([*pieces, body[at:]])
