"""Budgets: no two steps are given the same room, and what is held for the dead holds nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.persistence import Database, Store
from domain.models.messages import StopReason
from domain.runs.events import Body, Ended, StepEnded
from domain.runs.ports import NewRun
from domain.runs.states import RunStatus
from domain.shared.errors import InvalidRequest, LeaseLost, NotFound
from domain.shared.ids import new_id
from domain.usage.budgets import (
    Amount,
    Budget,
    BudgetLimit,
    BudgetPeriod,
    BudgetScope,
    BudgetStanding,
)
from tests.adapters.persistence.stores import MINUTE, NOT_IDS, NOW, a_run, an_ending

ANN, BOB = new_id(), new_id()
DONE = Ended(RunStatus.COMPLETED, "end", 0, 0)
Bounds = Sequence[tuple[Budget, str]]


def a_budget(
    tokens: int | None = 100,
    scope: BudgetScope = BudgetScope.USER,
    subject: str = ANN,
    period: BudgetPeriod = BudgetPeriod.DAY,
    nano: int | None = None,
) -> Budget:
    return Budget(new_id(), scope, subject, period, BudgetLimit(tokens, nano), NOW)


def a_step(tokens: int, cost: float | None = None) -> StepEnded:
    return StepEnded(StopReason.END, tokens, 0, 0, "p", "m", cost)


async def a_started_run(store: Store, user: str = ANN) -> NewRun:
    run = a_run(user)
    await store.runs.start(run, 10)
    return run


async def put(store: Store, *budgets: Budget) -> Bounds:
    for budget in budgets:
        assert await store.budgets.put(budget, most=10) == budget.id
    return [(budget, budget.subject) for budget in budgets]


async def standing(store: Store, budget: Budget) -> tuple[int, int]:
    """Return the tokens that are spent and held."""
    found = await store.budgets.get(budget.id)
    return found.spent.tokens, found.held.tokens


async def append(store: Store, run: NewRun, *bodies: Body, first: int = 2) -> None:
    await store.log.append(run.id, 1, first, bodies)


async def test_a_step_settles_what_it_took_and_frees_its_hold(real_store: Store) -> None:
    (bound,) = bounds = await put(real_store, a_budget(nano=10))
    run = await a_started_run(real_store)

    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(60, 4)) is None
    assert await standing(real_store, bound[0]) == (0, 60)
    await append(real_store, run, a_step(25, 0.000_000_003))

    found = await real_store.budgets.get(bound[0].id)
    assert (found.spent, found.held) == (Amount(25, 3), Amount())
    full = await real_store.budgets.reserve(run.id, 1, bounds, Amount(76))
    assert full == replace(found, subject=ANN)
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(0, 8)) is not None
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(75, 7)) is None


async def test_a_step_that_takes_more_than_was_held_is_counted_whole(real_store: Store) -> None:
    (bound,) = bounds = await put(real_store, a_budget())
    run = await a_started_run(real_store)
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(10)) is None
    await append(real_store, run, a_step(150))
    assert await standing(real_store, bound[0]) == (150, 0)
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount()) is not None


async def test_a_step_that_is_written_twice_is_settled_once(real_store: Store) -> None:
    (bound,) = bounds = await put(real_store, a_budget())
    run = await a_started_run(real_store)
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(10)) is None
    await append(real_store, run, a_step(7))
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(10)) is None
    for ending in (None, an_ending(run)):
        with pytest.raises(LeaseLost):
            await real_store.log.append(run.id, 1, 2, [a_step(7)], ending=ending)
    assert await standing(real_store, bound[0]) == (7, 10)


async def test_of_all_budgets_or_of_none(real_store: Store) -> None:
    large, small = a_budget(1000), a_budget(50, period=BudgetPeriod.MONTH)
    bounds = await put(real_store, large, small)
    run, other = await a_started_run(real_store), await a_started_run(real_store)

    full = await real_store.budgets.reserve(run.id, 1, bounds, Amount(60))

    assert full is not None
    assert full.budget == small
    assert await standing(real_store, large) == await standing(real_store, small) == (0, 0)
    assert await real_store.budgets.reserve(other.id, 1, bounds, Amount(50)) is None
    assert await standing(real_store, large) == await standing(real_store, small) == (0, 50)
    await append(real_store, other, a_step(7))
    assert await standing(real_store, large) == await standing(real_store, small) == (7, 0)


@pytest.mark.parametrize("count", [1, 3])
async def test_no_two_are_given_the_same_room(real_store: Store, count: int) -> None:
    scopes = [(BudgetScope.USER, ANN), (BudgetScope.AGENT, "clerk"), (BudgetScope.USER, "")]
    periods = [BudgetPeriod.DAY, BudgetPeriod.MONTH, BudgetPeriod.MONTH]
    budgets = [
        a_budget(100, scope, subject, period)
        for (scope, subject), period in zip(scopes, periods, strict=True)
    ][:count]
    bounds = [(budget, budget.subject or ANN) for budget, _ in await put(real_store, *budgets)]
    runs = [await a_started_run(real_store) for _ in range(16)]

    done = await asyncio.gather(
        *(
            real_store.budgets.reserve(run.id, 1, order, Amount(15))
            for run, order in zip(runs, [bounds, bounds[::-1]] * 8, strict=True)
        )
    )

    assert done.count(None) == 6  # of 100 tokens, 15 each
    assert await standing(real_store, budgets[0]) == (0, 90)
    held = [run for run, full in zip(runs, done, strict=True) if full is None]
    await asyncio.gather(*(append(real_store, run, a_step(9)) for run in held))
    assert await standing(real_store, budgets[0]) == (54, 0)


async def test_the_hold_of_a_dead_worker_goes_with_its_lease(real_store: Store) -> None:
    (bound,) = bounds = await put(real_store, a_budget())
    run = await a_started_run(real_store)
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(90)) is None
    other = await a_started_run(real_store)
    assert await real_store.budgets.reserve(other.id, 1, bounds, Amount(20)) is not None

    later = NOW + 2 * MINUTE
    claimed = await real_store.leases.claim("w2", later, later + MINUTE, 1)

    assert claimed[0][1] == 2
    assert await standing(real_store, bound[0]) == (0, 0)
    assert await real_store.budgets.reserve(other.id, 1, bounds, Amount(20)) is None
    (claimed_run,) = [each for each in (run, other) if each.id == claimed[0][0]]
    assert claimed_run is run
    assert await real_store.budgets.reserve(run.id, 2, bounds, Amount(30)) is None
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(40)) is None  # too late
    assert await standing(real_store, bound[0]) == (0, 50)


@pytest.mark.parametrize("content", ["42", None])
async def test_an_ended_run_holds_nothing(
    real_store: Store, shared: Database, content: str | None
) -> None:
    (bound,) = bounds = await put(real_store, a_budget())
    run = await a_started_run(real_store)
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(90)) is None
    bodies: list[Body] = [a_step(3), DONE] if content else [DONE]
    await real_store.log.append(run.id, 1, 2, bodies, ending=an_ending(run, content))
    assert await standing(real_store, bound[0]) == (3 if content else 0, 0)
    assert await shared.fetch("SELECT * FROM budget_holds") == []


async def test_a_period_starts_anew(real_store: Store, shared: Database) -> None:
    day, month = a_budget(), a_budget(period=BudgetPeriod.MONTH)
    bounds = await put(real_store, day, month)
    run = await a_started_run(real_store)
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(10)) is None
    await append(real_store, run, a_step(80))
    found = [await real_store.budgets.get(budget.id) for budget in (day, month)]
    starts = [each.start for each in found]
    today = datetime.now(UTC).date()
    assert abs(starts[0] - today) <= timedelta(1)
    assert starts[1].day == 1

    await shared.fetch("UPDATE budget_meters SET start = '2020-01-01' RETURNING id")
    assert await standing(real_store, day) == await standing(real_store, month) == (0, 0)
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(90)) is None
    await shared.fetch("UPDATE budget_meters SET start = '2020-01-01' RETURNING id")
    assert await standing(real_store, day) == (0, 90)  # the step goes on, and ends in this one
    await append(real_store, run, a_step(7), first=3)
    assert await standing(real_store, day) == await standing(real_store, month) == (7, 0)


async def test_spending_counts_for_whoever_the_run_is(real_store: Store) -> None:
    key = new_id()
    run = a_run(ANN)
    agent = {"name": "clerk", "instructions": "", "tools": []}
    run = replace(run, started=replace(run.started, key_id=key, agent=agent))
    await real_store.runs.start(run, 10)
    mine = await put(
        real_store,
        a_budget(),
        a_budget(100, BudgetScope.KEY, key),
        a_budget(100, BudgetScope.AGENT, "clerk"),
        a_budget(100, BudgetScope.CONVERSATION, run.started.conversation_id),
    )
    others = await put(real_store, a_budget(subject=BOB), a_budget(100, BudgetScope.AGENT, ANN))
    for other, bounds in ((await a_started_run(real_store, BOB), others), (run, mine)):
        assert await real_store.budgets.reserve(other.id, 1, bounds, Amount(1)) is None

    await append(real_store, run, a_step(5))

    assert [await standing(real_store, each) for each, _ in mine] == [(5, 0)] * 4
    assert [await standing(real_store, each) for each, _ in others] == [(0, 1)] * 2


async def test_a_budget_that_is_put_again_keeps_what_was_spent(real_store: Store) -> None:
    (bound,) = bounds = await put(real_store, a_budget())
    run = await a_started_run(real_store)
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(1)) is None
    await append(real_store, run, a_step(60))

    changed = replace(a_budget(None, nano=5), created_at=NOW + MINUTE)
    assert await real_store.budgets.put(changed, most=1) == bound[0].id

    (found,) = (await real_store.budgets.page(10, None)).items
    assert found.budget == replace(bound[0], limit=changed.limit)
    assert found.spent.tokens == 60
    assert await real_store.budgets.all() == [found.budget]


async def test_there_are_only_so_many(real_store: Store) -> None:
    await put(real_store, a_budget())
    assert await real_store.budgets.put(a_budget(subject=BOB), most=1) is None
    assert await real_store.budgets.put(a_budget(5), most=1) is not None


async def test_a_removed_budget_counts_no_more(real_store: Store, shared: Database) -> None:
    for_each, own = a_budget(subject=""), a_budget(period=BudgetPeriod.MONTH)
    await put(real_store, for_each, own)
    run = await a_started_run(real_store)
    bounds = [(for_each, ANN), (own, ANN)]
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(1)) is None

    await real_store.budgets.remove(own.id)

    (meter,) = await shared.fetch("SELECT * FROM budget_meters")
    assert (meter["subject"], meter["period"]) == (ANN, "day")
    for budget_id in (own.id, *NOT_IDS):
        with pytest.raises(NotFound):
            await real_store.budgets.remove(budget_id)
        with pytest.raises(NotFound):
            await real_store.budgets.get(budget_id)


async def test_pages_are_the_newest_first(real_store: Store) -> None:
    budgets = [replace(a_budget(subject=f"{n}"), created_at=NOW + n * MINUTE) for n in range(5)]
    await put(real_store, *budgets)
    found: list[BudgetStanding] = []
    cursor = None
    for _ in range(3):
        page = await real_store.budgets.page(2, cursor)
        found += page.items
        cursor = page.next_cursor
    assert [each.budget for each in found] == budgets[::-1]
    assert cursor is None
    with pytest.raises(InvalidRequest):
        await real_store.budgets.page(2, "x")


async def test_with_a_conversation_its_budgets_go(real_store: Store, shared: Database) -> None:
    run = await a_started_run(real_store)
    conversation = run.started.conversation_id
    bounds = await put(real_store, a_budget(100, BudgetScope.CONVERSATION, conversation))
    assert await real_store.budgets.reserve(run.id, 1, bounds, Amount(1)) is None
    await real_store.log.append(run.id, 1, 2, [a_step(1), DONE], ending=an_ending(run))
    await real_store.conversations.delete(ANN, conversation)
    for table in ("budgets", "budget_meters", "budget_holds"):
        assert await shared.fetch(f"SELECT * FROM {table}") == []
