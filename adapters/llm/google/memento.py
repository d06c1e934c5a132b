"""Mementos of the Gemini API: thought signatures, each on the part that it belongs to.

A memento lists the parts of an answer in order, without what the turn has anyway:
``["text", LENGTH, SIGNATURE]``, ``["call", ID, SIGNATURE]``, ``["thought", TEXT, SIGNATURE]``. What
Google did not send is empty.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from adapters.llm.google.parts import call_part, text_part
from adapters.llm.sdk.answer_reader import encoded_memento
from domain.models.messages import AssistantTurn


class PartNotes:
    """Records the parts of an answer as they come."""

    def __init__(self) -> None:
        self._notes: list[tuple[str, int | str, str]] = []
        self._unsigned = 0  # characters of text that are not recorded yet

    def text(self, length: int, signature: str) -> None:
        """Record a piece of text by its length; unsigned pieces in a row are one part."""
        if signature:
            self._flush()
            self._notes.append(("text", length, signature))
        else:
            self._unsigned += length

    def thought(self, text: str, signature: str) -> None:
        """Record a piece of reasoning, which goes back only if Google has signed it."""
        if signature:
            self._flush()
            self._notes.append(("thought", text, signature))

    def call(self, call_id: str, signature: str) -> None:
        """Record a call."""
        self._flush()
        self._notes.append(("call", call_id, signature))

    def memento(self) -> str:
        """Return the memento of the answer; empty if it would be too large."""
        self._flush()
        return encoded_memento(self._notes)

    def _flush(self) -> None:
        if self._unsigned:
            self._notes.append(("text", self._unsigned, ""))
            self._unsigned = 0


def remembered(turn: AssistantTurn) -> list[dict[str, Any]] | None:
    """Return the parts of a turn as Google sent them; None without a memento that fits."""
    if not turn.memento:
        return None
    try:
        return list(_restored(orjson.loads(turn.memento), turn))
    except (TypeError, ValueError):
        return None


def _restored(notes: Any, turn: AssistantTurn) -> Iterator[dict[str, Any]]:
    at, uses = 0, iter(turn.tool_uses)
    for note in notes:
        match note:
            case ["text", int(length), str(signature)]:
                yield text_part(turn.content[at : at + length], signature)
                at += length
            case ["thought", str(text), str(signature)]:
                yield {"thought": True, **text_part(text, signature)}
            case ["call", str(call_id), str(signature)] if use := next(uses, None):
                yield call_part(use, call_id or use.id, signature)
            case _:
                raise ValueError("not a memento of this turn")
    if at != len(turn.content) or next(uses, None):
        raise ValueError("the memento tells of another turn")
