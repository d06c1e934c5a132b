"""Events, given to the reader of an answer as they would come over the wire."""

import json
from typing import Any

from adapters.llm.sdk.answer_reader import AnswerReader
from domain.models.messages import Piece


def read_with(reader: AnswerReader, *events: Any) -> list[Piece]:
    """Return the pieces of the events; those of the end, too, if they finish the answer."""
    pieces: list[Piece] = []
    for event in events:
        pieces += reader.take(event if isinstance(event, bytes) else json.dumps(event).encode())
    return [*pieces, *(reader.end() if reader.finished else ())]
