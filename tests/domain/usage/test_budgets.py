"""Which budgets bound a run, when they start anew, and what the gate asks of them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.conversations.sampling import Sampling
from domain.models.messages import (
    AssistantTurn,
    ModelChoice,
    ModelRequest,
    Text,
    ToolTurn,
    ToolUse,
    Turn,
    UserTurn,
)
from domain.models.prices import Price, Prices
from domain.runs.events import Erred
from domain.runs.run import Run
from domain.runs.states import RunStatus
from domain.shared.error_codes import Refusal
from domain.tools.tool_context import ToolContext
from domain.usage.budgets import (
    Amount,
    Budget,
    BudgetLimit,
    BudgetPeriod,
    BudgetScope,
    BudgetStanding,
    applying,
)
from domain.usage.estimate import ANSWER_TOKENS, estimated
from domain.usage.gate import BudgetGate
from tests.domain.builders import ANN, NOW, run_of
from tests.domain.execution.test_run_services import doing, house_of
from tests.domain.house import STOP, build, kinds, last
from tests.fakes.budgets import FakeBudgets
from tests.fakes.clock import FakeClock
from tests.fakes.models import FakeModel

PRICES = Prices({"p": {"cheap": Price(1, 1, 1), "dear": Price(10, 10, 10)}})


def a_budget(
    subject: str = "",
    scope: BudgetScope = BudgetScope.USER,
    period: BudgetPeriod = BudgetPeriod.DAY,
    limit: BudgetLimit | None = None,
) -> Budget:
    return Budget(
        f"{scope} {subject} {period}", scope, subject, period, limit or BudgetLimit(9, None), NOW
    )


def a_run(**changes: str) -> Run:
    run = run_of()
    return replace(run, started=replace(run.started, **changes))  # type: ignore[arg-type]  # all are texts


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (BudgetPeriod.DAY, date(2026, 12, 31), datetime(2027, 1, 1, tzinfo=UTC)),
        (BudgetPeriod.MONTH, date(2026, 12, 1), datetime(2027, 1, 1, tzinfo=UTC)),
        (BudgetPeriod.MONTH, date(2028, 2, 1), datetime(2028, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_period_ends_where_the_next_begins(
    period: BudgetPeriod, start: date, end: datetime
) -> None:
    assert period.after(start) == end


def test_a_budget_of_ones_own_holds_in_place_of_that_of_each() -> None:
    run = a_run(user_id="ann", key_id="k1")
    each, own, other = a_budget(), a_budget("ann"), a_budget("bob")
    month = a_budget("", period=BudgetPeriod.MONTH)
    key = a_budget("", BudgetScope.KEY)
    agent = a_budget("", BudgetScope.AGENT)
    for order in ([each, own], [own, each]):
        found = applying([*order, other, month, key, agent], run)
        assert found == [(key, "k1"), (own, "ann"), (month, "ann")]
    assert applying([each, key], a_run(user_id="bob")) == [(each, "bob")]


def test_the_estimate_is_of_the_dearest_model() -> None:
    turns: list[Turn] = [
        UserTurn("word" * 10),
        AssistantTurn("说说", (ToolUse("c1", "look", {"q": 1}),)),
        ToolTurn("c1", "look", "\ud800"),
    ]
    request = ModelRequest("m", turns, "sys", sampling=Sampling(max_output_tokens=100))
    choices = [ModelChoice("p", each) for each in ("cheap", "dear", "free")]
    amount = estimated(request, choices, PRICES)
    tokens = -(-(3 + 40 + 6 + len("look {'q': 1}") + 1) // 4) + 100
    assert amount == Amount(tokens, tokens * 10_000)
    assert estimated(ModelRequest("m", ()), choices[2:], PRICES) == Amount(ANSWER_TOKENS)


async def test_where_no_budget_applies_the_database_is_not_asked() -> None:
    budgets, clock = FakeBudgets(), FakeClock(NOW)
    gate = BudgetGate(budgets, PRICES, clock)
    for seconds in (0, 4, 4, 4):
        clock.advance(timedelta(seconds=seconds))
        assert await gate.admit(a_run(), lambda: ModelRequest("m", ())) is None
    assert (budgets.looks, budgets.reserved) == (2, [])  # after 0 and 8 seconds


async def test_a_change_holds_here_at_once_and_elsewhere_within_five_seconds() -> None:
    budgets, clock = FakeBudgets(), FakeClock(NOW)
    here, elsewhere = (BudgetGate(budgets, PRICES, clock) for _ in range(2))
    run = a_run(user_id="ann")
    for gate in (here, elsewhere):
        await gate.admit(run, lambda: ModelRequest("m", ()))
    budgets.budgets.append(a_budget())
    here.forget()
    for gate, count in ((here, 1), (elsewhere, 1)):
        await gate.admit(run, lambda: ModelRequest("m", ()))
        assert len(budgets.reserved) == count
    clock.advance(timedelta(seconds=5))
    await elsewhere.admit(run, lambda: ModelRequest("m", ()))
    assert len(budgets.reserved) == 2


async def test_a_run_ends_before_the_step_that_has_no_room() -> None:
    model = FakeModel([Text("Hello"), STOP])
    house = build(model)
    budget = a_budget(ANN.id, limit=BudgetLimit(5_000, 2_000_000_000))
    house.budgets.budgets.append(budget)
    spent, held = Amount(1_000, 1_500_000_000), Amount(500)
    house.budgets.full = BudgetStanding(budget, ANN.id, spent, held, NOW.date())

    events = await house.say("word" * 100)

    assert kinds(events)[-2:] == ["error", "done"]
    assert last(events).status is RunStatus.FAILED
    error = events[-2].body
    assert isinstance(error, Erred)
    assert error.code == Refusal.BUDGET_EXCEEDED
    assert error.message.startswith(
        "The budget of this user for the day is used up: 1,500 of 5,000 tokens are spent or held"
    )
    assert "1.5000 of 2.0000 US dollars" in error.message
    assert error.details["resets_at"] == "2026-11-21T00:00:00Z"
    assert error.details["used_tokens"] == 1_500
    assert error.details["retry_after"] == 12 * 3600
    assert model.requests == []
    ((_, attempt, bounds, amount),) = house.budgets.reserved
    assert (attempt, bounds) == (1, [(budget, ANN.id)])
    assert amount.tokens > ANSWER_TOKENS + 100


async def test_each_step_reserves_and_no_call_of_a_tool_does() -> None:
    async def ask(context: ToolContext) -> str:
        return await context.ask_model("Really?")

    house = house_of(doing(ask), said=([Text("Yes"), STOP],))
    house.budgets.budgets.append(a_budget(ANN.id))

    events = await house.say()

    assert last(events).status is RunStatus.COMPLETED
    assert len(house.model.requests) == 3
    assert len(house.budgets.reserved) == 2  # a tool is not stopped in its middle
