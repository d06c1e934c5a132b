"""The port to observers of runs: what begins and ends, for metrics and for traces."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RunWork:
    """One stretch of a run: from its start or takeover until it ends, waits or is handed over.

    ``waited`` is how many seconds its message waited before, None if that is not known;
    ``is_takeover``: another worker drove it before, and died or stopped. ``traceparent`` is the
    trace in which the run was asked for, as W3C Trace Context writes it; empty where there is none.
    """

    run_id: str
    conversation_id: str
    agent: str
    waited: float | None = None
    is_takeover: bool = False
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class ModelWork:
    """One request to one model. A retry, or a request to the next model, is another."""

    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class ToolWork:
    """One attempt of one call of a tool."""

    tool: str
    plugin: str
    call_id: str


Work = RunWork | ModelWork | ToolWork


@dataclass(frozen=True, slots=True)
class WorkEnding:
    """How a piece of work ended, without content.

    ``status`` is one of a few words: of a run, of a call, or `completed`, `failed`, `cancelled`.
    ``error`` is an error code or a provider's reason, empty if there was none. The tokens and the
    ``finish`` (why the model stopped) are those of a model's answer.
    """

    status: str
    error: str = ""
    finish: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


class Observation(Protocol):
    """A piece of work that is under way, as one observer sees it."""

    def first_piece(self) -> None:
        """Note the first piece of a model's answer."""
        ...

    def end(self, ending: WorkEnding) -> None:
        """Note the end, once, in the task of the beginning."""
        ...


class Telemetry(Protocol):
    """An observer of the service's work. It must return at once and keep no content."""

    def begin(self, work: Work) -> Observation:
        """Note that work begins, in the task that does it."""
        ...
