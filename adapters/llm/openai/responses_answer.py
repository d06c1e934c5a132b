"""Reads the streamed events of a response into pieces.

Events stay plain JSON objects: typed ones would cost more than the rest of a turn. Calls are
assembled from all events that mention them (`responses_calls.py`). Unknown events are ignored,
since OpenAI often adds new ones.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from adapters.llm.openai.chat_parts import content_parts, thought_of
from adapters.llm.openai.responses_calls import ResponseCalls
from adapters.llm.openai.responses_memento import Trail
from adapters.llm.reading.finish_reasons import RESPONSES
from adapters.llm.reading.json_shapes import as_count, as_object, as_objects, as_text
from adapters.llm.sdk.answer_reader import AnswerReader, Object
from adapters.llm.sdk.provider_errors import error_in_stream
from domain.models.messages import Piece, Reasoning, Text, ToolRequest, Usage

_TEXT = "response.output_text.delta"
_BREAK = "\n\n"  # between messages, and between the parts of a summary


class ResponseReader(AnswerReader):
    """Reads one response: yields text at once, and tool calls when they are complete."""

    finishes = RESPONSES
    exact = b'"arguments"'
    payload = frozenset({"delta", "item", "output", "part", "response", "sequence_number"})

    def __init__(self, provider: str = "openai") -> None:
        super().__init__(provider)
        self._said = 0  # characters of text
        self._said_before = 0  # of them, before the latest message
        self._asked = ResponseCalls()
        self._trail = Trail()

    def _quick(self, event: Any) -> Sequence[Piece]:
        if event["type"] != _TEXT:
            return ()
        content = event["delta"]
        if not isinstance(content, str) or not content:
            return ()
        pieces = self._tags.read(content)
        self._count(pieces)
        return pieces

    def read(self, event: Object) -> list[Piece]:
        """Read an event, or a whole response; return its pieces of text and reasoning.

        Raises:
            ProviderError: the event is an error, or says that the response failed.

        """
        kind = event.get("type")
        if kind == _TEXT:
            return self._text(as_text(event.get("delta")))
        take = self._TAKES.get(kind) if isinstance(kind, str) else None
        if take is not None:
            return take(self, event)
        if event.get("object") == "response":  # not streamed
            return self._completed({"response": event})
        self._take_other(event)
        return []

    def _calls(self) -> Sequence[ToolRequest]:
        return self._asked.requests()

    def _memento(self) -> str:
        return self._trail.memento()

    def _text(self, content: str) -> list[Piece]:
        pieces = self._say(content)
        self._count(pieces)
        return pieces

    def _count(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            if isinstance(piece, Text):
                self._said += len(piece.content)

    def _text_done(self, event: Object) -> list[Piece]:
        return [] if self._tags.has_given else self._text(as_text(event.get("text")))

    def _refusal(self, event: Object) -> list[Piece]:
        return self._refuse(as_text(event.get("delta")))

    def _reasoning(self, event: Object) -> list[Piece]:
        return self._think(as_text(event.get("delta")))

    def _next_summary(self, _: Object) -> list[Piece]:
        return [Reasoning(_BREAK)] if self._has_spoken else []

    def _begun(self, event: Object) -> list[Piece]:
        item = as_object(event.get("item"))
        if item.get("type") == "function_call":
            self._asked.begin(item, event.get("output_index"))
        pieces = self._apart(item)
        self._said_before = self._said
        return pieces

    def _apart(self, item: Object) -> list[Piece]:
        """Separate a message from the one before it."""
        is_next = item.get("type") == "message" and self._said
        return self._text(_BREAK) if is_next else []

    def _spelled(self, event: Object) -> list[Piece]:
        self._asked.spell(event)
        return []

    def _whole(self, event: Object) -> list[Piece]:
        item = as_object(event.get("item"))
        pieces: list[Piece] = []
        if item.get("type") == "message" and self._said == self._said_before:
            pieces = self._words_of(item)  # none of them was streamed
        is_new = item.get("type") != "function_call" or self._asked.end(
            item, event.get("output_index")
        )
        if is_new:
            self._trail.note(item, self._said)
        return pieces

    def _completed(self, event: Object) -> list[Piece]:
        response = as_object(event.get("response"))
        if response.get("error"):
            raise error_in_stream(self.provider, response["error"])
        details = as_object(response.get("incomplete_details"))
        named = as_text(event.get("type")).removeprefix("response.")
        status = as_text(response.get("status")) or named or "completed"
        self._finish = as_text(details.get("reason")) or status
        self._usage = _usage(as_object(response.get("usage")))
        pieces = self._missed(as_objects(response.get("output")))
        self.done = True
        return pieces

    def _missed(self, output: Sequence[Object]) -> list[Piece]:
        """Read text and calls of a whole response of which nothing was streamed."""
        is_silent = not (self._has_spoken or self._tags.has_given)
        is_new = self._trail.is_empty
        pieces: list[Piece] = []
        for at, item in enumerate(output):
            if is_silent:
                pieces += self._apart(item) + self._words_of(item)
            if item.get("type") == "function_call":
                is_told = not self._asked.end(item, at)
            else:
                is_told = not is_new
            if not is_told:
                self._trail.note(item, self._said)
        return pieces

    def _words_of(self, item: Object) -> list[Piece]:
        if item.get("type") == "reasoning":
            shown = thought_of(item.get("summary")) or thought_of(item.get("content"))
            return self._think(shown)
        if item.get("type") != "message":
            return []
        pieces: list[Piece] = []
        for kind, words in content_parts(item.get("content")):
            if words:
                pieces += self._text(words) if kind == "text" else self._refuse(words)
        return pieces

    def _failed(self, event: Object) -> list[Piece]:
        raise error_in_stream(self.provider, as_object(event.get("response")).get("error"))

    def _error(self, event: Object) -> list[Piece]:
        raise error_in_stream(self.provider, event.get("error") or event)

    _TAKES: ClassVar[Mapping[str, Callable[["ResponseReader", Object], list[Piece]]]] = {
        "error": _error,
        "response.cancelled": _completed,
        "response.completed": _completed,
        "response.done": _completed,
        "response.failed": _failed,
        "response.incomplete": _completed,
        "response.function_call_arguments.delta": _spelled,
        "response.function_call_arguments.done": _spelled,
        "response.output_item.added": _begun,
        "response.output_item.done": _whole,
        "response.output_text.done": _text_done,
        "response.reasoning_summary_part.added": _next_summary,
        "response.reasoning_summary_text.delta": _reasoning,
        "response.reasoning_text.delta": _reasoning,
        "response.refusal.delta": _refusal,
    }


def _usage(usage: Mapping[str, Any]) -> Usage:
    details = as_object(usage.get("input_tokens_details"))
    return Usage(
        as_count(usage.get("input_tokens")),
        as_count(usage.get("output_tokens")),
        as_count(details.get("cached_tokens")),
    )
