"""The contract of `Runs`."""

import asyncio

import pytest

from adapters.persistence import Store
from domain.conversations.conversation import MessageRole
from domain.runs.events import Event
from domain.runs.ports import RunRecord
from domain.runs.states import RunStatus
from domain.shared.errors import NotFound, RunInProgress
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import (
    DONE,
    MINUTE,
    NOT_IDS,
    NOW,
    UNKNOWN,
    a_conversation,
    a_run,
    an_ending,
    answered,
)

ANN, BOB = new_id(), new_id()


async def test_a_first_message_makes_its_conversation(store: Store) -> None:
    run = a_run(ANN, question="How\nmany?", new_title="How many?")

    assert list(await store.runs.start(run, 10)) == []

    conversation_id = run.started.conversation_id
    kept = await store.conversations.get(ANN, conversation_id)
    assert (kept.title, kept.message_count, kept.last_message_preview) == (
        "How many?",
        1,
        "How many?",
    )
    (question,) = (await store.conversations.messages(ANN, conversation_id, 10, None)).items
    assert (question.id, question.role, question.content, question.created_at) == (
        run.started.question_id,
        MessageRole.USER,
        "How\nmany?",
        NOW,
    )


async def test_a_run_begins_with_its_start(store: Store) -> None:
    run = a_run(ANN)
    await store.runs.start(run, 10)

    assert list(await store.log.read(run.id, None, 10)) == [Event(1, 1, run.started)]
    assert await store.runs.get(run.id) == RunRecord(
        id=run.id,
        user_id=ANN,
        conversation_id=run.started.conversation_id,
        message_id=run.started.message_id,
        status=RunStatus.RUNNING,
        attempt=1,
        cancel_requested=False,
        created_at=NOW,
        finished_at=None,
        place=1,
    )


async def test_a_next_message_comes_with_those_before(store: Store) -> None:
    first = await answered(store, ANN, question="q0", answer="a0")
    conversation_id = first.started.conversation_id
    await answered(store, ANN, conversation_id, question="q1", answer="a1")

    run = a_run(ANN, conversation_id, question="q2", at=NOW + MINUTE)
    history = await store.runs.start(run, 3)

    assert [message.content for message in history] == ["a0", "q1", "a1"]
    kept = await store.conversations.get(ANN, conversation_id)
    assert (kept.message_count, kept.updated_at) == (5, NOW + MINUTE)


@pytest.mark.parametrize(("limit", "expected"), [(0, []), (1, ["a0"]), (2, ["q0", "a0"])])
async def test_no_more_messages_than_asked(store: Store, limit: int, expected: list[str]) -> None:
    first = await answered(store, ANN, question="q0", answer="a0")

    history = await store.runs.start(a_run(ANN, first.started.conversation_id), limit)

    assert [message.content for message in history] == expected


async def test_a_conversation_that_is_empty_so_far(store: Store) -> None:
    kept = a_conversation(ANN)
    await store.conversations.add(kept)

    assert list(await store.runs.start(a_run(ANN, kept.id), 10)) == []


@pytest.mark.parametrize("conversation_id", [*NOT_IDS[1:], UNKNOWN])
async def test_no_run_in_an_unknown_conversation(store: Store, conversation_id: str) -> None:
    run = a_run(ANN, conversation_id)

    with pytest.raises(NotFound):
        await store.runs.start(run, 10)
    with pytest.raises(NotFound):
        await store.runs.get(run.id)


async def test_no_run_in_another_users_conversation(store: Store) -> None:
    kept = a_conversation(BOB)
    await store.conversations.add(kept)
    run = a_run(ANN, kept.id)

    with pytest.raises(NotFound):
        await store.runs.start(run, 10)
    with pytest.raises(NotFound):
        await store.runs.get(run.id)
    assert await store.conversations.get(BOB, kept.id) == kept


async def test_one_run_at_a_time_and_the_refused_one_leaves_nothing(store: Store) -> None:
    first = a_run(ANN)
    conversation_id = first.started.conversation_id
    await store.runs.start(first, 10)

    with pytest.raises(RunInProgress):
        await store.runs.start(a_run(ANN, conversation_id, question="again"), 10)

    kept = await store.conversations.get(ANN, conversation_id)
    assert (kept.message_count, kept.last_message_preview) == (1, "How many?")
    assert len((await store.conversations.messages(ANN, conversation_id, 9, None)).items) == 1


async def test_of_several_at_once_one_begins(store: Store) -> None:
    kept = a_conversation(ANN)
    await store.conversations.add(kept)

    tries = await asyncio.gather(
        *(store.runs.start(a_run(ANN, kept.id), 10) for _ in range(5)), return_exceptions=True
    )

    refused = [result for result in tries if isinstance(result, RunInProgress)]
    assert len(refused) == 4
    assert (await store.conversations.get(ANN, kept.id)).message_count == 1


async def test_text_that_no_database_takes_is_replaced(store: Store) -> None:
    run = a_run(ANN, question="a\0b\ud800c", new_title="t\0t")
    await store.runs.start(run, 10)

    page = await store.conversations.messages(ANN, run.started.conversation_id, 9, None)

    assert page.items[0].content == "a\ufffdb\ufffdc"
    kept = await store.conversations.get(ANN, run.started.conversation_id)
    assert (kept.title, kept.last_message_preview) == ("t\ufffdt", "a\ufffdb\ufffdc")


@pytest.mark.parametrize("run_id", [*NOT_IDS, UNKNOWN])
async def test_an_unknown_run(store: Store, run_id: str) -> None:
    with pytest.raises(NotFound):
        await store.runs.get(run_id)
    with pytest.raises(NotFound):
        await store.runs.of_user(ANN, run_id)
    assert await store.runs.request_cancel(ANN, run_id) is False
    assert list(await store.log.read(run_id, None, 10)) == []


async def test_the_intent_to_cancel_is_stored_while_the_run_is_active(store: Store) -> None:
    run = a_run(ANN)
    await store.runs.start(run, 10)

    assert await store.runs.request_cancel(ANN, run.id) is True
    assert (await store.runs.get(run.id)).cancel_requested is True

    await store.log.append(run.id, 1, 2, [DONE], ending=an_ending(run))
    assert await store.runs.request_cancel(ANN, run.id) is False


async def test_a_strangers_run_is_none(store: Store) -> None:
    run, bob = a_run(ANN), new_id()
    await store.runs.start(run, 10)

    with pytest.raises(NotFound):
        await store.runs.of_user(bob, run.id)
    assert await store.runs.request_cancel(bob, run.id) is False

    assert (await store.runs.of_user(ANN, run.id)).cancel_requested is False
