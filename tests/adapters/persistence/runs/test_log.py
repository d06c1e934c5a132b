"""The contract of `RunLog`."""

import asyncio
from typing import Any

import pytest

from adapters.persistence import Store
from domain.conversations.calls import CallOutcome, CallRequest, Problem
from domain.runs.call_events import ToolErred, ToolFinished, ToolIntended
from domain.runs.cursors import Cursor
from domain.runs.events import Body, Chunk, Ended, Event, Retried
from domain.runs.ports import NewRun
from domain.runs.states import CallState, RunStatus
from domain.shared.errors import LeaseLost
from domain.shared.ids import new_id
from domain.tools.tool import Effect
from tests.adapters.persistence.stores import (
    DONE,
    MINUTE,
    NOW,
    a_run,
    an_ending,
)

ANN = new_id()
LATER = NOW + 5 * MINUTE


@pytest.fixture
async def run(store: Store) -> NewRun:
    run = a_run(ANN)
    await store.runs.start(run, 10)
    return run


def chunks(count: int) -> list[Body]:
    return [Chunk(f"piece {n}") for n in range(count)]


async def numbers(store: Store, run: NewRun, after: Cursor | None, limit: int) -> list[int]:
    return [event.number for event in await store.log.read(run.id, after, limit)]


async def test_events_come_back_as_they_were(store: Store, run: NewRun) -> None:
    bodies: list[Body] = [
        Chunk("naïve ☃ \0"),
        ToolIntended("c1", "look", {"deep": [{"er": None}], "n": 1.5}, Effect.READ, "v1"),
        ToolFinished("c1", "look", [True, {"": "x"}], 1.25),
        ToolErred("c2", "look", CallState.FAILED, "TOOL_FAILED", "no", {"a": [1]}),
        Retried(1, 2),
        DONE,
    ]
    await store.log.append(run.id, 1, 2, bodies)

    read = await store.log.read(run.id, Cursor(1, 1), 100)

    assert list(read) == [Event(number, 1, body) for number, body in enumerate(bodies, 2)]


@pytest.mark.parametrize(
    "value",
    [None, 2**63, -(2**70), 0.1, "\0", "\ud800", "\U0001f600", {"\0": [[]]}, [1e300], 2**53 + 1],
)
async def test_a_result_is_kept_exactly(store: Store, run: NewRun, value: Any) -> None:
    await store.log.append(run.id, 1, 2, [ToolFinished("c1", "look", value, 1.0)])

    (event,) = await store.log.read(run.id, Cursor(1, 1), 10)

    assert isinstance(event.body, ToolFinished)
    assert event.body.result == value
    assert type(event.body.result) is type(value)


async def test_reading_goes_on_after_a_cursor_even_within_one_append(
    store: Store, run: NewRun
) -> None:
    await store.log.append(run.id, 1, 2, chunks(5))
    await store.log.append(run.id, 1, 7, chunks(2))

    assert await numbers(store, run, None, 100) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert await numbers(store, run, None, 3) == [1, 2, 3]
    assert await numbers(store, run, Cursor(1, 3), 2) == [4, 5]
    assert await numbers(store, run, Cursor(1, 5), 100) == [6, 7, 8]
    assert await numbers(store, run, Cursor(1, 8), 100) == []


async def test_what_a_later_attempt_wrote_is_new_to_who_saw_more_of_an_earlier_one(
    store: Store, run: NewRun
) -> None:
    await store.log.append(run.id, 1, 2, chunks(2))
    await store.leases.claim("w2", LATER, LATER + MINUTE, 10)
    await store.log.append(run.id, 2, 4, [Retried(1, 1), *chunks(2)])

    assert await numbers(store, run, Cursor(1, 20), 100) == [4, 5, 6]
    assert await numbers(store, run, Cursor(1, 2), 100) == [3, 4, 5, 6]
    assert await numbers(store, run, Cursor(2, 5), 100) == [6]
    assert [event.attempt for event in await store.log.read(run.id, None, 9)] == [1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize("first", [1, 2, 3, 5, 100])
async def test_events_follow_on_each_other(store: Store, run: NewRun, first: int) -> None:
    await store.log.append(run.id, 1, 2, chunks(2))

    for ending in (None, an_ending(run)):
        with pytest.raises(LeaseLost):
            await store.log.append(run.id, 1, first, chunks(1), ending=ending)

    assert await numbers(store, run, None, 100) == [1, 2, 3]
    assert (await store.runs.get(run.id)).finished_at is None


async def test_a_worker_whose_lease_was_taken_over_writes_nothing_more(
    store: Store, run: NewRun
) -> None:
    await store.leases.claim("w2", LATER, LATER + MINUTE, 10)

    for ending in (None, an_ending(run)):
        with pytest.raises(LeaseLost):
            await store.log.append(run.id, 1, 2, chunks(1), ending=ending)

    await store.log.append(run.id, 2, 2, chunks(1))
    assert await numbers(store, run, None, 100) == [1, 2]


async def test_of_two_appends_at_once_one_is_kept(store: Store, run: NewRun) -> None:
    tries = await asyncio.gather(
        *(store.log.append(run.id, 1, 2, chunks(n + 1)) for n in range(4)), return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in tries) == ["LeaseLost"] * 3 + ["NoneType"]


async def test_an_ending_ends_the_run_and_keeps_the_answer(store: Store, run: NewRun) -> None:
    calls = [CallRequest("c1", "look", {"n": 2**65})]
    lost = CallOutcome("c2", "look", problem=Problem("X", "no", {"why": None}))
    results = [CallOutcome("c1", "look", "\0"), lost]
    ending = an_ending(run, "42\0", LATER, tool_calls=calls, results=results)

    await store.log.append(run.id, 1, 2, [Chunk("42"), DONE], ending=ending)

    record = await store.runs.get(run.id)
    assert (record.status, record.finished_at) == (RunStatus.COMPLETED, LATER)
    conversation_id = run.started.conversation_id
    _, answer = (await store.conversations.messages(ANN, conversation_id, 9, None)).items
    assert (answer.id, answer.content, answer.run_id) == (
        run.started.message_id,
        "42\ufffd",
        run.id,
    )
    assert (list(answer.tool_calls), list(answer.results)) == (calls, results)
    kept = await store.conversations.get(ANN, conversation_id)
    assert (kept.message_count, kept.updated_at) == (2, LATER)
    assert kept.last_message_preview == "42\ufffd"
    last = (await store.log.read(run.id, Cursor(1, 2), 9))[-1]
    assert isinstance(last.body, Ended)
    assert last.body.effects == ("c1",)


async def test_a_run_may_end_without_an_answer(store: Store, run: NewRun) -> None:
    await store.log.append(run.id, 1, 2, [DONE], ending=an_ending(run, None, LATER))

    assert (await store.runs.get(run.id)).status is RunStatus.FAILED
    kept = await store.conversations.get(ANN, run.started.conversation_id)
    assert (kept.message_count, kept.updated_at) == (1, LATER)
    assert kept.last_message_preview == "How many?"


async def test_after_its_end_a_run_is_closed_and_its_conversation_open(
    store: Store, run: NewRun
) -> None:
    await store.log.append(run.id, 1, 2, [DONE], ending=an_ending(run))

    for ending in (None, an_ending(run)):
        with pytest.raises(LeaseLost):
            await store.log.append(run.id, 1, 3, chunks(1), ending=ending)
    history = await store.runs.start(a_run(ANN, run.started.conversation_id), 10)
    assert [message.content for message in history] == ["How many?", "42"]
