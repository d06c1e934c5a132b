"""The state of a run: the fold of its events (`domain.runs.folding`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from domain.agents.agent import Agent
from domain.conversations.calls import CallOutcome, CallRequest, Problem
from domain.conversations.sampling import Sampling, sampling_of
from domain.models.messages import ModelChoice, StopReason, Usage
from domain.models.prices import in_usd, nano_usd
from domain.policy.policy import Autonomy
from domain.runs.events import Paused, QuestionGuarded, RunStarted
from domain.runs.states import CallState, RunStatus
from domain.tools.questions import QuestionAnswer, ToolQuestion
from domain.tools.tool import Effect

_SETTLED: Final = frozenset(
    {CallState.FINISHED, CallState.FAILED, CallState.REFUSED, CallState.UNKNOWN}
)
_WAITING: Final = frozenset({CallState.ASKED, CallState.UNSURE, CallState.SUSPENDED})
_BETWEEN_ATTEMPTS: Final = frozenset({CallState.ASKED, CallState.APPROVED, CallState.SUSPENDED})
_MAY_HAVE_ACTED: Final = frozenset(
    {CallState.STARTED, CallState.UNSURE, CallState.FINISHED, CallState.UNKNOWN}
)


@dataclass(frozen=True, slots=True)
class Aside:
    """What a model answered to the tool of a call; ``digest`` is that of what it was asked."""

    digest: str
    text: str
    usage: Usage
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Call:
    """The state of one tool call.

    ``starts`` is how often it was started, ``releases`` how often a stopping worker interrupted it,
    and ``suspensions`` how often it ended its attempt itself, by a ``question`` to its user; the
    ``answers`` are those to all its questions so far. ``is_edited``: a human changed the arguments;
    ``is_approved``: one approved the call with them. ``confirm`` names those that a human must type
    again before it may start. ``parent`` is the call whose tool made this one, ``asides`` what
    models answered to its tool.
    """

    id: str
    tool: str
    params: Mapping[str, Any]
    effect: Effect
    version: str
    idempotent: bool = False
    confirm: tuple[str, ...] = ()
    is_edited: bool = False
    is_approved: bool = False
    state: CallState = CallState.INTENDED
    request_id: str | None = None
    result: Any = None
    problem: Problem | None = None
    starts: int = 0
    releases: int = 0
    suspensions: int = 0
    question: ToolQuestion | None = None
    answers: tuple[QuestionAnswer, ...] = ()
    parent: str | None = None
    asides: tuple[Aside, ...] = ()

    @property
    def losses(self) -> int:
        """How many workers crashed during the call, if it is not settled."""
        return self.starts - self.releases - self.suspensions

    @property
    def has_begun(self) -> bool:
        """Tell whether there was an attempt that did not end in a question: it may have acted."""
        return self.starts > self.suspensions

    @property
    def is_settled(self) -> bool:
        """Tell whether the outcome is recorded."""
        return self.state in _SETTLED

    @property
    def is_waiting(self) -> bool:
        """Tell whether a human has to answer first."""
        return self.state in _WAITING

    @property
    def can_repeat(self) -> bool:
        """Tell whether the call is safe to retry: it only reads, or is idempotent."""
        return self.effect is Effect.READ or self.idempotent

    @property
    def may_have_acted(self) -> bool:
        """Tell whether the call changed the world, or may have."""
        began = self.state in _BETWEEN_ATTEMPTS and self.has_begun
        return (began or self.state in _MAY_HAVE_ACTED) and self.effect is not Effect.READ

    @property
    def edited_params(self) -> Mapping[str, Any] | None:
        """The arguments as a human edited them; None: nobody did."""
        return self.params if self.is_edited else None

    def outcome(self) -> CallOutcome:
        """Return the outcome as the conversation's record."""
        return CallOutcome(self.id, self.tool, self.result, self.problem)


