"""What the readers of all dialects have in common: how an answer ends, and what is no answer."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import orjson

from adapters.llm.encoded_tools import arguments_text
from adapters.llm.reading.decoding import DONE, JsonEventDecoder, MalformedAnswer
from adapters.llm.reading.error_words import words_of
from adapters.llm.reading.finish_reasons import Finish, Finishes, finish_of
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
    """Reads one answer of one provider, event by event: its text at once, its calls when whole.

    What it knows is read, what it does not know is passed over. ``exact`` is the field, in
    quotation marks, that has the arguments of calls. ``payload`` are the fields of which an event
    of the protocol has one: an object without any that speaks of an error is one.
    """

    finishes: ClassVar[Finishes]
    exact: ClassVar[bytes]
    payload: ClassVar[frozenset[str]]

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self._decoder = JsonEventDecoder(provider, self.exact)
        self.done = False  # whether the provider has said that nothing follows
        self._marked = False  # whether it said so with a mark that tells no reason
        self._tags = ThinkTags()
        self._has_spoken = False  # reasoning or a refusal; of text the tags know
        self._refused = False
        self._finish = ""  # why the model stopped, in the provider's word
        self._usage = Usage()
        self._unknown: Object = {}  # the first object that is no event of the protocol

    @property
    def finished(self) -> bool:
        """Whether the model said why it stopped, or that all was said: else the answer was cut."""
        return bool(self._finish) or self._marked

    def take(self, data: bytes) -> Sequence[Piece]:
        """Take in the data of an event; return the pieces that it completes.

        Raises:
            MalformedAnswer: it cannot be read, and something is lost with it.
            ProviderError: the event is an error.

        """
        if not self._decoder.is_waiting:
            try:
                if pieces := self._quick(orjson.loads(data)):  # nearly always
                    return pieces
            except (AttributeError, IndexError, KeyError, TypeError, ValueError):
                pass  # no such piece, or no such protocol
        return [piece for event in self._decoder.take(data) for piece in self.read(event)]

    @abstractmethod
    def _quick(self, event: Any) -> Sequence[Piece]:
        """Take in an event that is a piece of text and nothing else; leave any other (nothing).

        May raise what reaching into an event of another shape raises.
        """

    @abstractmethod
    def read(self, event: Object) -> Sequence[Piece]:
        """Take in any event; return the pieces that it completes.

        Raises:
            ProviderError: the event is an error.

        """

    def mark_done(self) -> None:
        """Take in the mark that nothing follows."""
        self.done = self._marked = True

    def end(self) -> Sequence[Piece]:
        """Return the last pieces, the `Stop` last, of an answer that has come to its end.

        An answer cut by its length or refused has no calls: the last may be half a call, and the
        rest was never concluded.

        Raises:
            MalformedAnswer: what came does not make an answer.
            ProviderError: the model failed, or the answer was cut.

        """
        late = [piece for event in self._decoder.end() for piece in self.read(event)]
        if not self.finished:
            raise failure(self.provider, ProviderReason.TRUNCATED, self._other_words())
        held, finish = [*late, *self._tags.end()], self._how_it_ended()
        if finish in {Finish.LENGTH, Finish.FILTERED}:
            reason = StopReason.LENGTH if finish is Finish.LENGTH else StopReason.REFUSAL
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
        """Return the whole calls.

        Raises:
            MalformedAnswer: one has no name.

        """

    def _memento(self) -> str:
        """Return what the provider wants to be given back with this answer and its calls."""
        return ""

    def _closing_words(self, finish: Finish) -> Sequence[Piece]:  # noqa: ARG002 - for those who have some
        """Return what is added to the text at its end."""
        return ()

    def _how_it_ended(self) -> Finish:
        """Say what the end is.

        Raises:
            MalformedAnswer: nobody can read what the model wrote.
            ProviderError: the model failed.

        """
        finish = finish_of(self._finish, self.finishes) if self._finish else Finish.ENDED
        if finish is None:
            _log.warning("%s: stopped with %.100r, read as an end", self.provider, self._finish)
        if finish is Finish.FAILED:
            words = f"it stopped with {self._finish}"
            raise failure(self.provider, ProviderReason.OVERLOADED, words)
        if finish is Finish.UNREADABLE:
            raise MalformedAnswer(f"it stopped with {self._finish}")
        return Finish.FILTERED if self._refused else finish or Finish.ENDED

    def _take_other(self, event: Object) -> None:
        """Take in what may be no event of the protocol: the mark that nothing follows, or an error.

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
        """Return what the provider said outside of its protocol, for who reads of the failure."""
        ignored = self._decoder.ignored.decode("utf-8", "replace")
        return ignored or words_of(dict(self._unknown)).message

    def _say(self, content: str) -> list[Piece]:
        """Take in a piece of text; return what it proves to be."""
        return self._tags.read(content) if content else []

    def _think(self, content: str) -> list[Piece]:
        """Take in a piece of reasoning."""
        if not content:
            return []
        self._has_spoken = True
        return [Reasoning(content)]

    def _refuse(self, content: str) -> list[Piece]:
        """Take in a piece of a refusal, which is told as text."""
        self._refused = self._has_spoken = True
        return [Text(content)] if content else []


def whole_calls(calls: Iterable[tuple[str, Any]]) -> list[ToolRequest]:
    """Return calls by their names and arguments, in any form that `arguments_text` takes.

    Raises:
        MalformedAnswer: one has no name.

    """
    return [_whole_call(name, arguments) for name, arguments in calls]


def _whole_call(name: str, arguments: Any) -> ToolRequest:
    if not name:
        raise MalformedAnswer("a tool call has no name")
    return ToolRequest(name, arguments_text(arguments) or "{}")


def encoded_memento(value: Any) -> str:
    """Return a memento as text; empty where it would be too large, or cannot be written."""
    try:
        memento = orjson.dumps(value)
    except TypeError:  # integers beyond 64 bits, half a character in a name
        return ""
    return memento.decode() if len(memento) <= LARGEST_MEMENTO else ""
