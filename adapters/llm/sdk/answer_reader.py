"""Base class for reading a streamed answer: how it ends, and which answers are malformed."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import orjson

from adapters.llm.encoded_tools import arguments_text
from adapters.llm.reading.decoding import DONE, JsonEventDecoder, MalformedAnswer
from adapters.llm.reading.error_words import words_of
from adapters.llm.reading.finish_reasons import Finishes, FinishKind, finish_of
from adapters.llm.reading.think_tags import ThinkTags
from adapters.llm.sdk.failures import failure
from adapters.llm.sdk.provider_errors import error_in_stream
from domain.models.messages import Piece, Reasoning, Stop, StopReason, Text, ToolRequest, Usage
from domain.shared.errors import ProviderReason

LARGEST_MEMENTO = 256 * 1024  # bytes

Object = Mapping[str, Any]

_TOLD = frozenset({"detail", "errors", "message", "msg", "error_message", "error_msg"})

_log = logging.getLogger(__name__)


class AnswerReader(ABC):
    """Reads one streamed answer: yields text at once, and tool calls when they are complete.

    Unknown events and fields are ignored. ``exact`` is the name of the field that has the arguments
    of calls, in quotation marks. ``payload`` names fields of the protocol's events: an object that
    has none of them, but an error message, is an error.
    """

    finishes: ClassVar[Finishes]
    exact: ClassVar[bytes]
    payload: ClassVar[frozenset[str]]

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self._decoder = JsonEventDecoder(provider, self.exact)
        self.done = False  # whether the end mark has come
        self._marked = False  # whether that mark has no finish reason
        self._tags = ThinkTags()
        self._has_spoken = False  # reasoning or a refusal; for text see `_tags`
        self._refused = False
        self._finish = ""  # the provider's finish reason
        self._usage = Usage()
        self._unknown: Object = {}  # the first object that is no event of the protocol

    @property
    def finished(self) -> bool:
        """Whether a finish reason or an end mark has come; without one the answer was cut off."""
        return bool(self._finish) or self._marked

    def take(self, data: bytes) -> Sequence[Piece]:
        """Read the data of one event; return the pieces that it completes.

        Raises:
            MalformedAnswer: it cannot be read, and part of the answer is lost.
            ProviderError: the event is an error.

        """
        if not self._decoder.is_waiting:
            try:
                if pieces := self._quick(orjson.loads(data)):  # nearly always
                    return pieces
            except (AttributeError, IndexError, KeyError, TypeError, ValueError):
                pass  # another event, or another protocol
        return [piece for event in self._decoder.take(data) for piece in self.read(event)]

    @abstractmethod
    def _quick(self, event: Any) -> Sequence[Piece]:
        """Read an event that is a piece of text and nothing else; return nothing for any other.

        The fast path for nearly every event: an event of another shape may raise a lookup or type
        error.
        """

    @abstractmethod
    def read(self, event: Object) -> Sequence[Piece]:
        """Read any event; return the pieces that it completes.

        Raises:
            ProviderError: the event is an error.

        """

    def mark_done(self) -> None:
        """Note the end mark."""
        self.done = self._marked = True

    def end(self) -> Sequence[Piece]:
        """Return the last pieces of an answer that has ended, the `Stop` last.

        An answer that hit its length limit or was refused has no calls: the last may be incomplete.

        Raises:
            MalformedAnswer: the answer is empty or cannot be read.
            ProviderError: the model failed, or the answer was cut off.

        """
        late = [piece for event in self._decoder.end() for piece in self.read(event)]
        if not self.finished:
            raise failure(self.provider, ProviderReason.TRUNCATED, self._other_words())
        held, finish = [*late, *self._tags.end()], self._how_it_ended()
        if finish in {FinishKind.LENGTH, FinishKind.FILTERED}:
            reason = StopReason.LENGTH if finish is FinishKind.LENGTH else StopReason.REFUSAL
            return [*held, *self._closing_words(finish), Stop(reason, self._usage)]
        calls = self._calls()
        if not (calls or held or self._has_spoken or self._tags.has_given):
            other = self._other_words()
            raise MalformedAnswer("the answer says nothing at all" + (other and f": {other}"))
        words = [*held, *self._closing_words(finish)]
        if calls:
            return [*words, *calls, Stop(StopReason.TOOL_CALLS, self._usage, self._memento())]
        return [*words, Stop(StopReason.END, self._usage)]

    @abstractmethod
    def _calls(self) -> Sequence[ToolRequest]:
        """Return the complete calls.

        Raises:
            MalformedAnswer: a call has no name.

        """

    def _memento(self) -> str:
        """Return what the provider wants back with the calls' results; empty for nothing."""
        return ""

    def _closing_words(self, finish: FinishKind) -> Sequence[Piece]:  # noqa: ARG002 - for those who have some
        """Return pieces to add after the text."""
        return ()

    def _how_it_ended(self) -> FinishKind:
        """Return what the finish reason means; an unknown one is a normal end.

        Raises:
            MalformedAnswer: the service could not read its model's output.
            ProviderError: the model failed.

        """
        finish = finish_of(self._finish, self.finishes) if self._finish else FinishKind.ENDED
        if finish is None:
            _log.warning("%s: stopped with %.100r, read as an end", self.provider, self._finish)
        if finish is FinishKind.FAILED:
            words = f"it stopped with {self._finish}"
            raise failure(self.provider, ProviderReason.OVERLOADED, words)
        if finish is FinishKind.UNREADABLE:
            raise MalformedAnswer(f"it stopped with {self._finish}")
        return FinishKind.FILTERED if self._refused else finish or FinishKind.ENDED

    def _take_other(self, event: Object) -> None:
        """Handle an object that may not be an event of the protocol: the end mark, or an error.

        Raises:
            ProviderError: it is an error, in any usual form.

        """
        if event is DONE:
            self.mark_done()
            return
        error = event.get("error")
        if not error and (event.get("object") == "error" or event.get("type") == "error"):
            error = event
        if not error and self.payload.isdisjoint(event):
            told = event.keys() & _TOLD
            error = event if any(event[name] for name in told) else None
        if error:
            is_whole = isinstance(error, dict | list)
            raise error_in_stream(self.provider, error if is_whole else event)
        if not self._unknown and self.payload.isdisjoint(event):
            self._unknown = {name: value for name, value in event.items() if name != "type"}

    def _other_words(self) -> str:
        """Return the beginning of what came outside of the protocol, for the error message."""
        ignored = self._decoder.ignored.decode("utf-8", "replace")
        return ignored or words_of(dict(self._unknown)).message

    def _say(self, content: str) -> list[Piece]:
        """Read a piece of text; return text and reasoning, separated by think tags."""
        return self._tags.read(content) if content else []

    def _think(self, content: str) -> list[Piece]:
        """Read a piece of reasoning."""
        if not content:
            return []
        self._has_spoken = True
        return [Reasoning(content)]

    def _refuse(self, content: str) -> list[Piece]:
        """Read a piece of a refusal, which is shown as text."""
        self._refused = self._has_spoken = True
        return [Text(content)] if content else []


def whole_calls(calls: Iterable[tuple[str, Any]]) -> list[ToolRequest]:
    """Return tool requests from names and arguments, in any form that `arguments_text` accepts.

    Raises:
        MalformedAnswer: a call has no name.

    """
    return [_whole_call(name, arguments) for name, arguments in calls]


def _whole_call(name: str, arguments: Any) -> ToolRequest:
    if not name:
        raise MalformedAnswer("a tool call has no name")
    return ToolRequest(name, arguments_text(arguments) or "{}")


def encoded_memento(value: Any) -> str:
    """Return a memento as JSON; empty if it is too large or cannot be encoded."""
    try:
        memento = orjson.dumps(value)
    except TypeError:  # integers beyond 64 bits, half a character in a name
        return ""
    return memento.decode() if len(memento) <= LARGEST_MEMENTO else ""
