"""Mementos of the Responses API: reasoning, and the order of the answer's items.

A memento is a JSON list with an entry for each item of the answer: a reasoning item as it came;
``{"type": "message", "end": N, "phase": ...}`` for the text up to its Nth character; and
``{"type": "function_call"}`` for the next call. Text and calls themselves are in the turn.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from adapters.llm.sdk.answer_reader import encoded_memento

_REASONING_FIELDS = ("type", "id", "summary", "encrypted_content")


class Trail:
    """Records the order of the items of one answer."""

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []

    @property
    def is_empty(self) -> bool:
        """Whether no item was recorded."""
        return not self._entries

    def note(self, item: Mapping[str, Any], said: int) -> None:
        """Record a complete item; ``said`` is how many characters of text have come so far."""
        kind = item.get("type")
        if kind == "reasoning" and item.get("encrypted_content"):
            self._entries.append({field: item.get(field) for field in _REASONING_FIELDS})
        elif kind == "message":
            self._entries.append({"type": kind, "end": said, "phase": item.get("phase")})
        elif kind == "function_call":
            self._entries.append({"type": kind})

    def memento(self) -> str:
        """Return the memento; empty if there is nothing to send back, or too much to keep."""
        if not any(entry["type"] == "reasoning" or entry.get("phase") for entry in self._entries):
            return ""
        return encoded_memento(self._entries)


def replayed(
    memento: str, content: str, calls: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]] | None:
    """Return the items of an answer in their order, as input; None if the memento does not fit.

    ``content`` is the text of the answer, ``calls`` are its calls as items.
    """
    try:
        entries = orjson.loads(memento)
        items = _joined(entries, content, [dict(call) for call in calls])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None
    return items


def _joined(
    entries: Sequence[Mapping[str, Any]], content: str, calls: list[dict[str, Any]]
) -> list[dict[str, Any]] | None:
    items: list[dict[str, Any]] = []
    start = 0
    for entry in entries:
        match entry["type"]:
            case "reasoning":
                items.append({field: entry[field] for field in _REASONING_FIELDS})
            case "message" if content[start : entry["end"]]:
                items.append(_message(content[start : entry["end"]], entry["phase"]))
                start = entry["end"]
            case "function_call":
                items.append(calls.pop(0))
    return None if calls or start != len(content) else items


def _message(content: str, phase: str | None) -> dict[str, Any]:
    said = {"role": "assistant", "content": content}
    return {**said, "phase": phase} if phase else said