@dataclass(frozen=True, slots=True)
class Step:
    """One whole answer of a model: its text, the ids of the requested calls, and its cost.

    ``memento`` is the provider's opaque text to be sent back with this answer, ``warnings`` are
    about sampling parameters that had no effect.
    """

    text: str
    call_ids: tuple[str, ...]
    stop: StopReason
    choice: ModelChoice
    usage: Usage
    cost_usd: float | None
    memento: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """The state of a run after the events so far; ``number`` is the last one's.

    ``stands`` is the position (attempt, number) of the last event that no retry can withdraw.
    ``losses`` is how many workers crashed since the last progress in the current step.
    ``question`` is what guards left of the user's message; None: none were asked.
    """

    id: str
    started: RunStarted
    attempt: int = 1
    number: int = 0
    stands: tuple[int, int] = (1, 1)
    status: RunStatus = RunStatus.RUNNING
    steps: tuple[Step, ...] = ()
    open_text: str = ""
    open_calls: tuple[str, ...] = ()
    calls: Mapping[str, Call] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    problem: Problem | None = None
    losses: int = 0
    question: QuestionGuarded | None = None

    @property
    def autonomy(self) -> Autonomy:
        """The autonomy level with which the run began."""
        return self.started.autonomy

    @property
    def agent(self) -> Agent | None:
        """The agent that the message was addressed to, as of then; None: the general one."""
        stored = self.started.agent
        if stored is None:
            return None
        return Agent(stored["name"], "", stored["instructions"], tuple(stored["tools"]))

    @property
    def choices(self) -> tuple[ModelChoice, ...]:
        """The models for failover, in order: the last that answered, the first, the fallbacks."""
        first = ModelChoice(self.started.provider, self.started.model)
        others = (ModelChoice(**choice) for choice in self.started.fallbacks)
        ordered = dict.fromkeys((first, *others))
        if self.steps and self.steps[-1].choice in ordered:
            ordered = {self.steps[-1].choice: None} | ordered
        return tuple(ordered)

    @property
    def sampling(self) -> Sampling:
        """The sampling parameters with which the run began."""
        return sampling_of(self.started.sampling or {})

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings of all steps, each once."""
        return tuple(dict.fromkeys(each for step in self.steps for each in step.warnings))

    @property
    def cost_usd(self) -> float | None:
        """The cost of the models' answers in US dollars; None where that of one is not known."""
        answers: list[Step | Aside] = [*self.steps]
        answers += [aside for call in self.calls.values() for aside in call.asides]
        costs = [each.cost_usd for each in answers if each.usage != Usage()]
        known = [cost for cost in costs if cost is not None]
        if not known or len(known) < len(costs):
            return None
        return in_usd(sum(map(nano_usd, known)))

    @property
    def text(self) -> str:
        """The answer's text so far, without withdrawn chunks."""
        return "".join(step.text for step in self.steps) + self.open_text

    @property
    def stop(self) -> StopReason:
        """Why the model stopped in the last step."""
        return self.steps[-1].stop if self.steps else StopReason.END

    @property
    def unsettled(self) -> list[Call]:
        """The calls of whole steps that are not settled, in order, and `orphans`."""
        ids = (call_id for step in self.steps for call_id in step.call_ids)
        calls = [call for call in map(self.calls.__getitem__, ids) if not call.is_settled]
        return [*calls, *self.orphans]

    @property
    def orphans(self) -> list[Call]:
        """The calls that tools made and that are not settled, though those of the tools are."""
        return [
            call
            for call in self.calls.values()
            if call.parent is not None
            and not call.is_settled
            and self.calls[call.parent].is_settled
        ]

    @property
    def own_calls(self) -> list[Call]:
        """The calls that the model requested, or the client of a direct run; not those of tools."""
        return [call for call in self.calls.values() if call.parent is None]

    def paused(self) -> Paused:
        """Return the event that tells followers that the run waits."""
        used = self.usage
        tokens = (used.input_tokens, used.output_tokens, used.cached_tokens)
        return Paused(*tokens, self.cost_usd, self.warnings)

    def tool_calls(self) -> list[CallRequest]:
        """Return the model's calls as the conversation's records."""
        return [CallRequest(call.id, call.tool, call.params) for call in self.own_calls]

    def results(self) -> list[CallOutcome]:
        """Return the recorded outcomes of the model's calls."""
        return [call.outcome() for call in self.own_calls if call.is_settled]
