"""A streamed message of Anthropic's, read event by event into the pieces of the house.

The events are plain JSON objects: typed ones cost more than all the rest of a turn. What the
service may add (events, kinds of blocks and of deltas, reasons to stop) is passed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from adapters.llm.answers import MalformedAnswer
from adapters.llm.anthropic_errors import error_in_stream
from domain.llm import Piece, Reasoning, Stop, StopReason, Text, ToolRequest, Usage

_LARGEST_MEMENTO = 256 * 1024  # bytes

_STOPS = {
    "end_turn": StopReason.END,
    "max_tokens": StopReason.LENGTH,
    "model_context_window_exceeded": StopReason.LENGTH,
    "pause_turn": StopReason.LENGTH,  # a limit of the service's own tools, which are not offered
    "refusal": StopReason.REFUSAL,
    "stop_sequence": StopReason.END,
    "tool_use": StopReason.TOOL_CALLS,
}


@dataclass(slots=True)
class _Block:
    """A block of the answer whose parts are still coming: text, thinking or a call's input."""

    kind: str
    began: Mapping[str, Any]
    parts: list[str] = field(default_factory=list)
    signature: list[str] = field(default_factory=list)

    def call(self) -> ToolRequest:
        """Return the call that a ``tool_use`` block is."""
        written = "".join(self.parts) or orjson.dumps(self.began.get("input") or {}).decode()
        return ToolRequest(_text(self.began["name"]), written)

    def remembered(self) -> Mapping[str, Any]:
        """Return the block as it is wanted back; the house knows what it called."""
        match self.kind:
            case "text":
                return {"type": "text", "text": "".join(self.parts)}
            case "thinking":
                signed = "".join(self.signature)
                return {**self.began, "thinking": "".join(self.parts), "signature": signed}
            case "tool_use":
                return {"type": "tool_use"}
        return self.began


class MessageReader:
    """Gather one answer: give its text at once, its tool calls and its end when whole."""

    def __init__(self, provider: str = "anthropic") -> None:
        self._provider = provider
        self._blocks: dict[int, _Block] = {}
        self._tokens: dict[str, int] = {}
        self._stop = ""
        self._refusal = ""
        self.done = False

    @property
    def finished(self) -> bool:
        """Whether the model said why it stopped: without it, the answer was cut."""
        return bool(self._stop)

    def read(self, data: bytes) -> Sequence[Piece]:
        """Take in the data of one event; return the piece of text or reasoning in it.

        Raises:
            ValueError: it is not JSON, or does not have the protocol's shape.
            ProviderError: the event is an error.

        """
        if self.done:
            return ()
        event = orjson.loads(data)
        try:
            if event["type"] == "content_block_delta":  # nearly always
                return self._add(self._blocks[event["index"]], event["delta"])
            return self._note(event)
        except (AttributeError, KeyError, TypeError) as error:
            raise MalformedAnswer("an event does not have the protocol's shape") from error

    def end(self) -> Sequence[Piece]:
        """Return the whole tool calls and the `Stop`, once the stream has ended.

        An answer cut by its length or refused has no tool calls: the last may be half a call,
        and the rest was never concluded. A refusal without words is told in the service's.

        Raises:
            MalformedAnswer: a tool call has no name.

        """
        reason, usage = _STOPS.get(self._stop, StopReason.END), self._usage()
        if reason is StopReason.REFUSAL:
            said = any(block.kind == "text" and block.parts for block in self._blocks.values())
            told = [Text(self._refusal)] if self._refusal and not said else []
            return [*told, Stop(reason, usage)]
        if reason is StopReason.LENGTH:
            return [Stop(reason, usage)]
        try:
            blocks = self._blocks.values()
            calls = [block.call() for block in blocks if block.kind == "tool_use"]
        except KeyError as error:
            raise MalformedAnswer("a tool call has no name") from error
        if not calls:
            return [Stop(StopReason.END, usage)]
        return [*calls, Stop(StopReason.TOOL_CALLS, usage, self._memento())]

    def _add(self, block: _Block, delta: Mapping[str, Any]) -> Sequence[Piece]:
        match delta["type"], block.kind:
            case "text_delta", "text":
                return self._say(block, delta["text"])
            case "input_json_delta", "tool_use":
                block.parts.append(_text(delta["partial_json"]))
            case "thinking_delta", "thinking":
                return self._say(block, delta["thinking"])
            case "signature_delta", "thinking":
                block.signature.append(_text(delta["signature"]))
        return ()

    def _say(self, block: _Block, said: Any) -> Sequence[Piece]:
        if not _text(said):
            return ()
        block.parts.append(said)
        return (Text(said) if block.kind == "text" else Reasoning(said),)

    def _note(self, event: Mapping[str, Any]) -> Sequence[Piece]:
        match event["type"]:
            case "message_start":
                self._count(event["message"].get("usage"))
            case "content_block_start":
                return self._begin(event["index"], event["content_block"])
            case "message_delta":
                self._conclude(event["delta"])
                self._count(event.get("usage"))
            case "message_stop":
                self.done = True
            case "error":
                raise error_in_stream(self._provider, event.get("error"))
        return ()

    def _begin(self, index: int, began: Mapping[str, Any]) -> Sequence[Piece]:
        kind = _text(began["type"])
        block = self._blocks[index] = _Block(kind, began)
        if kind == "thinking":
            block.signature.append(_text(began.get("signature") or ""))
        # Always empty with the service itself; others begin a block with all that it holds.
        return self._say(block, began.get(kind) or "") if kind in {"text", "thinking"} else ()

    def _conclude(self, delta: Mapping[str, Any]) -> None:
        self._stop = _text(delta.get("stop_reason") or self._stop)
        if details := delta.get("stop_details"):
            self._refusal = _text(details.get("explanation") or "")

    def _count(self, usage: Mapping[str, Any] | None) -> None:
        """Note counts, which grow: the last one of each kind is that of the whole answer."""
        if usage:
            self._tokens.update({k: v for k, v in usage.items() if isinstance(v, int)})

    def _usage(self) -> Usage:
        count = self._tokens.get
        cached = count("cache_read_input_tokens", 0)
        written = count("cache_creation_input_tokens", 0)
        return Usage(count("input_tokens", 0) + written + cached, count("output_tokens", 0), cached)

    def _memento(self) -> str:
        """Return the answer as it goes back with its calls' results, if it holds reasoning.

        It is a JSON list of the blocks in their order, ``tool_use`` without what is called.
        """
        kinds = {"text", "thinking", "redacted_thinking", "tool_use"}
        blocks = [block for block in self._blocks.values() if block.kind in kinds]
        if not any(block.kind.endswith("thinking") for block in blocks):
            return ""
        memento = orjson.dumps([block.remembered() for block in blocks])
        return memento.decode() if len(memento) <= _LARGEST_MEMENTO else ""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedAnswer("a text is not a string")
    return value
