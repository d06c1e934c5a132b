"""Models of a run's events for the OpenAPI document.

`entrypoints.encoding.EventEncoder` encodes the events; a test compares the two.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from entrypoints.http.fields import Id, Timestamp


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """An error: a code for programs, a sentence for people."""

    code: str
    message: str
    details: dict[str, Any]
    retryable: bool | None = Field(
        None, description="true: the tool says that the same call may succeed later. Else left out."
    )


class TokenUsage(BaseModel):
    """Tokens that the model read and wrote, and what they cost where that is known."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    cached_tokens: int | None = Field(
        None, description="Those of the input that the provider had in its cache, if any."
    )
    cost_usd: float | None = Field(
        None, description="Left out where the price of a model is not known."
    )


class PreviewLine(BaseModel):
    """A line of what a call will do, in the tool's own words."""

    kind: Literal["what", "target", "amount", "reversible", "detail"]
    text: str


class ConsentRequest(BaseModel):
    """A question to a human, with the call that it is about."""

    id: Id
    call_id: str = Field(description="The call it is about, as `tool_call` names it.")
    kind: Literal["approval", "outcome", "input", "call", "connect_account"] = Field(
        description="`approval`: may it start? `outcome`: it was interrupted; what became of it? "
        "`input`: the tool asks for values. `call`: may the tool call another one? "
        "`connect_account`: the tool needs your own account at a service; the run goes on when "
        "you have connected it."
    )
    tool: str
    params: dict[str, Any]
    effect: Literal["read", "write", "destructive"]
    reason: str = Field(description="The rule that asks.")
    preview: str = Field(
        description="What will be done, in one line; of a tool that sends an HTTP request its "
        "method and address too."
    )
    preview_lines: list[PreviewLine] = Field(
        description="The tool's own preview, line by line; empty if it has none."
    )
    confirm: list[str] = Field(
        description="The arguments that must be typed again: an approval holds them in `confirm`."
    )
    digest: str = Field(description="SHA-256 of tool, version and arguments: what may run.")
    expires_at: Timestamp
    message: str | None = Field(
        None, description="What the tool asks its user; left out where the tool does not ask."
    )
    form: dict[str, Any] | None = Field(
        None,
        alias="schema",
        description="Of kind `input`: the JSON Schema of the `values` to answer with, an object.",
    )
    call: dict[str, Any] | None = Field(
        None,
        description="Of kind `call`: the other call, with `tool`, `version`, `params`, `effect` "
        "and the `reason`.",
    )
    plugin: str | None = Field(
        None, description="Of kind `connect_account`: the plugin whose tool needs the account."
    )
    account: str | None = Field(None, description="Of kind `connect_account`: its name.")
    title: str | None = Field(None, description="Of kind `connect_account`: what people read.")
    connect_by: Literal["oauth", "key"] | None = Field(
        None,
        description="Of kind `connect_account`. `oauth`: `POST` to `address`, with `/connect` "
        "added, and open the `authorize_url` of the answer; `key`: `PUT` a key there.",
    )
    instructions: str | None = Field(
        None, description="Of kind `connect_account`: where to get a key."
    )
    address: str | None = Field(None, description="Of kind `connect_account`: where it stands.")


class RunEvent(_Event):
    """The run exists. Always the first event."""

    type: Literal["run"]
    run_id: Id
    conversation_id: Id | None = Field(description="null: a tool was called without the agent.")
    message_id: Id | None = Field(description="The id of the answer to come.")
    agent: str | None = Field(
        None, description="Who answers; left out where that is the general agent."
    )


class ThinkingEvent(_Event):
    """A piece of what the agent is about to do, or of the model's reasoning."""

    type: Literal["thinking"]
    content: str


class ChunkEvent(_Event):
    """A piece of the answer's text."""

    type: Literal["chunk"]
    content: str


class ToolCallEvent(_Event):
    """The model asks for a tool, or a tool calls another."""

    type: Literal["tool_call"]
    id: str
    tool: str
    params: dict[str, Any]
    parent: str | None = Field(
        None, description="The id of the call whose tool made this one; left out of the model's."
    )


class ConsentEvent(_Event):
    """A human is asked; the run waits once nothing else of it can go on."""

    type: Literal["consent_required"]
    consent_request: ConsentRequest


class ToolProgressEvent(_Event):
    """A running tool says how far it is. Not every report is shown, and none stops anything."""

    type: Literal["tool_progress"]
    id: str
    tool: str
    message: str
    fraction: float | None = Field(
        None, ge=0, le=1, description="How much is done, where the tool knows it."
    )
    output: str | None = Field(
        None,
        description="The next piece of the result, of a tool that yields it. Not all is shown.",
    )


class ToolResultEvent(_Event):
    """The result of a tool call: `result`, any JSON value, or `error`."""

    type: Literal["tool_result"]
    id: str
    tool: str
    params: dict[str, Any] | None = Field(
        None,
        description="The arguments that it ran with; left out unless a person changed those of "
        "`tool_call`.",
    )
    result: Any = None
    error: Problem | None = None


class RetryEvent(_Event):
    """The chunks after that cursor are withdrawn; what follows replaces them."""

    type: Literal["retry"]
    after: str


class MessageEvent(_Event):
    """The whole text of the answer; none where a tool was called without the agent."""

    type: Literal["message"]
    message_id: Id
    content: str


class ErrorEvent(_Event):
    """The run cannot go on; `done` follows."""

    type: Literal["error"]
    error: Problem


class DoneEvent(_Event):
    """The end of the run, or of what comes until a human answers. Always the last event."""

    type: Literal["done"]
    status: Literal["completed", "failed", "cancelled", "waiting_consent"]
    stop: str = Field(
        description="`failed` or `cancelled` where the run ended so, else why the model stopped: "
        "`end`, `length`, `refusal` ..."
    )
    usage: TokenUsage
    effects: list[str] = Field(
        description="The ids of the calls that changed, or may have changed, the world."
    )
    warnings: list[str] | None = Field(
        None,
        description="The sampling parameters that had no effect; left out where there are none.",
    )


RunEvents = Annotated[
    RunEvent
    | ThinkingEvent
    | ChunkEvent
    | ToolCallEvent
    | ConsentEvent
    | ToolProgressEvent
    | ToolResultEvent
    | RetryEvent
    | MessageEvent
    | ErrorEvent
    | DoneEvent,
    Field(discriminator="type"),
]
