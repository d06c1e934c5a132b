"""The contract of runs that are one tool call, in no conversation; and of taking runs over."""

import pytest

from adapters.persistence import Store
from domain.accounts.users import User
from domain.conversations.conversation import Message, MessageRole
from domain.runs.cursors import Cursor
from domain.runs.events import Event
from domain.runs.ports import Ending
from domain.runs.states import RunStatus
from domain.shared.errors import NotFound
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import (
    DONE,
    NOT_IDS,
    NOW,
    UNKNOWN,
    a_direct_run,
    a_run,
    a_user,
    an_ending,
    answered,
)

ANN = new_id()


@pytest.fixture
async def user(store: Store) -> User:
    user = a_user()
    await store.users.add(user, "hash")
    return user


async def test_a_direct_run_begins_with_all_its_events(store: Store) -> None:
    run = a_direct_run(ANN)

    assert list(await store.runs.start(run, 10)) == []

    bodies = (run.started, *run.events)
    expected = [Event(number, 1, body) for number, body in enumerate(bodies, 1)]
    assert list(await store.log.read(run.id, None, 10)) == expected
    record = await store.runs.get(run.id)
    assert (record.conversation_id, record.message_id) == ("", "")
    assert (record.user_id, record.status, record.attempt) == (ANN, RunStatus.RUNNING, 1)
    assert (await store.conversations.page(ANN, 10, None)).items == []


async def test_a_run_in_a_conversation_may_begin_with_more_events(store: Store) -> None:
    run = a_run(ANN, events=a_direct_run(ANN).events)
    await store.runs.start(run, 10)

    assert [event.number for event in await store.log.read(run.id, Cursor(1, 1), 9)] == [2, 3]
    await store.log.append(run.id, 1, 4, [DONE], ending=an_ending(run))


@pytest.mark.parametrize("has_answer", [False, True])
async def test_a_direct_run_ends_without_a_conversation(store: Store, has_answer: bool) -> None:
    run, other = a_direct_run(ANN), await answered(store, ANN)
    await store.runs.start(run, 10)
    answer = Message("", "", MessageRole.ASSISTANT, "", NOW, run.id)
    ending = Ending(RunStatus.COMPLETED, answer if has_answer else None, NOW)

    await store.log.append(run.id, 1, 4, [DONE], ending=ending)

    record = await store.runs.get(run.id)
    assert (record.status, record.finished_at) == (RunStatus.COMPLETED, NOW)
    assert (await store.conversations.get(ANN, other.started.conversation_id)).message_count == 2


async def test_several_direct_runs_of_a_user_at_once(store: Store) -> None:
    for _ in range(2):
        await store.runs.start(a_direct_run(ANN), 10)


async def test_who_takes_a_run_over_knows_its_user_and_conversation(
    store: Store, user: User
) -> None:
    first = await answered(store, user.id, question="q0", answer="a0")
    conversation_id = first.started.conversation_id
    run = a_run(user.id, conversation_id, question="q1")
    await store.runs.start(run, 10)

    context = await store.runs.context(run.id, 10)

    assert context.user == user
    assert [message.content for message in context.messages] == ["q0", "a0", "q1"]
    assert [m.content for m in (await store.runs.context(run.id, 2)).messages] == ["a0", "q1"]
    assert list((await store.runs.context(run.id, 0)).messages) == []
    assert [m.content for m in (await store.runs.context(first.id, 10)).messages] == ["q0"]


async def test_a_direct_run_has_a_user_and_nothing_said(store: Store, user: User) -> None:
    run = a_direct_run(user.id)
    await store.runs.start(run, 10)

    context = await store.runs.context(run.id, 10)

    assert (context.user, list(context.messages)) == (user, [])


@pytest.mark.parametrize("run_id", [*NOT_IDS, UNKNOWN])
async def test_nothing_is_known_of_an_unknown_run(store: Store, run_id: str) -> None:
    with pytest.raises(NotFound):
        await store.runs.context(run_id, 10)


async def test_a_run_of_an_unknown_user(store: Store) -> None:
    run = a_run(ANN)
    await store.runs.start(run, 10)

    with pytest.raises(NotFound):
        await store.runs.context(run.id, 10)
