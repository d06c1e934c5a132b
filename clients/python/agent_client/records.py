"""What the service answers, typed. Fields that a newer service adds are kept, and are no error.

Texts that name a kind or a status are plain strings, since a newer service may know more of them.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Record(BaseModel):
    """The base of all records: immutable, open to fields that are not known yet."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())


class Problem(Record):
    """An error: ``code`` for programs, ``message`` for people."""

    code: str
    message: str = ""
    details: dict[str, Any] = Field(default_factory=dict)
    retryable: bool | None = None


class Usage(Record):
    """Tokens that the model read and wrote; ``cost_usd`` where the price is known."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int | None = None
    cost_usd: float | None = None


class ToolCall(Record):
    """A tool call that the model asked for."""

    id: str
    tool: str
    params: dict[str, Any] = Field(default_factory=dict)


class ToolResult(Record):
    """What came of a tool call: ``result``, any JSON value, or ``error``."""

    id: str
    tool: str
    result: Any = None
    error: Problem | None = None


class PreviewLine(Record):
    """A line of what a call will do, in the tool's own words."""

    kind: str
    text: str


class ConsentRequest(Record):
    """A question to a person, with the call that it is about.

    ``kind`` is ``approval``, ``outcome``, ``input``, ``call`` or ``connect_account``. Arguments
    that ``confirm`` names must be typed again. ``form`` is the JSON Schema of the values that a
    tool asks for, ``message`` its question.
    """

    id: str
    call_id: str
    tool: str
    kind: str = "approval"
    params: dict[str, Any] = Field(default_factory=dict)
    effect: str = ""
    reason: str = ""
    preview: str = ""
    preview_lines: tuple[PreviewLine, ...] = ()
    confirm: tuple[str, ...] = ()
    digest: str = ""
    expires_at: datetime | None = None
    message: str | None = None
    form: dict[str, Any] | None = Field(None, alias="schema")


class Consent(ConsentRequest):
    """A consent request as it stands: ``waiting``, or what was answered."""

    run_id: str
    conversation_id: str | None = None
    status: str
    created_at: datetime
    answered_at: datetime | None = None
    answer_reason: str = ""


class ConsentAnswered(Record):
    """A consent request after its answer; ``consent_token`` names the call that may run."""

    consent_request_id: str
    status: str
    consent_token: str | None = None
    message: str = ""


class Conversation(Record):
    """A titled row of messages; ``active_run_id`` is the run that goes on or waits in it."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    message_count: int
    provider: str | None = None
    model: str | None = None
    sampling: dict[str, Any] = Field(default_factory=dict)
    active_run_id: str | None = None


class Message(Record):
    """One thing said, by ``user`` or ``assistant``, and the tools that were called for it."""

    id: str
    role: str
    content: str
    timestamp: datetime
    tool_calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolResult, ...] = ()
    run_id: str | None = None
    status: str | None = None
    stop: str | None = None
    error: Problem | None = None
    usage: Usage | None = None
    provider: str | None = None
    model: str | None = None


class WholeConversation(Conversation):
    """A conversation and its last messages, the oldest first."""

    messages: tuple[Message, ...]


class Run(Record):
    """A run: its status, and what came of it so far."""

    id: str
    status: str
    conversation_id: str | None = None
    message_id: str | None = None
    stop: str | None = None
    error: Problem | None = None
    usage: Usage = Usage()
    provider: str | None = None
    model: str | None = None
    effects: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    created_at: datetime
    finished_at: datetime | None = None


class Tool(Record):
    """A tool: its schema, and its effect: ``read``, ``write`` or ``destructive``."""

    name: str
    title: str = ""
    description: str = ""
    category: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    effect: str = ""
    enabled: bool = True
    reason: str = ""
    plugin: str = ""


class Answer(Record):
    """The agent's answer, as far as it came before a person must answer.

    ``status`` is ``completed``, ``cancelled`` or ``waiting_consent``; of the last,
    ``consent_requests`` is what the run waits for, and ``cursor`` where its events go on.
    ``warnings`` names the sampling parameters that had no effect.
    """

    conversation_id: str | None
    run_id: str
    message_id: str | None
    message: str
    status: str
    tool_calls: tuple[ToolCall, ...]
    results: tuple[ToolResult, ...]
    consent_requests: tuple[ConsentRequest, ...]
    usage: Usage
    warnings: tuple[str, ...]
    cursor: str

    @property
    def requires_consent(self) -> ConsentRequest | None:
        """The first of ``consent_requests``."""
        return next(iter(self.consent_requests), None)


class Execution(Record):
    """A tool call without the agent: its ``result``, or the ``consent_request`` it waits for.

    ``status`` is ``completed`` or ``waiting_consent``. ``duration_ms`` is None of a call that
    waited.
    """

    tool: str = ""
    run_id: str
    status: str = "completed"
    result: Any = None
    duration_ms: float | None = None
    consent_request: ConsentRequest | None = None
