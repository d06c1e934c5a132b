"""Reads a streamed answer of the Gemini API into pieces.

Chunks stay plain JSON objects: typed ones would cost more than the rest of a turn.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.llm.google.memento import PartNotes
from adapters.llm.reading.finish_reasons import GEMINI, FinishKind
from adapters.llm.reading.json_shapes import as_count, as_index, as_object, as_objects, as_text
from adapters.llm.sdk.answer_reader import AnswerReader, Object, whole_calls
from domain.models.messages import Piece, Text, ToolRequest, Usage


class GeminiReader(AnswerReader):
    """Reads one answer: yields text at once, and tool calls when they are complete.

    More chunks may follow the one with the finish reason, so only the end of the stream ends it.
    """

    finishes = GEMINI
    exact = b'"args"'
    payload = frozenset({"candidates", "modelVersion", "promptFeedback", "usageMetadata"})

    def __init__(self, provider: str = "google") -> None:
        super().__init__(provider)
        self._requests: list[tuple[str, Any]] = []
        self._notes = PartNotes()
        self._counts: Any = None
        self._refusal = ""

    def _quick(self, event: Any) -> Sequence[Piece]:
        (candidate,) = event["candidates"]
        (part,) = candidate["content"]["parts"]
        text = part["text"]
        if len(part) != 1 or not isinstance(text, str) or not text:
            return ()
        if candidate.get("finishReason") or "error" in event:
            return ()
        self._counts = event.get("usageMetadata") or self._counts
        self._notes.text(len(text), "")
        return self._tags.read(text)

    def read(self, event: Object) -> list[Piece]:
        """Read a chunk; return its pieces of text and reasoning.

        Raises:
            ProviderError: it is an error.

        """
        # One answer is asked for; a proxy may send others beside it.
        candidates = [
            each for each in as_objects(event.get("candidates")) if not as_index(each.get("index"))
        ]
        if not candidates or "error" in event:
            self._take_other(event)
        self._counts = event.get("usageMetadata") or self._counts  # in every chunk, growing
        if not candidates:
            feedback = as_object(event.get("promptFeedback"))
            if as_text(feedback.get("blockReason")):
                self._finish = "blocked"
                self._refusal = as_text(feedback.get("blockReasonMessage"))
            return []
        self._finish = as_text(candidates[0].get("finishReason")) or self._finish
        parts = as_objects(as_object(candidates[0].get("content")).get("parts"))
        return [piece for part in parts for piece in self._of_part(part)]

    def end(self) -> Sequence[Piece]:
        """Return the last pieces, as in the base class."""
        self._usage = _usage(as_object(self._counts))
        return super().end()

    def _calls(self) -> Sequence[ToolRequest]:
        return whole_calls(self._requests)

    def _memento(self) -> str:
        return self._notes.memento()

    def _closing_words(self, finish: FinishKind) -> Sequence[Piece]:
        """Return the service's explanation of why it does not answer."""
        return [Text(self._refusal)] if finish is FinishKind.FILTERED and self._refusal else ()

    def _of_part(self, part: Object) -> list[Piece]:
        text, signature = part.get("text"), as_text(part.get("thoughtSignature"))
        if call := as_object(part.get("functionCall")):
            self._requests.append((as_text(call.get("name")), call.get("args")))
            self._notes.call(as_text(call.get("id")), signature)
            signature = ""
            text = text or None
        if not isinstance(text, str):
            return []
        if part.get("thought"):
            self._notes.thought(text, signature)
            return self._think(text)
        self._notes.text(len(text), signature)
        return self._say(text)


def _usage(usage: Mapping[str, Any]) -> Usage:
    """Return the billed tokens: the prompt with what tools added, the answer with its thoughts."""
    return Usage(
        as_count(usage.get("promptTokenCount")) + as_count(usage.get("toolUsePromptTokenCount")),
        as_count(usage.get("candidatesTokenCount")) + as_count(usage.get("thoughtsTokenCount")),
        as_count(usage.get("cachedContentTokenCount")),
    )
