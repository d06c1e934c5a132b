"""What guards leave of a user's message is kept beside the message, with the event."""

import pytest

from adapters.persistence import Store
from domain.runs.events import Answered, Body, QuestionGuarded
from domain.shared.errors import LeaseLost
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import DONE, a_direct_run, a_run, a_user, an_ending

ANN = new_id()


@pytest.mark.parametrize("content", [None, "", "my ***", "no \0 text"])
@pytest.mark.parametrize("is_last", [False, True])
async def test_later_runs_get_what_guards_left(
    store: Store, content: str | None, is_last: bool
) -> None:
    run = a_run(ANN, question="my secret")
    await store.runs.start(run, 10)
    guarded = QuestionGuarded(run.started.question_id, content)
    answered: list[Body] = [Answered(run.started.message_id, "42"), DONE]
    if is_last:
        await store.log.append(run.id, 1, 2, [guarded, *answered], ending=an_ending(run))
    else:
        await store.log.append(run.id, 1, 2, [guarded])
        await store.log.append(run.id, 1, 3, answered, ending=an_ending(run))

    left = None if content is None else content.replace("\0", "\N{REPLACEMENT CHARACTER}")
    later = a_run(ANN, run.started.conversation_id)
    question, answer = await store.runs.start(later, 10)
    assert (question.content, question.model_text) == ("my secret", left)
    assert question.for_models == ("my secret" if left is None else left)
    assert (answer.content, answer.model_text) == ("42", None)
    (event, *_) = await store.log.read(run.id, None, 10)
    assert event.body == run.started


async def test_a_worker_that_takes_the_run_over_gets_it_as_well(store: Store) -> None:
    user = a_user("ann")
    await store.users.add(user, "hash")
    run = a_run(user.id, question="my secret")
    await store.runs.start(run, 10)
    guarded = QuestionGuarded(run.started.question_id, "my ***")
    await store.log.append(run.id, 1, 2, [guarded])

    (question,) = (await store.runs.context(run.id, 10)).messages

    assert question.for_models == "my ***"
    assert (await store.log.read(run.id, None, 10))[1].body == guarded


async def test_a_worker_without_the_lease_changes_nothing(store: Store) -> None:
    run = a_run(ANN, question="my secret")
    await store.runs.start(run, 10)

    with pytest.raises(LeaseLost):
        await store.log.append(run.id, 2, 2, [QuestionGuarded(run.started.question_id, "other")])

    page = await store.conversations.messages(ANN, run.started.conversation_id, 10, None)
    assert page.items[0].model_text is None


async def test_a_question_that_is_in_no_conversation_is_kept_by_its_event_alone(
    store: Store,
) -> None:
    run = a_direct_run(ANN, events=())
    await store.runs.start(run, 10)
    guarded = QuestionGuarded("", "my ***")

    await store.log.append(run.id, 1, 2, [guarded])

    assert [event.body for event in await store.log.read(run.id, None, 10)][1:] == [guarded]
