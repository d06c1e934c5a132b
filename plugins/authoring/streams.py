"""Results that a tool yields piece by piece: shown as they come, and joined at the end."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Final

from domain.shared.json_values import TooLarge
from domain.tools.artifacts import Artifact
from plugins.authoring.json_values import LARGEST, MOST_ITEMS, as_json

LINE_LENGTH: Final = 1_000  # characters of a value, as JSON, that is shown when it comes


async def collect(
    stream: AsyncGenerator[Any, None], show: Callable[[str], None], *, nothing: str | None
) -> Any:
    """Return the whole of what a generator yields: joined if all of it is text, else a list.

    ``show`` is called with each text, and with a line for anything else: the name of an artifact,
    or the value as JSON. ``nothing`` is the whole if there are no pieces, where that is no list.
    The generator is closed at the end, also if this is cancelled.

    Raises:
        TooLarge: there is too much of it.
        Exception: what the generator raises.

    """
    pieces, size = list[Any](), 0
    async with aclosing(stream):
        async for piece in stream:
            pieces.append(piece)
            size += len(piece) if isinstance(piece, str) else 1
            if size > LARGEST or len(pieces) > MOST_ITEMS:
                raise TooLarge(f"it has yielded {len(pieces):,} pieces of {size:,} characters")
            show(_shown(piece))
    if not pieces and nothing is not None:
        return nothing
    is_text = bool(pieces) and all(isinstance(piece, str) for piece in pieces)
    return "".join(pieces) if is_text else pieces


def _shown(piece: Any) -> str:
    match piece:
        case str():
            return str.__str__(piece)
        case Artifact():
            return f"{piece.name}\n"
    try:
        return json.dumps(as_json(piece, LINE_LENGTH), ensure_ascii=False) + "\n"
    except (ValueError, TypeError):  # too large to be shown, or with an artifact inside
        return ""
