"""The contract of `RunQueries`: lists of runs, and what came of them."""

from dataclasses import replace

import pytest

from adapters.persistence import Store
from domain.conversations.calls import Problem
from domain.models.messages import Usage
from domain.runs.events import Body, Ended, Erred
from domain.runs.outcomes import RunOutcome
from domain.runs.ports import RunRecord
from domain.runs.states import RunStatus
from domain.shared.errors import InvalidRequest, NotFound, RunInProgress
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import (
    DONE,
    MINUTE,
    NOT_IDS,
    NOW,
    UNKNOWN,
    a_consent,
    a_conversation,
    a_direct_run,
    a_key,
    a_run,
    an_ending,
    answered,
    asked,
)

ANN, BOB = new_id(), new_id()
OUTCOME = RunOutcome(
    stop="failed",
    provider="openai",
    model="gpt-x",
    usage=Usage(5, 7, 2),
    cost_usd=0.25,
    effects=("c1", "c2"),
    problem=Problem("UPSTREAM_ERROR", "no", {"n": [1, 2**70], "naïve": None}),
)


async def found(store: Store, **filters: str | RunStatus) -> list[str]:
    page = await store.run_queries.page(ANN, 100, None, **filters)  # type: ignore[arg-type]
    return [record.id for record in page.items]


