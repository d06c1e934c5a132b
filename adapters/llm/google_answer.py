"""A streamed answer of Google's, read chunk by chunk into the pieces of the house.

The chunks are plain JSON objects: typed ones cost more than all the rest of a turn.
"""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from adapters.llm.answers import MalformedAnswer
from adapters.llm.encoded_tools import exact_json
from adapters.llm.google_errors import error_in_stream
from adapters.llm.google_memento import PartNotes
from domain.llm import Piece, Reasoning, Stop, StopReason, Text, ToolRequest, Usage

# Every other reason is some kind of refusal: safety, recitation, a blocked term, ...
_STOPS = {
    "FINISH_REASON_UNSPECIFIED": StopReason.END,
    "STOP": StopReason.END,
    "MAX_TOKENS": StopReason.LENGTH,
    "CONTINUATION": StopReason.LENGTH,  # the limit of one request, not of the answer
}

# What the model wrote, nobody can read.
_FAULTS = {
    "MALFORMED_FUNCTION_CALL",
    "MALFORMED_RESPONSE",
    "MISSING_THOUGHT_SIGNATURE",
    "TOO_MANY_TOOL_CALLS",
    "UNEXPECTED_TOOL_CALL",
}


class GeminiReader:
    """Gather one answer: give its text at once, its tool calls and its end when whole."""

    done = False  # a chunk may follow the one with the finish reason: only the stream's end tells

    def __init__(self, provider: str = "google") -> None:
        self._provider = provider
        self._calls: list[ToolRequest] = []
        self._finish: str | None = None
        self._notes = PartNotes()
        self._usage: Mapping[str, Any] = {}

    @property
    def finished(self) -> bool:
        """Whether the model said why it stopped: without it, the answer was cut."""
        return self._finish is not None

    def read(self, data: bytes) -> list[Piece]:
        """Take in the data of one event; return the pieces of text and reasoning in it.

        Raises:
            ValueError: it is not JSON, or does not have the protocol's shape.
            ProviderError: the event is an error.

        """
        chunk = orjson.loads(data)
        try:
            if b'"functionCall"' in data:
                chunk = json.loads(data)  # which keeps integers beyond 64 bits
            return self._pieces(chunk)
        except (AttributeError, IndexError, KeyError, RecursionError, TypeError) as error:
            raise MalformedAnswer("a chunk does not have the protocol's shape") from error

    def end(self) -> list[Piece]:
        """Return the whole tool calls and the `Stop`, once the stream has ended.

        An answer cut by its length or refused has no tool calls: it was never concluded.

        Raises:
            MalformedAnswer: the model says that what it wrote cannot be read.

        """
        if self._finish in _FAULTS:
            raise MalformedAnswer(f"it stopped with {self._finish}")
        reason = _STOPS.get(self._finish or "", StopReason.REFUSAL)
        if self._calls and reason is StopReason.END:
            stop = Stop(StopReason.TOOL_CALLS, _usage(self._usage), self._notes.memento())
            return [*self._calls, stop]
        return [Stop(reason, _usage(self._usage))]

    def _pieces(self, chunk: Mapping[str, Any]) -> list[Piece]:
        if error := chunk.get("error"):
            raise error_in_stream(self._provider, error)
        if usage := chunk.get("usageMetadata"):  # in every chunk, growing
            self._usage = usage
        if not (candidates := chunk.get("candidates")):
            if (feedback := chunk.get("promptFeedback")) and (why := feedback.get("blockReason")):
                self._finish = _text(why)
            return []
        candidate = candidates[0]
        if finish := candidate.get("finishReason"):
            self._finish = _text(finish)
        content = candidate.get("content")
        parts = content.get("parts") if content else None
        return [piece for part in parts or () if (piece := self._piece(part)) is not None]

    def _piece(self, part: Mapping[str, Any]) -> Piece | None:
        text, signature = part.get("text"), _text(part.get("thoughtSignature") or "")
        if text is None:
            if call := part.get("functionCall"):
                self._call(call, signature)
            return None
        _text(text)
        if part.get("thought"):
            self._notes.thought(text, signature)
            return Reasoning(text) if text else None
        self._notes.text(len(text), signature)
        return Text(text) if text else None

    def _call(self, call: Mapping[str, Any], signature: str) -> None:
        arguments = call.get("args") or {}
        if not isinstance(arguments, dict):
            raise MalformedAnswer("the arguments of a call are not an object")
        self._calls.append(ToolRequest(_text(call["name"]), exact_json(arguments)))
        self._notes.call(_text(call.get("id") or ""), signature)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedAnswer("a text is not a string")
    return value


def _usage(usage: Mapping[str, Any]) -> Usage:
    """Add up what is billed: the prompt with what tools added, the answer with its thoughts."""
    if not isinstance(usage, Mapping):
        raise MalformedAnswer("the usage is not an object")
    return Usage(
        _count(usage.get("promptTokenCount")) + _count(usage.get("toolUsePromptTokenCount")),
        _count(usage.get("candidatesTokenCount")) + _count(usage.get("thoughtsTokenCount")),
        _count(usage.get("cachedContentTokenCount")),
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
