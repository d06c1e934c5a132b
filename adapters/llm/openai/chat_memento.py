"""Mementos of chat completions: reasoning that a server wants back within the same turn.

DeepSeek, Moonshot and others refuse the second request of a turn without ``reasoning_content``;
OpenRouter passes ``reasoning_details`` on to services that sign their reasoning; Google's chat
completions sign each call in its ``extra_content``. A memento is a JSON object:
``{"message": {fields}, "calls": [extra_content or null, ...]}``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from adapters.llm.openai.chat_parts import PartialCall
from adapters.llm.reading.json_shapes import as_object, as_objects, as_text
from adapters.llm.sdk.answer_reader import encoded_memento

_JOINED: Final = ("text", "summary", "data")  # of a detail, whose pieces come one by one
REASONING: Final = ("reasoning_content", "reasoning")


class ReasoningNotes:
    """Collects the reasoning of an answer, in the fields in which it comes."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}
        self._details: list[dict[str, Any]] = []

    def take(self, delta: Mapping[str, Any]) -> None:
        """Read a delta, or a whole message."""
        for name in REASONING:
            if content := as_text(delta.get(name)):
                self._texts.setdefault(name, []).append(content)
        for detail in as_objects(delta.get("reasoning_details")):
            self._add(detail)

    def memento(self, calls: Sequence[PartialCall]) -> str:
        """Return the memento of the answer; empty if there is nothing to send back."""
        message: dict[str, Any] = {name: "".join(parts) for name, parts in self._texts.items()}
        if self._details:
            message = {"reasoning_details": self._details}
        extras = [call.extra for call in calls]
        if not message and not any(extras):
            return ""
        return encoded_memento({"message": message, "calls": extras})

    def _add(self, detail: Mapping[str, Any]) -> None:
        last = self._details[-1] if self._details else {}
        same = all(last.get(name) == detail.get(name) for name in ("type", "index", "id"))
        if not last or not same:
            self._details.append(dict(detail))
            return
        for name, value in detail.items():
            if name in _JOINED and isinstance(value, str):
                last[name] = as_text(last.get(name)) + value
            elif value is not None:
                last[name] = value


def with_memento(message: dict[str, Any], memento: str) -> dict[str, Any]:
    """Return the assistant's message with its memento; unchanged without one."""
    try:
        kept = as_object(orjson.loads(memento)) if memento else {}
    except ValueError:
        return message
    calls = message["tool_calls"]
    extras = kept.get("calls")
    if isinstance(extras, list) and len(extras) == len(calls):
        calls = [
            {**call, "extra_content": extra} if extra else call
            for call, extra in zip(calls, extras, strict=True)
        ]
    return {**message, **as_object(kept.get("message")), "tool_calls": calls}
