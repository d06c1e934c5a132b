"""The events of a run as clients see them, for the OpenAPI document.

`entrypoints.encoding.EventEncoder` writes them; a test holds the two together.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from entrypoints.http.models import Id


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """What went wrong: a code for programs, a sentence for people."""

    code: str
    message: str
    details: dict[str, Any]


class TokenUsage(BaseModel):
    """Tokens that the model read and wrote."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class RunEvent(_Event):
    """The run exists. Always the first event."""

    type: Literal["run"]
    run_id: Id
    conversation_id: Id
    message_id: Id = Field(description="The id of the answer to come.")


class ThinkingEvent(_Event):
    """A piece of what the agent is about to do, or of the model's reasoning."""

    type: Literal["thinking"]
    content: str


class ChunkEvent(_Event):
    """A piece of the answer's text."""

    type: Literal["chunk"]
    content: str


class ToolCallEvent(_Event):
    """The model asks for a tool."""

    type: Literal["tool_call"]
    id: str
    tool: str
    params: dict[str, Any]


class ToolResultEvent(_Event):
    """What came of a tool call: `result`, any JSON value, or `error`."""

    type: Literal["tool_result"]
    id: str
    tool: str
    result: Any = None
    error: Problem | None = None


class RetryEvent(_Event):
    """The chunks after that cursor are withdrawn; what follows replaces them."""

    type: Literal["retry"]
    after: str


class MessageEvent(_Event):
    """The whole text of the answer."""

    type: Literal["message"]
    message_id: Id
    content: str


class ErrorEvent(_Event):
    """The run cannot go on; `done` follows."""

    type: Literal["error"]
    error: Problem


class DoneEvent(_Event):
    """The end of the run. Always the last event."""

    type: Literal["done"]
    status: Literal["completed", "failed", "cancelled"]
    stop: str = Field(description="Why the model stopped: `end`, `length`, `refusal` ...")
    usage: TokenUsage
    effects: list[str] = Field(
        description="The ids of the calls that changed, or may have changed, the world."
    )


RunEvents = Annotated[
    RunEvent
    | ThinkingEvent
    | ChunkEvent
    | ToolCallEvent
    | ToolResultEvent
    | RetryEvent
    | MessageEvent
    | ErrorEvent
    | DoneEvent,
    Field(discriminator="type"),
]
