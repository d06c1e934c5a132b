"""The outcome of a run: a summary, stored with it, so that lists need not read its events."""

from dataclasses import dataclass
from typing import Final

from domain.conversations.calls import Problem
from domain.models.messages import Usage
from domain.runs.run import Run
from domain.runs.states import RunStatus

_STOPS: Final = {RunStatus.FAILED: "failed", RunStatus.CANCELLED: "cancelled"}


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """Why a run stopped, its usage and cost, the answering model, and its effects.

    ``stop`` is None while the run is active, ``failed`` or ``cancelled`` where it ended so, else
    why the model stopped (`StopReason`). ``provider`` and ``model`` gave the last answer, or are
    those to be asked first; both are empty for a direct run. ``effects`` are the ids of calls that
    changed the world, or may have; ``cost_usd`` is None where the price of a step is not known.
    ``warnings`` are about sampling parameters that had no effect.
    """

    stop: str | None
    provider: str
    model: str
    usage: Usage
    cost_usd: float | None
    effects: tuple[str, ...]
    problem: Problem | None = None
    warnings: tuple[str, ...] = ()


def outcome_of(run: Run) -> RunOutcome:
    """Return the outcome of a run, so far if it is active."""
    choice = run.steps[-1].choice if run.steps else run.choices[0]
    stop = _STOPS.get(run.status, str(run.stop)) if run.status.is_final else None
    return RunOutcome(
        stop=stop,
        provider=choice.provider,
        model=choice.model,
        usage=run.usage,
        cost_usd=run.cost_usd,
        effects=tuple(call.id for call in run.calls.values() if call.may_have_acted),
        problem=run.problem,
        warnings=run.warnings,
    )
