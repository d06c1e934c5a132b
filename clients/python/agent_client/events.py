"""The events of a run. Match on their classes; of a newer service's events come `UnknownEvent`."""

import json
from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from pydantic import Field, ValidationError

from agent_client.errors import UnexpectedAnswerError
from agent_client.records import ConsentRequest, Problem, Record, ToolCall, ToolResult, Usage


class Event(Record):
    """The base of all events. ``cursor`` is the place in the run, from which a stream goes on."""

    type: str
    cursor: str = ""
    run_id: str | None = None


class RunStarted(Event):
    """The run exists: always the first event."""

    type: Literal["run"]
    run_id: str
    conversation_id: str | None = None
    message_id: str | None = None
    agent: str | None = None


class Thinking(Event):
    """A piece of what the agent is about to do, or of the model's reasoning."""

    type: Literal["thinking"]
    content: str


class Chunk(Event):
    """A piece of the answer's text."""

    type: Literal["chunk"]
    content: str


class ToolCalled(Event, ToolCall):
    """The model asks for a tool, or the tool of the call ``parent`` does."""

    type: Literal["tool_call"]
    parent: str | None = None


class ConsentRequired(Event):
    """A person is asked: `approve` or `reject` it."""

    type: Literal["consent_required"]
    consent_request: ConsentRequest


class ToolProgress(Event):
    """A running tool says how far it is; ``fraction`` is from 0 to 1, None where unknown."""

    type: Literal["tool_progress"]
    id: str
    tool: str
    message: str = ""
    fraction: float | None = None
    output: str | None = None


class ToolFinished(Event, ToolResult):
    """What came of a tool call; ``params`` if a person changed those that were asked for."""

    type: Literal["tool_result"]
    params: dict[str, Any] | None = None


class Retry(Event):
    """The chunks after the cursor ``after`` are withdrawn; what follows replaces them."""

    type: Literal["retry"]
    after: str


class MessageCompleted(Event):
    """The whole text of the answer."""

    type: Literal["message"]
    message_id: str | None = None
    content: str


class RunFailed(Event):
    """The run cannot go on; `Done` follows."""

    type: Literal["error"]
    error: Problem


class Done(Event):
    """The end of the run, or, as ``waiting_consent``, of what comes until a person answers.

    ``warnings`` names the sampling parameters that had no effect.
    """

    type: Literal["done"]
    status: str
    stop: str = ""
    usage: Usage = Usage()
    effects: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class UnknownEvent(Event):
    """An event of a newer service: ``data`` is all of it."""

    data: dict[str, Any] = Field(default_factory=dict)


AnyEvent = (
    RunStarted
    | Thinking
    | Chunk
    | ToolCalled
    | ConsentRequired
    | ToolProgress
    | ToolFinished
    | Retry
    | MessageCompleted
    | RunFailed
    | Done
    | UnknownEvent
)

_KINDS: Final[Mapping[str, type[AnyEvent]]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind
    for kind in get_args(AnyEvent)
    if kind is not UnknownEvent
}


def parse_event(text: str, cursor: str = "") -> AnyEvent:
    """Return the event that the data of a server-sent event is.

    Raises:
        UnexpectedAnswerError: it is not a JSON object with a type.

    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise UnexpectedAnswerError("An event of the stream is not JSON.") from error
    if not isinstance(data, dict) or not isinstance(data.get("type"), str):
        raise UnexpectedAnswerError("An event of the stream has no type.")
    kind = _KINDS.get(data["type"])
    if kind is not None:
        try:
            return kind.model_validate(data | {"cursor": cursor})
        except ValidationError:  # a newer form of it
            pass
    run_id = data.get("run_id")
    return UnknownEvent(
        type=data["type"],
        cursor=cursor,
        run_id=run_id if isinstance(run_id, str) else None,
        data=data,
    )
