"""The events of one tool call in a run, by its ``call_id`` (`domain.runs.events`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from domain.consents.consent import ConsentKind, ConsentStatus
from domain.conversations.calls import Problem
from domain.runs.states import CallState
from domain.tools.tool import Effect


@dataclass(frozen=True, slots=True)
class ToolIntended:
    """The model requested a tool call. ``version`` is that of the tool's description.

    ``confirm`` names the arguments that a human must type again first.
    ``parent`` is the id of the call whose tool made this one in its place.
    """

    type: ClassVar[str] = "tool_call"
    wire_name: ClassVar[str | None] = "tool_call"
    call_id: str
    tool: str
    params: Mapping[str, Any]
    effect: Effect
    version: str
    idempotent: bool = False
    confirm: tuple[str, ...] = ()
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentRequested:
    """A human is asked to approve a call, for the outcome of an interrupted one, or by the tool.

    ``reason`` is the rule that requires it, ``digest`` that of tool, version and arguments.
    ``preview_lines`` are the lines of the tool's own preview, each ``{kind, text}``. ``confirm``
    names the arguments that the human must type again.
    ``message`` and ``fields`` are the tool's question (`ToolQuestion`), where the tool asks.
    """

    type: ClassVar[str] = "consent_required"
    wire_name: ClassVar[str | None] = "consent_required"
    request_id: str
    call_id: str
    kind: ConsentKind
    tool: str
    params: Mapping[str, Any]
    effect: Effect
    reason: str
    preview: str
    digest: str
    expires_at: str
    preview_lines: tuple[Mapping[str, str], ...] = ()
    confirm: tuple[str, ...] = ()
    message: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsentAnswered:
    """A consent request was answered, or expired. ``params`` are the approved arguments.

    ``is_edited`` says that the human changed the arguments; ``values`` answer the tool's question.
    """

    type: ClassVar[str] = "consent_answered"
    wire_name: ClassVar[str | None] = None
    request_id: str
    call_id: str
    status: ConsentStatus
    params: Mapping[str, Any]
    digest: str
    reason: str
    is_edited: bool = False
    values: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """The call was started: from here on it may have taken effect."""

    type: ClassVar[str] = "tool_started"
    wire_name: ClassVar[str | None] = None
    call_id: str


@dataclass(frozen=True, slots=True)
class ToolProgressed:
    """A progress report of a running call; ``fraction`` is from 0 to 1, or not known.

    ``output`` is a piece of the result, of a tool that yields it.
    """

    type: ClassVar[str] = "tool_progress"
    wire_name: ClassVar[str | None] = "tool_progress"
    call_id: str
    tool: str
    message: str
    fraction: float | None = None
    output: str = ""


@dataclass(frozen=True, slots=True)
class ModelAsked:
    """The tool of a running call asked a model, which answered with ``text``.

    ``digest`` is that of what it was asked. ``cost_usd`` None means that the price is not known.
    """

    type: ClassVar[str] = "model_asked"
    wire_name: ClassVar[str | None] = None
    call_id: str
    digest: str
    text: str
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """The call gave a result, a JSON value.

    ``params`` are the arguments that it ran with, where a human changed them.
    """

    type: ClassVar[str] = "tool_finished"
    wire_name: ClassVar[str | None] = "tool_result"
    call_id: str
    tool: str
    result: Any
    duration_ms: float
    params: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ToolErred:
    """The call gave no result. ``outcome``: failed, refused (never started) or unknown.

    ``retryable``: the tool says that the same call may succeed later. ``params`` are the arguments
    that it ran with, where a human changed them.
    """

    type: ClassVar[str] = "tool_erred"
    wire_name: ClassVar[str | None] = "tool_result"
    call_id: str
    tool: str
    outcome: CallState
    code: str
    message: str
    details: Mapping[str, Any]
    params: Mapping[str, Any] | None = None
    retryable: bool = False

    @property
    def problem(self) -> Problem:
        """The error as the call's record."""
        return Problem(self.code, self.message, self.details, self.retryable)


CallBody = (
    ToolIntended
    | ConsentRequested
    | ConsentAnswered
    | ToolStarted
    | ModelAsked
    | ToolFinished
    | ToolErred
)
"""The events of one call, by its ``call_id``."""
