"""Reads the streamed events of Anthropic's Messages API into pieces.

Events stay plain JSON objects: typed ones would cost more than the rest of a turn. Unknown events,
blocks, deltas and stop reasons are ignored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.llm.encoded_tools import arguments_text
from adapters.llm.reading.decoding import MalformedAnswer
from adapters.llm.reading.finish_reasons import MESSAGES, FinishKind
from adapters.llm.reading.json_shapes import as_count, as_index, as_object, as_objects, as_text
from adapters.llm.sdk.answer_reader import AnswerReader, Object, encoded_memento
from domain.models.messages import Piece, Text, ToolRequest, Usage
from domain.shared.json_values import storable

_KIND_OF_DELTA = {"text_delta": "text", "thinking_delta": "thinking"}


@dataclass(slots=True)
class _Block:
    """A block of the answer that is still incomplete: text, thinking, or a call's input."""

    kind: str
    began: Object
    parts: list[str] = field(default_factory=list)
    signature: list[str] = field(default_factory=list)

    def call(self) -> ToolRequest:
        """Return the tool request of a ``tool_use`` block."""
        if not (name := as_text(self.began.get("name"))):
            raise MalformedAnswer("a tool call has no name")
        # Half characters that met in the input become whole.
        written = storable("".join(self.parts))
        return ToolRequest(name, written or arguments_text(self.began.get("input")) or "{}")

    def remembered(self) -> Mapping[str, Any]:
        """Return the block for the memento; a ``tool_use`` without its call, which the turn has."""
        match self.kind:
            case "text":
                return {"type": "text", "text": "".join(self.parts)}
            case "thinking":
                signed = "".join(self.signature)
                return {**self.began, "thinking": "".join(self.parts), "signature": signed}
            case "tool_use":
                return {"type": "tool_use"}
        return self.began


class MessageReader(AnswerReader):
    """Reads one message: yields text at once, and tool calls when they are complete."""

    finishes = MESSAGES
    exact = b'"input"'
    payload = frozenset({"content", "content_block", "delta", "index", "usage"})

    def __init__(self, provider: str = "anthropic") -> None:
        super().__init__(provider)
        self._blocks: list[_Block] = []
        self._at: dict[int, _Block] = {}  # the latest of each index: some servers always send 0
        self._tokens: dict[str, int] = {}
        self._refusal = ""

    def _quick(self, event: Any) -> Sequence[Piece]:
        delta = event["delta"]
        if event["type"] != "content_block_delta" or delta["type"] != "text_delta":
            return ()
        block, words = self._at[event["index"]], delta["text"]
        if block.kind != "text" or not isinstance(words, str) or not words:
            return ()
        block.parts.append(words)
        return self._tags.read(words)

    def read(self, event: Object) -> Sequence[Piece]:
        """Read an event, or a whole message; return its pieces of text and reasoning.

        Raises:
            ProviderError: the event is an error.

        """
        match event.get("type"):
            case "content_block_delta":
                return self._add(event.get("index"), as_object(event.get("delta")))
            case "content_block_start":
                return self._begin(event.get("index"), as_object(event.get("content_block")))
            case "message_start":
                return self._whole(as_object(event.get("message")))
            case "message":  # not streamed: the whole message
                self._marked = True
                return self._whole(event)
            case "message_delta":
                self._conclude(as_object(event.get("delta")), event.get("usage"))
            case "message_stop":
                self.mark_done()
            case _:
                self._take_other(event)
        return ()

    def _calls(self) -> Sequence[ToolRequest]:
        return [block.call() for block in self._blocks if block.kind == "tool_use"]

    def _closing_words(self, finish: FinishKind) -> Sequence[Piece]:
        """Return the service's explanation of a refusal that has no text."""
        is_silent = finish is FinishKind.FILTERED and not self._tags.has_given
        return [Text(self._refusal)] if is_silent and self._refusal else ()

    def _add(self, index: Any, delta: Object) -> Sequence[Piece]:
        kind, at = as_text(delta.get("type")), as_index(index)
        block = self._last_block() if at is None else self._at.get(at)
        if block is None:
            block = self._unbegun(at, kind)
        match kind, block.kind:
            case "text_delta", "text" | "thinking":
                return self._take(block, as_text(delta.get("text")), "text")
            case "thinking_delta", "text" | "thinking":
                return self._take(block, as_text(delta.get("thinking")), "thinking")
            case "input_json_delta", "tool_use" | "":
                block.parts.append(arguments_text(delta.get("partial_json")))
            case "signature_delta", "thinking":
                block.signature.append(as_text(delta.get("signature")))
        return ()

    def _last_block(self) -> _Block | None:
        """Return the last block, which a delta without an index continues."""
        return self._blocks[-1] if self._blocks else None

    def _unbegun(self, index: int | None, kind: str) -> _Block:
        """Begin the block of a delta whose start event is missing."""
        began = _KIND_OF_DELTA.get(kind, "")
        block = _Block(began, {"type": began})
        if index is not None and (began or kind == "input_json_delta"):
            self._keep(index, block)
        return block

    def _keep(self, index: int, block: _Block) -> None:
        self._blocks.append(block)
        self._at[index] = block

    def _take(self, block: _Block, words: str, kind: str) -> Sequence[Piece]:
        if not words:
            return ()
        if kind == block.kind:
            block.parts.append(words)
        return self._say(words) if kind == "text" else self._think(words)

    def _whole(self, message: Object) -> Sequence[Piece]:
        """Read the start of a message; without streaming, that is all of it."""
        pieces = self._say(as_text(message.get("content")))
        for at, block in enumerate(as_objects(message.get("content"))):
            pieces += self._begin(at, block)
        self._conclude(message, message.get("usage"))
        return pieces

    def _begin(self, index: Any, began: Object) -> Sequence[Piece]:
        kind, at = as_text(began.get("type")), as_index(index)
        at = len(self._blocks) if at is None else at
        known = self._at.get(at)
        if known is not None and known.began == began and began.get("id"):
            return ()  # sent twice
        block = _Block(kind, began)
        if known is not None and not known.kind:  # its parts came before it
            block.parts = known.parts
        self._keep(at, block)
        if kind == "thinking":
            block.signature.append(as_text(began.get("signature")))
        # Always empty with the service itself; others begin a block with all that it holds.
        if kind in {"text", "thinking"}:
            return self._take(block, as_text(began.get(kind)), kind)
        return ()

    def _conclude(self, delta: Object, usage: Any) -> None:
        self._finish = as_text(delta.get("stop_reason")) or self._finish
        details = as_object(delta.get("stop_details"))
        self._refusal = as_text(details.get("explanation")) or self._refusal
        # Counts grow: the last one of each kind is that of the whole answer.
        self._tokens.update({k: v for k, v in as_object(usage).items() if isinstance(v, int)})
        count = {name: as_count(value) for name, value in self._tokens.items()}.get
        cached = count("cache_read_input_tokens", 0)
        written = count("cache_creation_input_tokens", 0)
        total = count("input_tokens", 0) + written + cached
        self._usage = Usage(total, count("output_tokens", 0), cached)

    def _memento(self) -> str:
        """Return the answer's blocks as a JSON list, if it has reasoning to send back.

        A ``tool_use`` block is kept without its call, which the turn has.
        """
        kinds = {"text", "thinking", "redacted_thinking", "tool_use"}
        blocks = [block for block in self._blocks if block.kind in kinds]
        if not any(block.kind.endswith("thinking") for block in blocks):
            return ""
        return encoded_memento([block.remembered() for block in blocks])
