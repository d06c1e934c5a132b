"""Events, given to the reader of an answer as they would come over the wire."""

import json
from typing import Any

from adapters.llm.answer_reader import AnswerReader
from adapters.llm.decoding import EventDecoder
from domain.llm import Piece


def read_with(reader: AnswerReader, *events: Any) -> list[Piece]:
    """Return the pieces of the events; those of the end, too, if they finish the answer."""
    decoder = EventDecoder("test", reader.exact)
    pieces: list[Piece] = []
    for event in events:
        data = event if isinstance(event, bytes) else json.dumps(event).encode()
        for each in decoder.take(data):
            if isinstance(each, dict):
                pieces += reader.read(each)
            else:
                reader.mark_done()
    for each in decoder.end():
        assert isinstance(each, dict)
        pieces += reader.read(each)
    return [*pieces, *(reader.end() if reader.finished else ())]
