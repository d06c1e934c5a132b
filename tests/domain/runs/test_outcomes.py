"""What is known of a run once it has ended, and how it stands in its conversation."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from adapters.persistence.calls import read_run_outcome, write_run_outcome
from domain.conversations.conversation import Message, MessageRole
from domain.models.messages import AssistantTurn, Text, ToolRequest, Usage, UserTurn
from domain.policy.policy import Autonomy
from domain.runs.following import load_run
from domain.runs.lookup import RunLookup
from domain.runs.outcomes import RunOutcome, outcome_of
from domain.runs.states import RunStatus
from domain.shared.errors import ProviderError, ProviderReason
from domain.tools.tool import Effect
from tests.domain.builders import ANN, run_of, said, step
from tests.domain.house import CALLS, STOP, House, build, conversation_of, last
from tests.fakes.models import Answer, FakeModel
from tests.fakes.tools import FakeTool

REFUSED = ProviderError(
    "The provider refused the key.", provider="fake", reason=ProviderReason.AUTHENTICATION
)
BUSY = ProviderError("Busy.", provider="fake", reason=ProviderReason.OVERLOADED)


async def kept(house: House, run_id: str) -> tuple[RunOutcome, list[Message]]:
    """Return what is stored of a run that has ended, and its conversation."""
    record = await house.store.runs.get(run_id)
    assert record.outcome is not None
    folded = outcome_of(await load_run(house.store.log, run_id, 1))
    assert record.outcome == folded  # two ways to the same truth
    assert read_run_outcome(write_run_outcome(record.outcome)) == folded
    page = await house.store.conversations.messages(ANN.id, record.conversation_id, 10, None)
    return record.outcome, list(page.items)


async def test_what_came_of_a_run_that_completed() -> None:
    house = build(
        FakeModel([ToolRequest("send", "{}"), CALLS], [Text("Done."), STOP]),
        FakeTool("send", Effect.WRITE),
        autonomy=Autonomy.FULL,
    )
    started = await house.chat.send(ANN, "hi")
    end = last(await house.events(started.run_id))

    outcome, _ = await kept(house, started.run_id)

    assert (outcome.stop, end.stop) == ("end", "end")
    assert (outcome.provider, outcome.model) == ("fake", "fake-1")
    assert outcome.usage == Usage(6, 8)
    assert outcome.effects == end.effects
    assert len(outcome.effects) == 1
    assert outcome.problem is None


async def failed(*answers: Answer) -> tuple[House, str, RunOutcome, Sequence[Message]]:
    house = build(FakeModel(*answers))
    started = await house.chat.send(ANN, "hi")
    end = last(await house.events(started.run_id))
    assert (end.status, end.stop) == ("failed", "failed")
    return house, started.run_id, *await kept(house, started.run_id)


async def test_a_run_that_failed_before_any_text_leaves_an_entry() -> None:
    _, run_id, outcome, (question, entry) = await failed([REFUSED])

    assert question.content == "hi"
    assert (entry.role, entry.content, entry.run_id) == (MessageRole.ASSISTANT, "", run_id)
    assert outcome.stop == "failed"
    assert outcome.problem is not None
    assert outcome.problem.message == "The provider refused the key."
    assert (outcome.provider, outcome.usage) == ("fake", Usage())


async def test_a_run_that_failed_after_some_text_keeps_it() -> None:
    _, _, outcome, (_, entry) = await failed([Text("It is "), REFUSED])

    assert entry.content == "It is "
    assert outcome.stop == "failed"


async def test_a_model_is_not_told_of_an_answer_that_was_none() -> None:
    model = FakeModel([REFUSED], [Text("Hello."), STOP])
    house = build(model)
    events = await house.say("one")

    await house.say("two", conversation_of(events))

    assert model.requests[-1].turns == [UserTurn("one"), UserTurn("two")]


async def test_what_was_said_before_the_failure_is_told_to_the_model() -> None:
    model = FakeModel([Text("It is "), REFUSED], [Text("Hello."), STOP])
    house = build(model)
    events = await house.say("one")

    await house.say("two", conversation_of(events))

    told = [UserTurn("one"), AssistantTurn("It is "), UserTurn("two")]
    assert model.requests[-1].turns == told


async def test_a_run_that_was_cancelled_before_any_text_leaves_an_entry() -> None:
    house = build(FakeModel([asyncio.Event()]))
    started = await house.chat.send(ANN, "hi")
    await house.chat.cancel(ANN, started.run_id)
    end = last(await house.events(started.run_id))

    outcome, messages = await kept(house, started.run_id)

    assert (end.status, end.stop, outcome.stop) == ("cancelled", "cancelled", "cancelled")
    assert [message.content for message in messages] == ["hi", ""]
    assert outcome.problem is None


def lookup_of(house: House) -> RunLookup:
    store = house.store
    return RunLookup(store.runs, store.run_queries, store.log, store.conversations)


async def test_an_active_run_says_what_came_of_it_so_far() -> None:
    tool = FakeTool("send", Effect.WRITE)
    house = build(FakeModel([ToolRequest("send", "{}"), CALLS]), tool)
    started = await house.chat.send(ANN, "hi")
    await house.events(started.run_id)
    lookup = lookup_of(house)
    record = await lookup.get(ANN, started.run_id)

    outcome = await lookup.outcome(record)

    assert (record.status, record.outcome) == (RunStatus.WAITING_CONSENT, None)
    assert (outcome.stop, outcome.usage, outcome.effects) == (None, Usage(3, 4), ())
    assert (outcome.provider, outcome.model) == ("fake", "fake-1")


def test_who_answered_last_is_named() -> None:
    begun = outcome_of(run_of(provider="a", model="m"))
    answered = outcome_of(run_of(*said("hi"), step(), provider="a", model="m"))

    assert (begun.provider, begun.model, begun.stop) == ("a", "m", None)
    assert answered.usage == Usage(5, 7)


async def test_the_model_that_answered_is_named_not_the_one_that_failed() -> None:
    one = FakeModel(*[[BUSY] for _ in range(9)])
    house = build(one, others=[FakeModel([Text("b"), STOP], provider="other")])
    started = await house.chat.send(ANN, "hi")
    await house.events(started.run_id)

    outcome, _ = await kept(house, started.run_id)

    assert (outcome.provider, outcome.model) == ("other", "other-1")


async def test_an_older_versions_run_is_read_from_its_events() -> None:
    house, run_id, outcome, _ = await failed([REFUSED])
    stored = house.store.memory.runs[run_id]
    record = replace(stored.record, outcome=None)
    house.store.memory.runs[run_id] = replace(stored, record=record)

    lookup = lookup_of(house)

    assert await lookup.outcome(await lookup.get(ANN, run_id)) == outcome
