"""What a run's events spend."""

import pytest

from domain.models.messages import StopReason, Usage
from domain.models.prices import Price, in_usd, nano_usd
from domain.runs.call_events import ModelAsked, ToolErred, ToolFinished
from domain.runs.events import Body, Chunk, StepEnded
from domain.runs.states import CallState
from domain.usage.spending import MOST, NAME_LENGTH, Spending, spendings


def a_step(cost: float | None, model: str = "m", tokens: int = 10) -> StepEnded:
    return StepEnded(StopReason.END, tokens, 5, 2, "p", model, cost)


def an_aside(cost: float | None) -> ModelAsked:
    return ModelAsked("c1", "d", "text", "p", "m", 100, 50, 0, cost)


def test_answers_of_one_model_are_one_sum_those_to_tools_among_them() -> None:
    bodies: list[Body] = [Chunk("a"), a_step(0.1), an_aside(0.2), a_step(0.3, "n")]
    assert spendings(bodies) == [
        Spending("p", "m", "", 2, 110, 55, 2, 300_000_000),
        Spending("p", "n", "", 1, 10, 5, 2, 300_000_000),
    ]


def test_an_answer_without_a_price_is_counted_apart_unless_it_used_nothing() -> None:
    (used,) = spendings([a_step(None), StepEnded(StopReason.END, 0, 0, 0, "p", "m")])
    assert (used.answers, used.unpriced, used.cost_nano) == (2, 1, 0)


def test_calls_that_began_are_counted() -> None:
    bodies: list[Body] = [ToolFinished("c1", "look", 1, 1.0)]
    bodies += [
        ToolErred(f"c{state}", "look", state, "TOOL_FAILED", "no", {})
        for state in (CallState.FAILED, CallState.UNKNOWN, CallState.REFUSED)
    ]
    assert spendings(bodies) == [Spending(tool="look", calls=3, failed=2)]


def test_what_uses_nothing_spends_nothing() -> None:
    assert spendings([Chunk("a"), StepEnded(StopReason.TOOL_CALLS, 0, 0, 0)]) == []


def test_a_long_name_is_cut() -> None:
    (used,) = spendings([a_step(None, "m" * 1000)])
    assert used.model == "m" * NAME_LENGTH


def test_an_absurd_amount_is_bounded() -> None:
    (used,) = spendings([StepEnded(StopReason.END, 2**70, 5, 2**70, "p", "m", 1e300)])
    assert used == Spending("p", "m", "", 1, MOST, 5, MOST, MOST)


@pytest.mark.parametrize("price", [0.005, 0.125, 3, 15, 0.3])
@pytest.mark.parametrize("tokens", [1, 7, 123_457, 999_999])
def test_a_cost_is_exact_in_billionths(price: float, tokens: int) -> None:
    cost = Price(price, price, price).of(Usage(tokens, 0))
    assert cost is not None
    assert nano_usd(cost) == round(price * 1000) * tokens
    assert nano_usd(in_usd(nano_usd(cost))) == nano_usd(cost)
