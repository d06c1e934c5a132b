"""What a run should do next: a pure function of where it stands.

Recovery is no feature of its own: load the events, fold, decide, go on.
"""

from dataclasses import dataclass

from domain.policy import Decision, judge
from domain.runs import Call, CallState, Problem, Run, RunStatus
from domain.tools import Effect


@dataclass(frozen=True, slots=True)
class AskModel:
    """Ask the model for its next step."""


@dataclass(frozen=True, slots=True)
class CallTools:
    """Start these calls, side by side."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class SettleCalls:
    """Record that these calls end without a result, each with its state and why."""

    calls: tuple[tuple[Call, CallState, Problem], ...]


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to do."""

    status: RunStatus
    problem: Problem | None = None


Action = AskModel | CallTools | SettleCalls | Finish


def decide(run: Run, halt: Finish | None = None) -> Action:
    """Return the next action of a run that is not final.

    With ``halt`` nothing new is begun: the run ends that way once its calls are settled.
    """
    if halt is not None:
        return _stop(run, halt)
    if run.problem is not None:
        return Finish(RunStatus.FAILED)
    if pending := run.unsettled:
        return _tools(run, pending)
    last = run.steps[-1] if run.steps else None
    if last is not None and not last.call_ids:
        return Finish(RunStatus.COMPLETED)
    if len(run.steps) >= run.started.max_steps:
        return Finish(RunStatus.FAILED, _too_many_steps(run.started.max_steps))
    return AskModel()


def _tools(run: Run, pending: list[Call]) -> Action:
    if lost := [call for call in pending if call.state is CallState.STARTED]:
        return SettleCalls(tuple(_interrupted(call) for call in lost))
    verdicts = [(call, judge(call.effect, run.autonomy)) for call in pending]
    refused = [
        (call, CallState.REFUSED, _refusal(verdict.rule))
        for call, verdict in verdicts
        if verdict.decision is not Decision.ALLOW
    ]
    return SettleCalls(tuple(refused)) if refused else CallTools(tuple(pending))


def _stop(run: Run, halt: Finish) -> Action:
    pending = run.unsettled
    if not pending:
        return halt
    return SettleCalls(
        tuple(
            _interrupted(call)
            if call.state is CallState.STARTED
            else (call, CallState.REFUSED, _NOT_STARTED)
            for call in pending
        )
    )


def _interrupted(call: Call) -> tuple[Call, CallState, Problem]:
    if call.effect is Effect.READ:
        return call, CallState.FAILED, _INTERRUPTED
    return call, CallState.UNKNOWN, _UNKNOWN


_INTERRUPTED = Problem("INTERRUPTED", "The call was interrupted before it gave a result.")
_UNKNOWN = Problem(
    "OUTCOME_UNKNOWN",
    "The call was started and interrupted: it may or may not have taken effect. "
    "Do not repeat it before looking.",
)
_NOT_STARTED = Problem("CANCELLED", "The run was ended before this call was started.")


def _refusal(rule: str) -> Problem:
    return Problem(
        "CONSENT_REQUIRED",
        f"Not run: a human must consent to this call ({rule}), and this server cannot ask yet. "
        "Tell the user; an operator can raise the autonomy level.",
    )


def _too_many_steps(limit: int) -> Problem:
    return Problem(
        "STEP_LIMIT",
        f"The run was stopped after {limit} steps without an answer.",
        {"max_steps": limit},
    )
