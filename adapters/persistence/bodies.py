"""The bodies of events as they are kept: JSON, where pieces that follow on each other are one item.

An answer is hundreds of pieces: ``{"type": "chunk", "pieces": ["a", "b"]}`` stands for two of
them, and costs no more to write and to read than one. Pieces kept by themselves are read too.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final, cast

from adapters.persistence.codec import from_text, to_text
from domain.events import Body, Chunk, Thinking, from_json, to_json

_PIECES: Final = (Chunk, Thinking)
_KINDS: Final = {kind.type: kind for kind in _PIECES}


def write_bodies(bodies: Iterable[Body]) -> str:
    """Return these bodies as JSON text."""
    items: list[dict[str, Any]] = []
    for kind, group in groupby(bodies, type):
        if kind in _PIECES:
            pieces = cast("Iterator[Chunk | Thinking]", group)
            items.append({"type": kind.type, "pieces": [piece.content for piece in pieces]})
        else:
            items += map(to_json, group)
    return to_text(items)


def read_bodies(text: str) -> Iterator[Body]:
    """Yield the bodies that `write_bodies` wrote, now or when pieces were kept one by one."""
    for item in from_text(text):
        if "pieces" in item:
            yield from map(_KINDS[item["type"]], item["pieces"])
        else:
            yield from_json(item)
