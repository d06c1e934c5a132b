"""A streamed chat completion, read chunk by chunk into the pieces of the house.

The chunks are plain JSON objects: typed ones cost more than all the rest of a turn. Where
servers that speak this protocol differ, each reading here is one that a real server needs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from adapters.llm.answers import MalformedAnswer
from adapters.llm.openai_errors import error_in_stream
from adapters.llm.sources import listed
from adapters.llm.think_tags import ThinkTags
from domain.llm import Piece, Reasoning, Stop, StopReason, Text, ToolRequest, Usage

_DONE = b"[DONE]"

_STOPS = {
    "stop": StopReason.END,
    "tool_calls": StopReason.TOOL_CALLS,
    "function_call": StopReason.TOOL_CALLS,
    "length": StopReason.LENGTH,
    "content_filter": StopReason.REFUSAL,
}


@dataclass(slots=True)
class _Call:
    """A tool call whose parts are still coming."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class CompletionReader:
    """Gather one answer: give its text at once, its tool calls and its end when whole.

    ``sources`` says whether the service's sources are to be listed below the answer.
    """

    def __init__(self, provider: str = "openai", *, sources: bool = False) -> None:
        self._provider = provider
        self._sources = sources
        self._listed = ""
        self._text = ThinkTags()
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._finish: str | None = None
        self._refused = False
        self._usage = Usage()
        self.done = False

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
        if self.done or data == _DONE:
            self.done = True
            return []
        chunk = orjson.loads(data)
        try:
            if content := self._text.plain and _only_content(chunk):
                return [Text(content)]
            if error := chunk.get("error"):
                raise error_in_stream(self._provider, error)
            return self._pieces(chunk)
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise MalformedAnswer("a chunk does not have the protocol's shape") from error

    def end(self) -> list[Piece]:
        """Return what was held back, the whole tool calls and the `Stop`.

        An answer cut by its length or refused has no tool calls: the last may be half a call,
        and the rest was never concluded.

        Raises:
            MalformedAnswer: a tool call has no name.

        """
        reason = _STOPS.get(self._finish or "", StopReason.END)
        if self._refused:
            reason = StopReason.REFUSAL
        if reason in {StopReason.LENGTH, StopReason.REFUSAL}:
            return [*self._text.end(), Stop(reason, self._usage)]
        if not all(call.name for call in self._calls):
            raise MalformedAnswer("a tool call has no name")
        # Some servers say "stop" beside tool calls, so the calls themselves decide.
        reason = StopReason.TOOL_CALLS if self._calls else StopReason.END
        calls = [ToolRequest(call.name, "".join(call.arguments) or "{}") for call in self._calls]
        sources = [Text(self._listed)] if self._listed else []
        return [*self._text.end(), *sources, *calls, Stop(reason, self._usage)]

    def _pieces(self, chunk: Mapping[str, Any]) -> list[Piece]:
        if usage := chunk.get("usage"):  # in the last chunk, or growing in every one
            self._usage = _usage(usage)
        if self._sources and (chunk.get("citations") or chunk.get("search_results")):
            self._listed = listed(chunk.get("citations") or [], chunk.get("search_results") or [])
        if not (choices := chunk.get("choices")):
            return []
        choice = choices[0]
        if finish := choice.get("finish_reason"):
            self._finish = _text(finish)
        return self._of_delta(delta) if (delta := choice.get("delta")) else []

    def _of_delta(self, delta: Mapping[str, Any]) -> list[Piece]:
        pieces: list[Piece] = []
        if reasoning := delta.get("reasoning_content") or delta.get("reasoning"):
            pieces.append(Reasoning(_text(reasoning)))
        if content := delta.get("content"):
            pieces += self._text.read(_text(content))
        if refusal := delta.get("refusal"):
            self._refused = True
            pieces.append(Text(_text(refusal)))
        if parts := delta.get("tool_calls"):
            for part in parts:
                self._add(part.get("index"), part.get("id"), part.get("function") or {})
        if function := delta.get("function_call"):  # the form before parallel calls
            self._add(0, None, function)
        return pieces

    def _add(self, index: int | None, call_id: str | None, function: Mapping[str, Any]) -> None:
        name, arguments = function.get("name"), function.get("arguments")
        call = self._call_of(index, call_id, name)
        call.id = call.id or _text(call_id or "")
        call.name = call.name or _text(name or "")
        call.arguments.append(_text(arguments or ""))

    def _call_of(self, index: int | None, call_id: str | None, name: str | None) -> _Call:
        """Find the call that a part belongs to, or begin one.

        The index decides. Without one, a part with a name begins a call, and any other goes on
        with the last. Servers exist that give every call index 0: there, a name with another
        id begins a call too.
        """
        call = self._by_index.get(index) if index is not None else self._last(call_id, name)
        if call is None or (name and call_id and call.id and call_id != call.id):
            call = _Call()
            self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    def _last(self, call_id: str | None, name: str | None) -> _Call | None:
        if call_id:
            known = (call for call in self._calls if call.id == call_id)
            return next(known, None)
        return None if name or not self._calls else self._calls[-1]


def _only_content(chunk: Mapping[str, Any]) -> str:
    """Return the text of a chunk that holds nothing else, as nearly all do; else nothing."""
    if choices := chunk.get("choices"):
        choice = choices[0]
        delta = choice["delta"]
        if delta and len(delta) == 1 and not (choice.get("finish_reason") or chunk.get("usage")):
            content = delta.get("content")
            return content if isinstance(content, str) else ""
    return ""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedAnswer("a text is not a string")
    return value


def _usage(usage: Mapping[str, Any]) -> Usage:
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        _count(usage.get("prompt_tokens")),
        _count(usage.get("completion_tokens")),
        _count(details.get("cached_tokens")),
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
