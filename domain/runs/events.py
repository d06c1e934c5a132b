"""What happens in a run, as records: the one truth, of which each transport is a view.

A run's events are numbered 1, 2, 3 ... without gaps. Each body below is a frozen dataclass of
JSON values and enums, so that one rule stores all of them (`domain.runs.event_json`). ``type`` is
the name it is stored under, ``seen`` the one that clients see, None where they do not see it.

A new kind of event is a class here that `Body` names, and its line in `entrypoints.encoding` and
in `entrypoints.http.openapi.events` if clients see it. A test asks each class for all of these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, get_args

from domain.consents.consent import ConsentKind, ConsentStatus
from domain.models.messages import StopReason
from domain.policy.policy import Autonomy
from domain.runs.states import CallState, RunStatus
from domain.tools.tool import Effect


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run exists. ``message_id`` names the answer to come; the rest holds for this run.

    A direct run is one tool call of a client, in no conversation and with no model.
    ``fallbacks`` are the models to ask, in order, where the first cannot answer:
    ``{provider, model}`` each. ``agent`` is the one that the message was addressed to, as it was
    then: ``{name, instructions, tools}``. ``request_id`` is the request that began it, by which
    the log's lines of a run belong together, whoever writes them.
    """

    type: ClassVar[str] = "run"
    seen: ClassVar[str | None] = "run"
    user_id: str
    conversation_id: str
    question_id: str
    message_id: str
    provider: str
    model: str
    autonomy: Autonomy
    max_steps: int
    is_direct: bool = False
    fallbacks: tuple[Mapping[str, str], ...] = ()
    agent: Mapping[str, Any] | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Thinking:
    """A piece of what the agent is about to do, or of the model's reasoning."""

    type: ClassVar[str] = "thinking"
    seen: ClassVar[str | None] = "thinking"
    content: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the answer's text."""

    type: ClassVar[str] = "chunk"
    seen: ClassVar[str | None] = "chunk"
    content: str


@dataclass(frozen=True, slots=True)
class ToolIntended:
    """The model asks for a call. ``version`` is that of the tool's description."""

    type: ClassVar[str] = "tool_call"
    seen: ClassVar[str | None] = "tool_call"
    call_id: str
    tool: str
    params: Mapping[str, Any]
    effect: Effect
    version: str
    idempotent: bool = False


@dataclass(frozen=True, slots=True)
class ConsentRequested:
    """A human is asked: before a call starts (``approval``), or what became of it (``outcome``).

    ``reason`` is the rule that asks, ``digest`` that of tool, version and arguments.
    """

    type: ClassVar[str] = "consent_required"
    seen: ClassVar[str | None] = "consent_required"
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


@dataclass(frozen=True, slots=True)
class ConsentAnswered:
    """The answer, or that none came in time. ``params`` are the arguments that may run.

    ``is_edited`` says that these are not the arguments that were asked for.
    """

    type: ClassVar[str] = "consent_answered"
    seen: ClassVar[str | None] = None
    request_id: str
    call_id: str
    status: ConsentStatus
    params: Mapping[str, Any]
    digest: str
    reason: str
    is_edited: bool = False


@dataclass(frozen=True, slots=True)
class StepEnded:
    """The model's answer is whole: text, then the calls intended since the step began.

    ``provider`` and ``model`` say who gave it, ``cost_usd`` what it cost (None: not known),
    ``memento`` what that provider wants back when it goes on (`domain.models.messages.Stop`).
    """

    type: ClassVar[str] = "step"
    seen: ClassVar[str | None] = None
    stop: StopReason
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    provider: str = ""
    model: str = ""
    cost_usd: float | None = None
    memento: str = ""


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """From here on the call may have taken effect."""

    type: ClassVar[str] = "tool_started"
    seen: ClassVar[str | None] = None
    call_id: str


@dataclass(frozen=True, slots=True)
class ToolProgressed:
    """A running call says how far it is; ``fraction`` (0 to 1) may not be known."""

    type: ClassVar[str] = "tool_progress"
    seen: ClassVar[str | None] = "tool_progress"
    call_id: str
    tool: str
    message: str
    fraction: float | None = None


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """The call gave a result, a JSON value.

    ``params`` are the arguments that it ran with, where a human changed them.
    """

    type: ClassVar[str] = "tool_finished"
    seen: ClassVar[str | None] = "tool_result"
    call_id: str
    tool: str
    result: Any
    duration_ms: float
    params: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ToolErred:
    """The call gave no result. ``outcome``: failed, refused (never started) or unknown.

    ``params`` are the arguments that it ran with, where a human changed them.
    """

    type: ClassVar[str] = "tool_erred"
    seen: ClassVar[str | None] = "tool_result"
    call_id: str
    tool: str
    outcome: CallState
    code: str
    message: str
    details: Mapping[str, Any]
    params: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Retried:
    """The chunks after that place are withdrawn; what follows replaces them."""

    type: ClassVar[str] = "retry"
    seen: ClassVar[str | None] = "retry"
    after_attempt: int
    after_number: int


@dataclass(frozen=True, slots=True)
class Released:
    """The worker was told to stop, and hands the run over: what it was doing broke off.

    Without it a worker that is heard of no more has died at what it was doing.
    """

    type: ClassVar[str] = "released"
    seen: ClassVar[str | None] = None


@dataclass(frozen=True, slots=True)
class Resumed:
    """Another worker goes on with the calls of a step; of the one before nothing was heard."""

    type: ClassVar[str] = "resumed"
    seen: ClassVar[str | None] = None


@dataclass(frozen=True, slots=True)
class Paused:
    """Nothing more comes until a human answers. Never stored: a follower is told so."""

    type: ClassVar[str] = "paused"
    seen: ClassVar[str | None] = "done"
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The whole text of the answer: the chunks since the last `Retried`, joined."""

    type: ClassVar[str] = "message"
    seen: ClassVar[str | None] = "message"
    message_id: str
    content: str


@dataclass(frozen=True, slots=True)
class Erred:
    """The run cannot go on."""

    type: ClassVar[str] = "error"
    seen: ClassVar[str | None] = "error"
    code: str
    message: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event.

    ``stop`` is ``failed`` or ``cancelled`` where the run ended so, else why the model stopped
    (`StopReason`); ``effects`` names the calls that changed, or may have changed, the world;
    ``cost_usd`` is None where the price of a step is not known.
    """

    type: ClassVar[str] = "done"
    seen: ClassVar[str | None] = "done"
    status: RunStatus
    stop: str
    input_tokens: int
    output_tokens: int
    effects: tuple[str, ...] = ()
    cached_tokens: int = 0
    cost_usd: float | None = None


Body = (
    RunStarted
    | Thinking
    | Chunk
    | ToolIntended
    | ConsentRequested
    | ConsentAnswered
    | StepEnded
    | ToolStarted
    | ToolProgressed
    | ToolFinished
    | ToolErred
    | Retried
    | Released
    | Resumed
    | Paused
    | Answered
    | Erred
    | Ended
)

CallBody = (
    ToolIntended | ConsentRequested | ConsentAnswered | ToolStarted | ToolFinished | ToolErred
)
"""What is told of one call, by its ``call_id``."""

PROGRESS = (Thinking, Chunk, ToolProgressed)
"""What only shows that something goes on: what follows does not rest on it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: its number in the run, and the attempt that wrote it."""

    number: int
    attempt: int
    body: Body


KINDS: Final[Mapping[str, type[Body]]] = {kind.type: kind for kind in get_args(Body)}
"""Every kind of event, by the name that it is stored under."""
