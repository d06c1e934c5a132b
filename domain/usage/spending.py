"""What a run's events spend: model answers with their tokens and cost, and tool calls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.models.prices import NANO, nano_usd
from domain.runs.call_events import ModelAsked, ToolErred, ToolFinished
from domain.runs.events import Body, StepEnded
from domain.runs.states import CallState

NAME_LENGTH: Final = 200  # of a model, tool or agent in the ledger
MOST: Final = 10**15  # of one answer: of tokens, or of billionths of a dollar


@dataclass(frozen=True, slots=True)
class Spending:
    """The use of one model, or of one tool.

    ``answers`` counts those of the model, and ``unpriced`` those of them whose price is not known;
    ``cost_nano`` is the cost of the others in billionths of a US dollar. ``calls`` counts those of
    the tool that began, and ``failed`` those of them that gave no result.
    """

    provider: str = ""
    model: str = ""
    tool: str = ""
    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost_nano: int = 0
    unpriced: int = 0
    calls: int = 0
    failed: int = 0

    @property
    def total_tokens(self) -> int:
        """The tokens that budgets count."""
        return self.input_tokens + self.output_tokens

    def plus(self, other: "Spending") -> "Spending":
        """Return the sum of two uses of the same model or tool."""
        return replace(
            self, **{name: getattr(self, name) + getattr(other, name) for name in AMOUNTS}
        )


AMOUNTS: Final = (
    "answers",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cost_nano",
    "unpriced",
    "calls",
    "failed",
)
"""The fields of `Spending` that are added up."""


def spendings(bodies: Iterable[Body]) -> Sequence[Spending]:
    """Return what these events spend, one `Spending` for each model and tool, in a fixed order."""
    found: dict[tuple[str, str, str], Spending] = {}
    for body in bodies:
        if (one := _spending(body)) is not None:
            key = (one.provider, one.model, one.tool)
            found[key] = found[key].plus(one) if key in found else one
    return [found[key] for key in sorted(found)]


def _spending(body: Body) -> Spending | None:
    match body:
        case StepEnded() | ModelAsked() if body.provider:  # the step of a direct run has none
            return _of_answer(body)
        case ToolFinished():
            return Spending(tool=body.tool[:NAME_LENGTH], calls=1)
        case ToolErred() if body.outcome is not CallState.REFUSED:
            return Spending(tool=body.tool[:NAME_LENGTH], calls=1, failed=1)
        case _:
            return None


def _of_answer(body: StepEnded | ModelAsked) -> Spending:
    is_free = body.input_tokens == body.output_tokens == 0
    return Spending(
        provider=body.provider[:NAME_LENGTH],
        model=body.model[:NAME_LENGTH],
        answers=1,
        input_tokens=min(body.input_tokens, MOST),
        output_tokens=min(body.output_tokens, MOST),
        cached_tokens=min(body.cached_tokens, MOST),
        cost_nano=0 if body.cost_usd is None else nano_usd(min(body.cost_usd, MOST / NANO)),
        unpriced=int(body.cost_usd is None and not is_free),
    )
