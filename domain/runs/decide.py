"""The next action of a run: a pure function of its state.

Recovery after a crash needs nothing else: load the events, fold, decide, continue.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from domain.consents.consent import ConsentKind
from domain.conversations.calls import Problem
from domain.policy.policy import Decision, Policy, Proposal, Verdict, confirmed
from domain.runs.run import Call, Run
from domain.runs.states import CallState, RunStatus
from domain.shared.error_codes import Refusal
from domain.tools.tool import Effect

MOST_LOSSES: Final = 2  # crashes of workers during a call, after which it is not retried
MOST_LOSSES_OF_STEP: Final = 20  # crashes in a step without progress: its calls may be innocent


@dataclass(frozen=True, slots=True)
class AskModel:
    """Ask the model for its next step."""


@dataclass(frozen=True, slots=True)
class CallTools:
    """Start these calls concurrently, each with the rule that allows it."""

    calls: tuple[tuple[Call, str], ...]


@dataclass(frozen=True, slots=True)
class SettleCalls:
    """Record that these calls end without a result, each with its final state and problem."""

    calls: tuple[tuple[Call, CallState, Problem], ...]


@dataclass(frozen=True, slots=True)
class AskHuman:
    """Request consents for these calls, each with the kind of consent and the rule."""

    calls: tuple[tuple[Call, ConsentKind, str], ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Park the run: it waits for a human."""


@dataclass(frozen=True, slots=True)
class Finish:
    """End the run with this status."""

    status: RunStatus
    problem: Problem | None = None


Action = AskModel | CallTools | SettleCalls | AskHuman | Wait | Finish


def decide(run: Run, policy: Policy, user: str = "", halt: Finish | None = None) -> Action:
    """Return the next action of a run that is not final; ``user`` is the name of its user.

    With ``halt`` nothing new is started: the run ends that way once its calls are settled.
    """
    if halt is not None:
        return _stop(run, halt)
    if run.problem is not None:
        return Finish(RunStatus.FAILED)
    if orphans := run.orphans:
        return SettleCalls(tuple(_given_up(call) for call in orphans))
    if run.unsettled:
        return _tools(run, policy, user)
    last = run.steps[-1] if run.steps else None
    is_answered = last is not None and (run.started.is_direct or not last.call_ids)
    return Finish(RunStatus.COMPLETED) if is_answered else _think(run)


def _think(run: Run) -> Action:
    if len(run.steps) >= run.started.max_steps:
        return Finish(RunStatus.FAILED, _too_many_steps(run.started.max_steps))
    if run.losses >= MOST_LOSSES_OF_STEP:
        return Finish(RunStatus.FAILED, _LOST_STEP)
    return AskModel()


def _tools(run: Run, policy: Policy, user: str) -> Action:
    pending = [call for call in run.unsettled if not call.is_waiting]
    if lost := [call for call in pending if _is_given_up(call, run)]:
        return SettleCalls(tuple(_lost(call) for call in lost))
    judged = _judged(pending, policy, user)
    if refused := judged[Decision.DENY]:
        return SettleCalls(
            tuple((call, CallState.REFUSED, _denied(rule)) for call, rule in refused)
        )
    if asked := judged[Decision.ASK]:
        return AskHuman(tuple((call, _question(call), rule) for call, rule in asked))
    allowed = judged[Decision.ALLOW]
    suspects = [(call, rule) for call, rule in allowed if _is_suspect(call)]
    # One at a time: if another worker crashes, the call is identified.
    return CallTools(tuple(suspects[:1] or allowed)) if allowed else Wait()


def _judged(
    calls: Iterable[Call], policy: Policy, user: str
) -> Mapping[Decision, list[tuple[Call, str]]]:
    """Return the calls grouped by the policy's decision, each with the rule."""
    judged: dict[Decision, list[tuple[Call, str]]] = {decision: [] for decision in Decision}
    for call in calls:
        verdict = _judge(call, policy, user)
        judged[verdict.decision].append((call, verdict.rule))
    return judged


