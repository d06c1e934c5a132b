"""The events of a run. They are the source of truth (event sourcing): transports are views of them.

A run's events are numbered 1, 2, 3 ... without gaps. Each body below is a frozen dataclass of
JSON values and enums, so that one rule serializes all of them (`domain.runs.event_json`). ``type``
is its stored name, ``wire_name`` its wire name, None for an event that clients do not receive.

The events of tool calls are in `domain.runs.call_events`.

A new kind of event is a class that `Body` names, and its line in `entrypoints.encoding` and
in `entrypoints.http.openapi.events` if clients see it. A test asks each class for all of these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, get_args

from domain.models.messages import StopReason
from domain.policy.policy import Autonomy
from domain.runs.call_events import (
    ConsentAnswered,
    ConsentRequested,
    ModelAsked,
    ToolErred,
    ToolFinished,
    ToolIntended,
    ToolProgressed,
    ToolStarted,
)
from domain.runs.states import RunStatus


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The start of a run. ``message_id`` is the id of the answer to come.

    A direct run is in no conversation. It is one tool call of a client, whose tool may ask the
    model that is configured; or, with a ``question``, a model's answer to that text alone, without
    tools. ``fallbacks`` are the models for failover, in order:
    ``{provider, model}`` each. ``agent`` is a copy of the agent that the message was addressed to:
    ``{name, instructions, tools}``. ``request_id`` is that of the HTTP request, for the log lines
    of the run on any worker; ``key_id`` that of the API key with which it was started;
    ``traceparent`` the trace in which that was asked for, if any, as W3C Trace Context writes it.
    ``sampling`` are the sampling parameters that are set (`domain.conversations.sampling`).
    """

    type: ClassVar[str] = "run"
    wire_name: ClassVar[str | None] = "run"
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
    traceparent: str = ""
    key_id: str = ""
    sampling: Mapping[str, Any] | None = None
    question: str = ""

    @property
    def agent_name(self) -> str:
        """The name of the agent; empty for the general one."""
        return "" if self.agent is None else str(self.agent["name"])


@dataclass(frozen=True, slots=True)
class QuestionGuarded:
    """Plugins' guards looked at the user's message before it was sent to a model.

    ``content`` is what models get in its place, in later runs, too: None is the message itself,
    and empty text nothing.
    """

    type: ClassVar[str] = "question_guarded"
    wire_name: ClassVar[str | None] = None
    question_id: str
    content: str | None


@dataclass(frozen=True, slots=True)
class Thinking:
    """A piece of the model's reasoning, or of what the agent is about to do."""

    type: ClassVar[str] = "thinking"
    wire_name: ClassVar[str | None] = "thinking"
    content: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the answer's text."""

    type: ClassVar[str] = "chunk"
    wire_name: ClassVar[str | None] = "chunk"
    content: str


@dataclass(frozen=True, slots=True)
class StepEnded:
    """The model's answer is whole: its text, and the calls intended since the step began.

    ``cost_usd`` None means that the price is not known. ``memento`` is the provider's opaque text,
    to be sent back with this answer (`domain.models.messages.Stop`). ``warnings`` are sentences
    about sampling parameters that had no effect.
    """

    type: ClassVar[str] = "step"
    wire_name: ClassVar[str | None] = None
    stop: StopReason
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    provider: str = ""
    model: str = ""
    cost_usd: float | None = None
    memento: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retried:
    """The chunks after that position are withdrawn; those that follow replace them."""

    type: ClassVar[str] = "retry"
    wire_name: ClassVar[str | None] = "retry"
    after_attempt: int
    after_number: int


@dataclass(frozen=True, slots=True)
class Released:
    """The worker stops and hands the run over; its current action was interrupted.

    Where this event is missing, a worker that lost its lease has crashed during its action.
    """

    type: ClassVar[str] = "released"
    wire_name: ClassVar[str | None] = None


@dataclass(frozen=True, slots=True)
class Resumed:
    """Another worker took the run over in the middle of a step's calls."""

    type: ClassVar[str] = "resumed"
    wire_name: ClassVar[str | None] = None


@dataclass(frozen=True, slots=True)
class Paused:
    """The run waits for a human. Never stored: it is made for those who follow the run."""

    type: ClassVar[str] = "paused"
    wire_name: ClassVar[str | None] = "done"
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cost_usd: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """The whole text of the answer: the chunks since the last `Retried`, joined."""

    type: ClassVar[str] = "message"
    wire_name: ClassVar[str | None] = "message"
    message_id: str
    content: str


@dataclass(frozen=True, slots=True)
class Erred:
    """The run failed."""

    type: ClassVar[str] = "error"
    wire_name: ClassVar[str | None] = "error"
    code: str
    message: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event.

    ``stop`` is ``failed`` or ``cancelled`` where the run ended so, else why the model stopped
    (`StopReason`); ``effects`` names the calls that changed, or may have changed, the world;
    ``cost_usd`` is None where the price of a step is not known; ``warnings`` are those of all
    steps.
    """

    type: ClassVar[str] = "done"
    wire_name: ClassVar[str | None] = "done"
    status: RunStatus
    stop: str
    input_tokens: int
    output_tokens: int
    effects: tuple[str, ...] = ()
    cached_tokens: int = 0
    cost_usd: float | None = None
    warnings: tuple[str, ...] = ()


Body = (
    RunStarted
    | QuestionGuarded
    | Thinking
    | Chunk
    | ToolIntended
    | ConsentRequested
    | ConsentAnswered
    | StepEnded
    | ToolStarted
    | ToolProgressed
    | ModelAsked
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

PROGRESS = (Thinking, Chunk, ToolProgressed)
"""Events that only show progress: no later event depends on them."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event: its number in the run, and the attempt (the lease's number) that wrote it."""

    number: int
    attempt: int
    body: Body


KINDS: Final[Mapping[str, type[Body]]] = {kind.type: kind for kind in get_args(Body)}
"""The registry of all kinds of events, by their stored name."""
