"""The frames of the dialect's WebSocket: what clients send, and a run's events as they get them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.runs.call_events import (
    ConsentRequested,
    ToolErred,
    ToolFinished,
    ToolIntended,
)
from domain.runs.events import Ended, Erred, Event, Paused, Retried, RunStarted, StepEnded
from entrypoints.encoding import consent_request, dump
from entrypoints.http.dialects.spoken import SpokenText
from entrypoints.http.fields import MESSAGE_LENGTH
from entrypoints.http.streaming.frames import FrameReader, PingFrame

Json = dict[str, Any]


class MessageFrame(BaseModel):
    """A message to the agent."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["message"]
    message: str = Field(min_length=1, max_length=MESSAGE_LENGTH)
    conversation_id: str | None = None


TextFrame = MessageFrame | PingFrame

FRAMES: Final = FrameReader[TextFrame](TextFrame)


class SocketFrames:
    """Makes the frames of one socket, and knows to which conversation the last one belonged.

    The frames of a run do not name it, so a `conversation_id` goes before those of another one.
    """

    def __init__(self) -> None:
        self._conversation_id = ""

    def begin(self, conversation_id: str) -> bytes:
        """Return the frame that says to which conversation the next ones belong."""
        self._conversation_id = conversation_id
        return dump({"type": "conversation_id", "conversation_id": conversation_id})

    def of(self, conversation_id: str, frames: Iterable[Json]) -> Iterator[bytes]:
        """Yield frames of a run in this conversation, as JSON texts."""
        for frame in frames:
            while self._conversation_id != conversation_id:  # another's may come in between
                yield self.begin(conversation_id)
            yield dump(frame)


class RunFrames:
    """Turns the events of one run into frames.

    The calls of one answer of the model come together, when that is whole, and their results when
    the last one is there.
    """

    def __init__(self, socket: SocketFrames) -> None:
        self._socket = socket
        self._conversation_id = ""
        self._text = SpokenText()
        self._calls: list[Json] = []  # of an answer that is not whole yet
        self._unsettled: set[str] = set()
        self._results: list[Json] = []

    def frames(self, events: Sequence[Event]) -> Iterator[bytes]:
        """Yield the frames that some events of the run make, the last one included."""
        for event in events:
            if isinstance(event.body, RunStarted):
                self._conversation_id = event.body.conversation_id
                yield self._socket.begin(self._conversation_id)
            else:
                yield from self._socket.of(self._conversation_id, self._of(event))

    def _of(self, event: Event) -> Iterator[Json]:
        match event.body:
            case ToolIntended(call_id, tool, params, parent=None):
                self._calls.append({"id": call_id, "tool": tool, "params": params})
                self._unsettled.add(call_id)
            case Retried():
                self._unsettled.difference_update(call["id"] for call in self._calls)
                self._calls = []
            case StepEnded():
                yield from self._told_calls()
            case ToolFinished() | ToolErred() as body if body.call_id in self._unsettled:
                yield from self._settled(body)
            case ConsentRequested() as body:
                yield {"type": "consent_required", "consent_request": consent_request(body)}
            case Erred() as body:
                yield {"type": "error", "error": body.message}
            case Paused() | Ended():
                yield from self._told_results()
                yield {"type": "done"}
        if text := self._text.added_by(event):
            yield {"type": "chunk", "content": text}

    def _told_calls(self) -> Iterator[Json]:
        if self._calls:
            yield {"type": "tool_calls", "tool_calls": self._calls}
        self._calls = []

    def _settled(self, body: ToolFinished | ToolErred) -> Iterator[Json]:
        yield from self._told_calls()
        self._unsettled.discard(body.call_id)
        if isinstance(body, ToolFinished):
            outcome = {"result": body.result}
        else:
            outcome = {"error": body.problem.to_json()}
        self._results.append({"id": body.call_id, "tool": body.tool, **outcome})
        if not self._unsettled:
            yield from self._told_results()

    def _told_results(self) -> Iterator[Json]:
        if self._results:
            yield {"type": "results", "results": self._results}
        self._results = []
