"""A streamed response, read event by event into the pieces of the house.

The events are plain JSON objects: typed ones cost more than all the rest of a turn. A call is
taken from the event that ends its item, where it stands whole; the events that spell out its
arguments add nothing. Events that are not known here are passed over: new ones appear often.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import orjson

from adapters.llm.answers import MalformedAnswer
from adapters.llm.openai_errors import error_in_stream
from adapters.llm.responses_memento import Trail
from domain.llm import Piece, Reasoning, Stop, StopReason, Text, ToolRequest, Usage

_TEXT = "response.output_text.delta"
_BREAK = "\n\n"  # between messages, and between the parts of a summary

Event = Mapping[str, Any]


class ResponseReader:
    """Gather one answer: give its text at once, its tool calls and its end when whole."""

    def __init__(self, provider: str = "openai") -> None:
        self._provider = provider
        self._said = 0  # characters of text
        self._reasoned = False
        self._refused = False
        self._calls: list[ToolRequest] = []
        self._trail = Trail()
        self._reason = StopReason.END
        self._usage = Usage()
        self.done = False

    @property
    def finished(self) -> bool:
        """Whether the response is complete, or says why not: without that, it was cut."""
        return self.done

    def read(self, data: bytes) -> list[Piece]:
        """Take in the data of one event; return the pieces of text and reasoning in it.

        Raises:
            ValueError: it is not JSON, or does not have the protocol's shape.
            ProviderError: the event is an error, or says that the response failed.

        """
        if self.done:
            return []
        event = orjson.loads(data)
        try:
            if (kind := event.get("type", "error")) == _TEXT and (content := event["delta"]):
                self._said += len(_string(content))
                return [Text(content)]
            take = self._TAKES.get(kind)
            return take(self, event) if take is not None else []
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise MalformedAnswer("an event does not have the protocol's shape") from error

    def end(self) -> list[Piece]:
        """Return the whole tool calls and the `Stop`.

        An answer cut by its length or refused has no tool calls: the last may be half a call,
        and the rest was never concluded.
        """
        if self._refused:
            self._reason = StopReason.REFUSAL
        if self._reason is not StopReason.END or not self._calls:
            return [Stop(self._reason, self._usage)]
        stop = Stop(StopReason.TOOL_CALLS, self._usage, self._trail.memento())
        return [*self._calls, stop]

    def _refusal(self, event: Event) -> list[Piece]:
        self._refused = True
        return [Text(_string(event["delta"]))] if event["delta"] else []

    def _reasoning(self, event: Event) -> list[Piece]:
        content = _string(event["delta"])
        self._reasoned = True
        return [Reasoning(content)] if content else []

    def _next_summary(self, _: Event) -> list[Piece]:
        return [Reasoning(_BREAK)] if self._reasoned else []

    def _begun(self, event: Event) -> list[Piece]:
        if event["item"].get("type") != "message" or not self._said:
            return []
        self._said += len(_BREAK)
        return [Text(_BREAK)]

    def _whole(self, event: Event) -> list[Piece]:
        item = event["item"]
        self._trail.note(item, self._said)
        if item.get("type") == "function_call":
            name, arguments = _string(item["name"]), _string(item["arguments"])
            self._calls.append(ToolRequest(name, arguments or "{}"))
        return []

    def _completed(self, event: Event) -> list[Piece]:
        self._usage = _usage(event["response"].get("usage") or {})
        self.done = True
        return []

    def _incomplete(self, event: Event) -> list[Piece]:
        details = event["response"].get("incomplete_details") or {}
        filtered = details.get("reason") == "content_filter"
        self._reason = StopReason.REFUSAL if filtered else StopReason.LENGTH
        return self._completed(event)

    def _failed(self, event: Event) -> list[Piece]:
        raise error_in_stream(self._provider, event["response"].get("error"))

    def _error(self, event: Event) -> list[Piece]:
        raise error_in_stream(self._provider, event.get("error") or event)

    _TAKES: ClassVar[Mapping[str, Callable[["ResponseReader", Event], list[Piece]]]] = {
        "error": _error,
        "response.completed": _completed,
        "response.failed": _failed,
        "response.incomplete": _incomplete,
        "response.output_item.added": _begun,
        "response.output_item.done": _whole,
        "response.reasoning_summary_part.added": _next_summary,
        "response.reasoning_summary_text.delta": _reasoning,
        "response.reasoning_text.delta": _reasoning,
        "response.refusal.delta": _refusal,
    }


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedAnswer("a text is not a string")
    return value


def _usage(usage: Mapping[str, Any]) -> Usage:
    details = usage.get("input_tokens_details") or {}
    return Usage(
        _count(usage.get("input_tokens")),
        _count(usage.get("output_tokens")),
        _count(details.get("cached_tokens")),
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
