"""The ledger says what the runs say, whoever wrote them, and stays when they are deleted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from adapters.persistence import Database, Store
from domain.models.messages import StopReason
from domain.models.prices import nano_usd
from domain.runs.call_events import ToolFinished
from domain.runs.events import Body, Ended, StepEnded
from domain.runs.folding import fold
from domain.runs.ports import NewRun
from domain.runs.states import RunStatus
from domain.shared.errors import LeaseLost
from domain.shared.ids import new_id
from domain.usage.report import UsageGroup, UsageLine, UsageQuery, UsageReport
from domain.usage.spending import Spending
from tests.adapters.persistence.stores import a_consent, a_run, a_user, an_ending, asked

ANN, BOB, KEY = new_id(), new_id(), new_id()
FOREVER = (date(2000, 1, 1), date(2999, 1, 1))


def a_step(cost: float | None = 0.000_000_123, model: str = "m", tokens: int = 10) -> StepEnded:
    return StepEnded(StopReason.END, tokens, 5, 2, "p", model, cost)


def done(bodies: Sequence[Body]) -> Ended:
    steps = [body for body in bodies if isinstance(body, StepEnded)]
    used = sum(step.input_tokens for step in steps), sum(step.output_tokens for step in steps)
    return Ended(RunStatus.COMPLETED, "end", *used)


async def use(store: Store, run: NewRun, *bodies: Body, content: str | None = "42") -> None:
    """Have a run that spends so: all but the last event in a write of their own, then its end."""
    await store.runs.start(run, 10)
    first = 2
    if bodies[:-1]:
        await store.log.append(run.id, 1, first, bodies[:-1])
        first += len(bodies) - 1
    last = [*bodies[-1:], done(bodies)]
    await store.log.append(run.id, 1, first, last, ending=an_ending(run, content))


async def report(
    store: Store, group: UsageGroup, user: str | None = None, limit: int = 50, skip: int = 0
) -> UsageReport:
    return await store.usage.report(UsageQuery(group, *FOREVER, user, limit, skip))


def started_with(run: NewRun, **changes: Any) -> NewRun:
    return replace(run, started=replace(run.started, **changes))


async def test_the_lines_are_the_sums_of_the_runs(real_store: Store) -> None:
    ann, bob = a_run(ANN), a_run(BOB)
    await use(real_store, ann, a_step(), ToolFinished("c1", "look", 1, 1.0), a_step(0.5))
    await use(real_store, bob, a_step(None, "n"), content=None)

    by_user = await report(real_store, UsageGroup.USER)
    assert by_user.lines == [
        UsageLine(ANN, "", Spending("", "", "", 2, 20, 10, 4, 500_000_123, 0, 1)),
        UsageLine(BOB, "", Spending("", "", "", 1, 10, 5, 2, 0, 1)),
    ]
    assert by_user.total == Spending("", "", "", 3, 30, 15, 6, 500_000_123, 1, 1)
    by_model = await report(real_store, UsageGroup.MODEL)
    assert [(line.name, line.label, line.used.answers) for line in by_model.lines] == [
        ("p", "m", 2),
        ("p", "n", 1),
    ]
    assert by_model.total == replace(by_user.total, calls=0)
    by_tool = await report(real_store, UsageGroup.TOOL)
    assert by_tool.lines == [UsageLine("look", "", Spending(calls=1))]
    (day,) = (await report(real_store, UsageGroup.DAY)).lines
    assert abs(datetime.now(UTC).date() - date.fromisoformat(day.name)) <= timedelta(1)
    assert day.used == by_user.total
    assert (await report(real_store, UsageGroup.DAY, BOB)).total == by_user.lines[1].used


async def test_what_runs_record_is_what_the_ledger_says(real_store: Store) -> None:
    runs = [a_run(ANN) for _ in range(4)]
    for number, run in enumerate(runs, 1):
        steps = [a_step(number * 0.000_000_001 + 0.1, tokens=number)] * number
        await use(real_store, run, *steps)
    states = [fold(run.id, await real_store.log.read(run.id, None, 100)) for run in runs]
    costs = [state.cost_usd for state in states]

    total = (await report(real_store, UsageGroup.USER)).total

    assert total.cost_nano == sum(nano_usd(cost) for cost in costs if cost is not None)
    assert total.input_tokens == sum(state.usage.input_tokens for state in states) == 30


async def test_the_key_and_the_agent_of_a_run_are_in_its_lines(real_store: Store) -> None:
    agent = {"name": "clerk", "instructions": "", "tools": []}
    await use(real_store, started_with(a_run(ANN), key_id=KEY, agent=agent), a_step())
    await use(real_store, a_run(ANN), a_step())

    by_key = await report(real_store, UsageGroup.KEY)
    by_agent = await report(real_store, UsageGroup.AGENT)
    assert sorted(line.name for line in by_key.lines) == ["", KEY]
    assert sorted(line.name for line in by_agent.lines) == ["", "clerk"]


async def test_pages_go_on_where_the_last_ended_the_dearest_first(real_store: Store) -> None:
    for number in range(1, 6):
        await use(real_store, a_run(ANN), a_step(number / 10, f"m{number}"))

    pages = [await report(real_store, UsageGroup.MODEL, None, 2, skip) for skip in (0, 2, 4)]

    names = [[line.label for line in page.lines] for page in pages]
    assert names == [["m5", "m4", "m3"], ["m3", "m2", "m1"], ["m1"]]
    assert {page.total.answers for page in pages} == {5}


async def test_events_that_are_not_stored_spend_nothing(real_store: Store) -> None:
    run = a_run(ANN)
    await real_store.runs.start(run, 10)
    await real_store.log.append(run.id, 1, 2, [a_step()])
    for attempt, first in ((1, 2), (1, 4), (2, 3)):
        with pytest.raises(LeaseLost):
            await real_store.log.append(run.id, attempt, first, [a_step()])
        last: list[Body] = [a_step(), done([])]
        with pytest.raises(LeaseLost):
            await real_store.log.append(run.id, attempt, first, last, ending=an_ending(run))
    assert (await report(real_store, UsageGroup.USER)).total.answers == 1


async def test_a_call_that_needs_consent_is_counted_with_its_request(real_store: Store) -> None:
    run = a_run(ANN)
    await asked(real_store, run, consent := a_consent(run), parked=False)
    await real_store.log.append(run.id, 1, 3, [a_step()], consents=[replace(consent, id=new_id())])
    assert (await report(real_store, UsageGroup.USER)).total.answers == 1


async def test_amounts_stay_when_a_conversation_is_deleted(real_store: Store) -> None:
    run = a_run(ANN)
    await use(real_store, run, a_step())
    before = await report(real_store, UsageGroup.USER)
    await real_store.conversations.delete(ANN, run.started.conversation_id)
    assert await report(real_store, UsageGroup.USER) == before


async def test_the_amounts_of_a_removed_user_stay_and_name_nobody(
    real_store: Store, shared: Database
) -> None:
    ann, bob = a_user("ann"), a_user("bob")
    for user in (ann, bob):
        await real_store.users.add(user, "hash")
        await use(real_store, started_with(a_run(user.id), key_id=KEY), a_step())
    named = (await report(real_store, UsageGroup.USER)).lines
    assert sorted(line.label for line in named) == ["ann", "bob"]

    for user in (ann, bob):
        await real_store.users.remove(user.id)

    (line,) = (await report(real_store, UsageGroup.USER)).lines
    assert (line.name, line.label, line.used.answers) == ("", "", 2)
    (row,) = await shared.fetch("SELECT * FROM usage_days")
    assert (row["user_id"], row["key_id"]) == ("", "")
