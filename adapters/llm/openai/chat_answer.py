"""Reads a streamed chat completion into pieces.

Chunks stay plain JSON objects: typed ones would cost more than the rest of a turn. Each special
case is one that a real server needs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.llm.openai.chat_memento import REASONING, ReasoningNotes
from adapters.llm.openai.chat_parts import Calls, content_parts, thought_of
from adapters.llm.reading.finish_reasons import COMPLETIONS, FinishKind, finish_of
from adapters.llm.reading.json_shapes import as_count, as_index, as_object, as_objects, as_text
from adapters.llm.reading.sources import listed
from adapters.llm.sdk.answer_reader import AnswerReader, Object
from domain.models.messages import Piece, Text, ToolRequest, Usage


class CompletionReader(AnswerReader):
    """Reads one chat completion: yields text at once, and tool calls when they are complete.

    With ``sources``, the sources that the service names are listed below the answer.
    """

    finishes = COMPLETIONS
    exact = b'"arguments"'
    payload = frozenset({"choices", "usage"})

    def __init__(self, provider: str = "openai", *, sources: bool = False) -> None:
        super().__init__(provider)
        self._sources = sources
        self._listed = ""
        self._parts = Calls()
        self._notes = ReasoningNotes()

    def _quick(self, event: Any) -> Sequence[Piece]:
        choice = event["choices"][0]
        delta = choice["delta"]
        if len(delta) != 1 or choice.get("finish_reason") or event.get("usage"):
            return ()
        if "error" in event or choice.get("index") or self._has_sources(event):
            return ()
        content = delta["content"]
        return self._tags.read(content) if isinstance(content, str) and content else ()

    def read(self, event: Object) -> list[Piece]:
        """Read a chunk, or a whole completion; return its pieces of text and reasoning.

        Raises:
            ProviderError: it is an error.

        """
        self._take_other(event)
        # One choice is asked for, but some servers interleave a second one.
        choices = [each for each in as_objects(event.get("choices")) if not _place(each)]
        choice = choices[0] if choices else {}
        groq = as_object(event.get("x_groq"))
        for each in (groq, choice, event):  # in the last chunk, or cumulative in every one
            if usage := as_object(each.get("usage")):
                self._usage = _usage(usage)
        if self._sources:
            self._note_sources(event)
        return self._of_choice(choice) if choice else []

    def _calls(self) -> Sequence[ToolRequest]:
        return [call.request() for call in self._parts.whole()]

    def _memento(self) -> str:
        return self._notes.memento(self._parts.whole())

    def _closing_words(self, finish: FinishKind) -> Sequence[Piece]:
        return [Text(self._listed)] if self._listed and finish is FinishKind.ENDED else ()

    def _has_sources(self, event: Object) -> bool:
        return self._sources and ("citations" in event or "search_results" in event)

    def _note_sources(self, event: Object) -> None:
        citations, results = event.get("citations"), event.get("search_results")
        if citations or results:
            self._listed = listed(
                citations if isinstance(citations, list) else [], as_objects(results)
            )

    def _of_choice(self, choice: Object) -> list[Piece]:
        if error := choice.get("error"):
            self._take_other({"error": error})
        finish, native = as_text(choice.get("finish_reason")), choice.get("native_finish_reason")
        if finish:
            # Routers pass a failure of the service behind them on as a plain end.
            has_failed = finish_of(as_text(native), self.finishes) is FinishKind.FAILED
            self._finish = as_text(native) if has_failed else finish
        delta = as_object(choice.get("delta"))
        message = as_object(choice.get("message"))
        if not delta and message and not self._has_begun():
            delta = message  # not streamed: the whole message
            self._marked = True
        if not delta and (text := as_text(choice.get("text"))):  # of the older text completions
            return self._say(text)
        return self._of_delta(delta) if delta else []

    def _has_begun(self) -> bool:
        return self._tags.has_given or self._has_spoken or bool(self._parts.whole())

    def _of_delta(self, delta: Object) -> list[Piece]:
        self._notes.take(delta)
        pieces = self._think(_reasoning(delta))
        for kind, words in content_parts(delta.get("content")):
            if kind == "text":
                pieces += self._say(words)
            elif words:
                pieces += self._think(words) if kind == "reasoning" else self._refuse(words)
        if refusal := as_text(delta.get("refusal")):
            pieces += self._refuse(refusal)
        if parts := delta.get("tool_calls"):
            self._parts.take(parts)
        if function := as_object(delta.get("function_call")):  # of the older single calls
            self._parts.add(0, "", function)
        return pieces


def _place(choice: Object) -> int:
    return as_index(choice.get("index")) or 0


def _reasoning(delta: Object) -> str:
    """Return the reasoning in a delta; if several fields have some, they repeat each other."""
    names = (*REASONING, "thinking", "reasoning_details")
    return next(filter(None, (thought_of(delta.get(name)) for name in names)), "")


def _usage(usage: Mapping[str, Any]) -> Usage:
    details = as_object(usage.get("prompt_tokens_details"))
    return Usage(
        as_count(usage.get("prompt_tokens")),
        as_count(usage.get("completion_tokens")),
        as_count(details.get("cached_tokens")),
    )