async def test_runs_are_listed_the_newest_first(store: Store) -> None:
    runs = [await answered(store, ANN, at=NOW + (n // 2) * MINUTE) for n in range(5)]
    await answered(store, BOB)

    first = await store.run_queries.page(ANN, 2, None)
    second = await store.run_queries.page(ANN, 2, first.next_cursor)
    third = await store.run_queries.page(ANN, 2, second.next_cursor)

    ordered = sorted(runs, key=lambda run: (run.at, run.id), reverse=True)
    listed = [*first.items, *second.items, *third.items]
    assert [record.id for record in listed] == [run.id for run in ordered]
    assert listed == [await store.runs.get(record.id) for record in listed]
    assert third.next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "\0", f"r{'0' * 46}", "A" * 10_000])
async def test_a_foreign_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        await store.run_queries.page(ANN, 2, cursor)


async def test_runs_are_listed_by_conversation_and_status(store: Store) -> None:
    one = await answered(store, ANN)
    conversation_id = one.started.conversation_id
    two = a_run(ANN, conversation_id, at=NOW + MINUTE)
    await store.runs.start(two, 10)
    waiting, direct = a_run(ANN, at=NOW + 2 * MINUTE), a_direct_run(ANN, at=NOW + 3 * MINUTE)
    await asked(store, waiting, a_consent(waiting))
    await store.runs.start(direct, 10)

    assert await found(store) == [direct.id, waiting.id, two.id, one.id]
    assert await found(store, conversation_id=conversation_id) == [two.id, one.id]
    assert await found(store, status=RunStatus.WAITING_CONSENT) == [waiting.id]
    assert await found(store, status=RunStatus.FAILED) == []
    running = {"conversation_id": conversation_id, "status": RunStatus.RUNNING}
    assert await found(store, **running) == [two.id]
    for unknown in (UNKNOWN, *NOT_IDS):
        assert await found(store, conversation_id=unknown) == []


async def test_what_came_of_a_run_is_kept_with_it(store: Store) -> None:
    run = a_run(ANN)
    await store.runs.start(run, 10)
    assert (await store.runs.get(run.id)).outcome is None

    ending = replace(an_ending(run, ""), status=RunStatus.FAILED, outcome=OUTCOME)
    bodies: list[Body] = [
        Erred("UPSTREAM_ERROR", "no", {}),
        Ended(RunStatus.FAILED, "failed", 5, 7),
    ]
    await store.log.append(run.id, 1, 2, bodies, ending=ending)

    kept = await store.runs.get(run.id)
    assert (kept.status, kept.outcome) == (RunStatus.FAILED, OUTCOME)
    assert await store.run_queries.by_ids(ANN, [run.id, UNKNOWN, *NOT_IDS]) == {run.id: kept}
    assert await store.run_queries.by_ids(ANN, []) == {}


async def test_an_answer_without_text_leaves_an_entry_and_the_preview(store: Store) -> None:
    run = a_run(ANN, question="How many?")
    await store.runs.start(run, 10)
    await store.log.append(run.id, 1, 2, [DONE], ending=an_ending(run, ""))

    conversation = await store.conversations.get(ANN, run.started.conversation_id)
    page = await store.conversations.messages(ANN, conversation.id, 10, None)

    assert [message.content for message in page.items] == ["How many?", ""]
    assert page.items[1].run_id == run.id
    assert (conversation.message_count, conversation.last_message_preview) == (2, "How many?")


async def test_a_conversation_names_the_run_that_is_active_in_it(store: Store) -> None:
    run = await answered(store, ANN)
    conversation_id = run.started.conversation_id
    assert (await store.conversations.get(ANN, conversation_id)).active_run_id is None

    active = a_run(ANN, conversation_id)
    await store.runs.start(active, 10)

    kept = await store.conversations.get(ANN, conversation_id)
    assert kept.active_run_id == active.id
    assert (await store.conversations.page(ANN, 10, None)).items == [kept]
    changed = await store.conversations.change(ANN, conversation_id, NOW, {"title": "New"})
    assert changed.active_run_id == active.id


@pytest.mark.parametrize("has_key", [False, True])
async def test_a_refused_message_names_the_run_that_is_active(
    store: Store, *, has_key: bool
) -> None:
    active = a_run(ANN)
    await store.runs.start(active, 10)
    conversation_id = active.started.conversation_id
    again = a_run(ANN, conversation_id, key=a_key(ANN) if has_key else None)

    for refused in (
        store.runs.start(again, 10),
        store.conversations.delete(ANN, conversation_id),
    ):
        with pytest.raises(RunInProgress) as raised:
            await refused
        place = {"run_id": active.id, "conversation_id": conversation_id}
        assert raised.value.details == place


async def test_a_request_names_its_conversation(store: Store) -> None:
    run, direct = a_run(ANN), a_direct_run(ANN)
    consents = [a_consent(run), a_consent(direct)]
    await asked(store, run, consents[0])
    await asked(store, direct, consents[1])

    assert consents[0].conversation_id == run.started.conversation_id
    assert consents[1].conversation_id == ""
    for consent in consents:
        assert await store.consents.get(ANN, consent.id) == consent
        assert await store.consents.of_run(consent.run_id) == [consent]
    listed = (await store.consents.page(ANN, None, 10, None)).items
    assert {consent.conversation_id for consent in listed} == {run.started.conversation_id, ""}


async def places(store: Store, conversation_id: str) -> list[RunRecord]:
    """Return the runs of a conversation, one after the other."""
    runs: list[RunRecord] = []
    place = 0
    while run := await store.run_queries.next_of(ANN, conversation_id, place):
        runs.append(run)
        place = run.place
    return runs


async def test_runs_follow_on_each_other_whatever_the_clocks_say(store: Store) -> None:
    first = await answered(store, ANN, at=NOW + 9 * MINUTE)
    conversation_id = first.started.conversation_id
    await answered(store, ANN)
    second = await answered(store, ANN, conversation_id, at=NOW)
    third = a_run(ANN, conversation_id, at=NOW - MINUTE)
    await store.runs.start(third, 10)

    runs = await places(store, conversation_id)

    assert [run.id for run in runs] == [first.id, second.id, third.id]
    for run in runs:
        named = await store.run_queries.by_cursor(ANN, conversation_id, f"{run.id[-12:]}-1-1")
        assert named == await store.runs.get(run.id)


async def test_the_place_of_a_message(store: Store) -> None:
    first = await answered(store, ANN)
    conversation_id = first.started.conversation_id
    second = a_run(ANN, conversation_id)
    await store.runs.start(second, 10)
    other = await answered(store, ANN)

    async def following(message_id: str) -> str | None:
        place = await store.run_queries.place_of(ANN, conversation_id, message_id)
        assert place is not None
        run = await store.run_queries.next_of(ANN, conversation_id, place)
        return run.id if run is not None else None

    assert await following(first.started.question_id) == first.id
    assert await following(first.started.message_id) == second.id
    assert await following(second.started.question_id) == second.id
    for unknown in (other.started.question_id, second.started.message_id, *NOT_IDS):
        assert await store.run_queries.place_of(ANN, conversation_id, unknown) is None
        assert await store.run_queries.place_of(ANN, unknown, first.started.question_id) is None


async def test_what_follows_in_no_conversation(store: Store) -> None:
    kept = a_conversation(ANN)
    await store.conversations.add(kept)
    other = await answered(store, ANN)

    assert await store.run_queries.next_of(ANN, kept.id, 0) is None
    assert await store.run_queries.by_cursor(ANN, kept.id, f"{other.id[-12:]}-1-1") is None
    with pytest.raises(InvalidRequest):
        await store.run_queries.by_cursor(ANN, kept.id, "x")
    await store.conversations.delete(ANN, kept.id)
    for unknown in (kept.id, UNKNOWN, *NOT_IDS):
        with pytest.raises(NotFound):
            await store.run_queries.next_of(ANN, unknown, 0)


async def test_a_strangers_conversation_has_no_runs(store: Store) -> None:
    run, bob = await answered(store, ANN), new_id()
    conversation_id, queries = run.started.conversation_id, store.run_queries

    with pytest.raises(NotFound):
        await queries.next_of(bob, conversation_id, 0)
    assert await queries.by_ids(bob, [run.id]) == {}
    assert await queries.place_of(bob, conversation_id, run.started.question_id) is None
    assert await queries.by_cursor(bob, conversation_id, f"{run.id[-12:]}-1-1") is None
