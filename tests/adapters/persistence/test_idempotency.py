"""The contract of `IdempotencyStore`, and of runs that are begun with a key."""

import asyncio

import pytest

from adapters.persistence import Store
from domain.runs.ports import NewRun
from domain.shared.errors import IdempotencyConflict, NotFound, RunInProgress
from domain.shared.idempotency import LIFE, AlreadyDone, Idempotency
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import (
    DONE,
    MINUTE,
    NOW,
    a_direct_run,
    a_key,
    a_run,
    an_ending,
)

ANN, BOB = new_id(), new_id()


async def test_a_key_is_taken_once(store: Store) -> None:
    key = a_key(ANN)

    assert await store.answers.reserve(key) is None
    await store.answers.keep(key, '{"n": "naïve"}')

    assert await store.answers.reserve(a_key(ANN, at=NOW + MINUTE)) == '{"n": "naïve"}'
    assert await store.answers.reserve(a_key(BOB)) is None
    assert await store.answers.reserve(a_key(ANN, "k2")) is None


async def test_a_key_names_one_request(store: Store) -> None:
    await store.answers.reserve(a_key(ANN))

    with pytest.raises(IdempotencyConflict):
        await store.answers.reserve(a_key(ANN, body="another"))


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "k" * 255, "é%_'"])
async def test_any_text_is_a_key(store: Store, text: str) -> None:
    key = a_key(ANN, text)
    await store.answers.reserve(key)
    await store.answers.keep(key, "kept")

    assert await store.answers.reserve(key) == "kept"


async def test_an_old_key_is_forgotten(store: Store) -> None:
    for n in range(3):
        old = a_key(ANN, f"k{n}")
        await store.answers.reserve(old)
        await store.answers.keep(old, "old")

    soon = NOW + LIFE - MINUTE
    assert await store.answers.reserve(a_key(ANN, "k0", soon)) == "old"
    later = a_key(ANN, "k0", NOW + LIFE, body="another")
    assert await store.answers.reserve(later) is None
    await store.answers.keep(later, "new")
    assert await store.answers.reserve(later) == "new"
    assert await store.answers.reserve(a_key(ANN, "k1", NOW + LIFE, body="another")) is None


async def test_work_is_done_once_however_often_it_is_asked_for(store: Store) -> None:
    once, done = Idempotency(store.answers, store.unit_of_work), list[int]()

    async def work() -> str:
        done.append(1)
        await asyncio.sleep(0)
        return f"answer {len(done)}"

    answers = await asyncio.gather(*(once.run(a_key(ANN), work) for _ in range(8)))

    assert answers == ["answer 1"] * 8
    assert done == [1]


async def test_work_that_fails_leaves_its_key_free(store: Store) -> None:
    once = Idempotency(store.answers, store.unit_of_work)

    async def fail() -> str:
        raise LookupError("no")

    async def work() -> str:
        return "done"

    with pytest.raises(LookupError):
        await once.run(a_key(ANN), fail)

    assert await once.run(a_key(ANN), work) == "done"


Begin = {"conversing": a_run, "direct": a_direct_run}


@pytest.mark.parametrize("kind", Begin)
async def test_the_same_request_again_gives_the_same_run(store: Store, kind: str) -> None:
    first = Begin[kind](ANN, key=a_key(ANN))
    await store.runs.start(first, 10)

    with pytest.raises(AlreadyDone) as before:
        await store.runs.start(Begin[kind](ANN, key=a_key(ANN)), 10)
    with pytest.raises(IdempotencyConflict):
        await store.runs.start(Begin[kind](ANN, key=a_key(ANN, body="another")), 10)

    assert before.value.outcome == first.id
    assert len((await store.conversations.page(ANN, 10, None)).items) == (kind == "conversing")
    await store.runs.start(Begin[kind](ANN, key=a_key(ANN, at=NOW + LIFE)), 10)


async def test_it_is_the_same_request_while_its_run_is_active_too(store: Store) -> None:
    before = a_run(ANN)
    await store.runs.start(before, 10)
    await store.log.append(before.id, 1, 2, [DONE], ending=an_ending(before))
    conversation_id = before.started.conversation_id
    first = a_run(ANN, conversation_id, key=a_key(ANN))
    await store.runs.start(first, 10)

    with pytest.raises(AlreadyDone) as done:
        await store.runs.start(a_run(ANN, conversation_id, key=a_key(ANN)), 10)

    assert done.value.outcome == first.id


async def test_a_request_that_is_refused_leaves_its_key_free(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.runs.start(a_run(ANN, new_id(), key=a_key(ANN)), 10)
    active = a_run(ANN)
    await store.runs.start(active, 10)
    with pytest.raises(RunInProgress):
        await store.runs.start(a_run(ANN, active.started.conversation_id, key=a_key(ANN)), 10)

    await store.runs.start(a_run(ANN, key=a_key(ANN)), 10)


@pytest.mark.parametrize("kind", Begin)
async def test_of_many_with_one_key_at_once_one_begins(store: Store, kind: str) -> None:
    runs: list[NewRun] = [Begin[kind](ANN, key=a_key(ANN)) for _ in range(20)]

    tries = await asyncio.gather(
        *(store.runs.start(run, 10) for run in runs), return_exceptions=True
    )

    (winner,) = [
        run for run, result in zip(runs, tries, strict=True) if not isinstance(result, Exception)
    ]
    outcomes = [result.outcome for result in tries if isinstance(result, AlreadyDone)]
    assert outcomes == [winner.id] * 19
    for run in runs:
        if run is not winner:
            with pytest.raises(NotFound):
                await store.runs.get(run.id)
    assert len((await store.conversations.page(ANN, 30, None)).items) == (kind == "conversing")
