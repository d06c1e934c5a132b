"""Serialization of event bodies: JSON, with consecutive pieces of text merged into one item.

An answer has hundreds of pieces: ``{"type": "chunk", "pieces": ["a", "b"]}`` stands for two, and
costs no more to write and to read than one. Single pieces, of older versions, are read too.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, cast

from adapters.persistence.engine.formats import EVENTS
from domain.runs.event_json import from_json, to_json
from domain.runs.events import Body, Chunk, Erred, Thinking
from domain.shared.error_codes import ErrorCode

UNREADABLE: Final = Erred(
    ErrorCode.INTERNAL, "A part of what is kept of this run cannot be read.", {}
)

_log = logging.getLogger(__name__)
_PIECES: Final = (Chunk, Thinking)
_KINDS: Final = {kind.type: kind for kind in _PIECES}


def write_bodies(bodies: Iterable[Body]) -> str:
    """Serialize bodies to JSON text."""
    items: list[dict[str, Any]] = []
    for kind, group in groupby(bodies, type):
        if kind in _PIECES:
            pieces = cast("Iterator[Chunk | Thinking]", group)
            items.append({"type": kind.type, "pieces": [piece.content for piece in pieces]})
        else:
            items += map(to_json, group)
    return EVENTS.write(items)


def read_bodies(text: str) -> Iterator[Body]:
    """Deserialize bodies that this or an older version wrote.

    One that cannot be read is replaced by `UNREADABLE`.

    Raises:
        ValueError: the text cannot be read at all.
        RecursionError: likewise.

    """
    for item in EVENTS.read(text):
        try:
            yield from _read(item)
        except (LookupError, TypeError, ValueError):
            yield UNREADABLE


def read_so_many(text: str, count: int) -> Sequence[Body]:
    """Deserialize exactly ``count`` bodies; all are `UNREADABLE` if that is not possible.

    So an unreadable row leaves no gap in the numbers of its run, which then fails.
    """
    try:
        bodies = list(read_bodies(text))
    except (ValueError, TypeError, RecursionError) as error:
        _log.error("stored events cannot be read: %s", error)
        bodies = []
    return bodies if len(bodies) == count else [UNREADABLE] * count


def _read(item: Any) -> Sequence[Body]:
    if "pieces" in item:
        return list(map(_KINDS[item["type"]], item["pieces"]))
    return [from_json(item)]