def _is_suspect(call: Call) -> bool:
    """Tell whether a worker crashed during this call, and it is to be retried."""
    return call.state is CallState.STARTED and call.losses > 0


def _is_given_up(call: Call, run: Run) -> bool:
    """Tell whether a call is neither retried nor put to a human.

    That holds for a read during which workers crashed `MOST_LOSSES` times: it changed nothing that
    a human could know of, and a retry would only crash another worker. And it holds for every call
    after `MOST_LOSSES_OF_STEP` crashes without progress: the cause may be what runs before a call,
    a veto or a preview. The model receives the problem.
    """
    if run.losses >= MOST_LOSSES_OF_STEP:
        return True
    return _is_suspect(call) and call.effect is Effect.READ and call.losses >= MOST_LOSSES


def _lost(call: Call) -> tuple[Call, CallState, Problem]:
    if not call.has_begun:
        return call, CallState.REFUSED, _LOST_BEFORE
    if call.effect is Effect.READ:
        return call, CallState.FAILED, _LOST_READ
    return call, CallState.UNKNOWN, UNKNOWN


def _judge(call: Call, policy: Policy, user: str) -> Verdict:
    if call.state is CallState.INTENDED:
        proposal = Proposal(call.tool, call.effect, call.params, user)
        return confirmed(policy.judge(proposal), call.confirm)
    if call.state is CallState.STARTED and call.losses >= MOST_LOSSES:
        return Verdict(Decision.ASK, f"the process that made it died, {call.losses} times")
    if call.state is CallState.STARTED and not call.can_repeat:  # it was interrupted
        return Verdict(Decision.ASK, "it was interrupted, and a second try could repeat its effect")
    return Verdict(Decision.ALLOW, "approved, or safe to repeat")


def _question(call: Call) -> ConsentKind:
    return ConsentKind.OUTCOME if call.state is CallState.STARTED else ConsentKind.APPROVAL


def _stop(run: Run, halt: Finish) -> Action:
    pending = run.unsettled
    if not pending:
        return halt
    return SettleCalls(tuple(_given_up(call) for call in pending))


def _given_up(call: Call) -> tuple[Call, CallState, Problem]:
    if not call.has_begun:
        return call, CallState.REFUSED, _UNANSWERED if call.starts else _NOT_STARTED
    if call.effect is Effect.READ:
        return call, CallState.FAILED, _INTERRUPTED
    return call, CallState.UNKNOWN, UNKNOWN


_NOT_STARTED = Problem(Refusal.CANCELLED, "The run was ended before this call was started.")
_UNANSWERED = Problem(
    Refusal.INTERRUPTED, "The run was ended while the call waited for its user's answer."
)
_INTERRUPTED = Problem(Refusal.INTERRUPTED, "The call was interrupted before it gave a result.")
_LOST_READ = Problem(
    Refusal.WORKER_LOST,
    f"Not made again: {MOST_LOSSES} times the process that made the call died before its result.",
)
_LOST_BEFORE = Problem(
    Refusal.WORKER_LOST,
    f"Not run: {MOST_LOSSES_OF_STEP} times the process that was to make the call died before it.",
)
_LOST_STEP = Problem(
    Refusal.WORKER_LOST,
    f"{MOST_LOSSES_OF_STEP} times the process that asked the model died before its answer.",
)
UNKNOWN = Problem(
    Refusal.OUTCOME_UNKNOWN,
    "The call was started and interrupted: it may or may not have taken effect. "
    "Do not repeat it before looking.",
)


def _denied(rule: str) -> Problem:
    return Problem(Refusal.DENIED, f"Not run: the operator's policy forbids this call ({rule}).")


def _too_many_steps(limit: int) -> Problem:
    return Problem(
        Refusal.STEP_LIMIT,
        f"The run was stopped after {limit} steps without an answer.",
        {"max_steps": limit},
    )
