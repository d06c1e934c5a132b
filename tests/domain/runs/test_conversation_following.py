"""A follower of a conversation hears every run in it, whoever begins it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest

from domain.consents.replies import ConsentReply
from domain.models.messages import Text, ToolRequest
from domain.runs.call_events import ConsentRequested
from domain.runs.conversation_following import ConversationFeed, FollowStart
from domain.runs.cursors import write_cursor
from domain.runs.events import Chunk, Ended, Event, Paused, RunStarted
from domain.runs.following import Tell
from domain.shared.errors import Gone, InvalidRequest, NotFound, Unauthenticated
from domain.shared.ids import new_id
from domain.tools.tool import Effect
from tests.domain.builders import ANN
from tests.domain.house import BOB, CALLS, STOP, House, build, conversation_of, text_of
from tests.fakes.models import Answer, FakeModel
from tests.fakes.tools import FakeTool

Heard = list[tuple[str, Event]]


async def still_there() -> None:
    """Nobody has logged out."""


def feed_of(house: House, beat_seconds: float = 15.0) -> ConversationFeed:
    store = house.store
    return ConversationFeed(
        store.conversations,
        store.run_queries,
        store.runs,
        store.log,
        house.live,
        beat_seconds=beat_seconds,
    )


async def heard(
    house: House, conversation: str, ends: int, after: str | None = None
) -> AsyncIterator[tuple[str, Event]]:
    """Yield what a follower hears until so many runs have ended."""
    feed = feed_of(house)
    start = await feed.start(ANN, conversation, after)
    async with asyncio.timeout(60), aclosing(feed.follow(start, still_there)) as batches:
        async for run_id, events in batches:
            for event in events:
                yield run_id, event
                ends -= isinstance(event.body, Ended)
            if not ends:
                return


async def all_heard(
    house: House, conversation: str, ends: int, after: str | None = None
) -> list[tuple[str, Event]]:
    return [each async for each in heard(house, conversation, ends, after)]


def talking(*texts: str) -> House:
    answers: list[Answer] = [[Text(text), STOP] for text in texts]
    return build(FakeModel(*answers))


async def conversation_in(house: House, text: str = "hi") -> str:
    return conversation_of(await house.say(text))


def runs_in(found: Sequence[tuple[str, Event]]) -> list[str]:
    return list(dict.fromkeys(run_id for run_id, _ in found))


async def listening(house: House, conversation: str, ends: int) -> "asyncio.Task[Heard]":
    """Begin to follow, and return once the follower waits."""
    task = asyncio.create_task(all_heard(house, conversation, ends))
    for _ in range(20):
        await asyncio.sleep(0)
    return task


async def test_every_run_is_heard_from_its_start_to_its_end() -> None:
    house = talking("zero", "one", "two")
    conversation = await conversation_in(house)
    task = await listening(house, conversation, 2)

    told = [await house.say("a", conversation), await house.say("b", conversation)]

    found = await task
    assert [event for _, event in found] == [event for events in told for event in events]
    assert len(runs_in(found)) == 2
    assert text_of([event for _, event in found]) == "onetwo"


async def test_who_comes_back_gets_exactly_what_follows() -> None:
    house = talking("zero", "one", "two")
    conversation = await conversation_in(house)
    for text in "ab":
        await house.say(text, conversation)
    first = await house.store.run_queries.next_of(ANN.id, conversation, 0)
    assert first is not None
    whole = [(first.id, event) for event in await house.events(first.id)] + await all_heard(
        house, conversation, 2, first.message_id
    )
    assert len(runs_in(whole)) == 3

    for place, (run_id, event) in enumerate(whole[:-1]):
        cursor = write_cursor(run_id, event.attempt, event.number)
        left = sum(isinstance(event.body, Ended) for _, event in whole[place + 1 :])
        assert await all_heard(house, conversation, left, cursor) == whole[place + 1 :]


async def test_without_a_cursor_it_begins_with_the_active_run() -> None:
    go_on = asyncio.Event()
    house = build(
        FakeModel([Text("old"), STOP], [Text("It "), go_on, Text("is."), STOP], [Text("c"), STOP])
    )
    conversation = await conversation_in(house)
    started = await house.chat.send(ANN, "a", conversation)
    async for event in heard(house, conversation, 1):
        if isinstance(event[1].body, Chunk):
            break  # and away, as a page that is loaded again
    task = await listening(house, conversation, 2)
    go_on.set()
    await house.events(started.run_id)
    await house.say("b", conversation)

    found = await task

    assert isinstance(found[0][1].body, RunStarted)
    assert text_of([event for _, event in found]) == "It is.c"
    assert runs_in(found)[0] == started.run_id


async def test_a_run_that_was_begun_and_is_driven_elsewhere_is_heard() -> None:
    here = talking("zero")
    conversation = await conversation_in(here)
    elsewhere = build(FakeModel([Text("one"), STOP]), store=here.store)
    task = await listening(here, conversation, 1)

    told = await elsewhere.say("a", conversation)

    assert [event for _, event in await task] == told


async def test_a_run_that_waits_for_a_human_goes_on_in_the_stream() -> None:
    tool = FakeTool("send", Effect.WRITE)
    house = build(FakeModel([ToolRequest("send", '{"q": 1}'), CALLS], [Text("ok"), STOP]), tool)
    await house.worker.start()
    kept = await house.chat.send(ANN, "hi")
    conversation = (await house.store.runs.get(kept.run_id)).conversation_id

    kinds = []
    async for _, event in heard(house, conversation, 1):
        kinds.append(event.body.type)
        if isinstance(event.body, Paused):
            (request,) = await house.store.consents.of_run(kept.run_id)
            await house.consent_service.answer(ANN, request.id, ConsentReply(approved=True))

    assert kinds.count("paused") == 1
    assert kinds.index(ConsentRequested.type) < kinds.index("paused") < kinds.index("message")
    assert kinds[-1] == "done"
    assert tool.calls == [{"q": 1}]


async def test_pieces_are_told_in_the_moment_they_are_said() -> None:
    steps = [asyncio.Event(), asyncio.Event()]
    house = build(FakeModel([Text("zero"), STOP], [steps[0], Text("now"), steps[1], STOP]))
    conversation = await conversation_in(house)
    told: list[tuple[str, str]] = []
    begun = asyncio.Event()
    feed = feed_of(house)
    start = await feed.start(ANN, conversation, None)

    def at_once(run_id: str) -> Tell:
        def tell(event: Event) -> bool:
            assert isinstance(event.body, Chunk)
            told.append((run_id, event.body.content))
            return True

        return tell

    async def follow() -> None:
        async with aclosing(feed.follow(start, still_there, at_once)) as batches:
            async for _, events in batches:
                assert not any(isinstance(event.body, Chunk) for event in events)
                begun.set()
                if events and isinstance(events[-1].body, Ended):
                    return

    async with asyncio.timeout(60):
        task = asyncio.create_task(follow())
        started = await house.chat.send(ANN, "a", conversation)
        await begun.wait()
        await asyncio.sleep(0)  # the follower waits for the run's next event
        steps[0].set()
        while not told:
            await asyncio.sleep(0)
        steps[1].set()
        await task
    assert told == [(started.run_id, "now")]


async def test_who_logged_out_hears_nothing_more() -> None:
    house = talking("zero", "one")
    conversation = await conversation_in(house)
    feed = feed_of(house)
    start = await feed.start(ANN, conversation, None)

    async def gone() -> None:
        raise Unauthenticated("The session was revoked.")

    batches = feed.follow(start, gone)
    task = asyncio.ensure_future(anext(batches))
    await house.say("a", conversation)
    with pytest.raises(Unauthenticated):
        await task


async def test_a_silent_line_is_shown_to_be_alive_and_its_reader_to_be_allowed() -> None:
    house = talking("zero")
    conversation = await conversation_in(house)
    house.live.poll_seconds = 0.0
    feed = feed_of(house, beat_seconds=0.0)
    checks = []

    async def check() -> None:
        checks.append(1)

    start = await feed.start(ANN, conversation, None)
    async with asyncio.timeout(60), aclosing(feed.follow(start, check)) as batches:
        house.live.hint(conversation)
        assert await anext(batches) == ("", ())
    assert checks


async def test_it_ends_when_the_service_is_about_to_stop() -> None:
    house = talking("zero")
    conversation = await conversation_in(house)
    task = await listening(house, conversation, 1)

    house.live.is_draining = True
    house.live.hint(conversation)

    assert await task == []


async def test_it_ends_when_the_conversation_is_deleted() -> None:
    house = talking("zero")
    conversation = await conversation_in(house)
    task = await listening(house, conversation, 1)

    await house.store.conversations.delete(ANN.id, conversation)
    house.live.hint(conversation)

    with pytest.raises(NotFound):
        await task


async def test_another_users_conversation_and_none() -> None:
    house = talking("zero")
    conversation = await conversation_in(house)

    for user, name in ((BOB, conversation), (ANN, new_id()), (ANN, "x")):
        with pytest.raises(NotFound):
            await feed_of(house).start(user, name, None)


async def test_a_place_in_another_conversation_is_refused() -> None:
    house = talking("zero", "one")
    conversation = await conversation_in(house)
    events = await house.say("elsewhere")
    other = await house.store.run_queries.next_of(ANN.id, conversation_of(events), 0)
    own = await house.store.run_queries.next_of(ANN.id, conversation, 0)
    assert other is not None
    assert own is not None

    for after in (write_cursor(other.id, 1, 1), other.message_id, new_id(), "x", ""):
        with pytest.raises(InvalidRequest) as refused:
            await feed_of(house).start(ANN, conversation, after)
        assert refused.value.details["fields"][0]["path"] == "after"
    question, answer = house.store.memory.messages[conversation]
    assert own.message_id == answer.id
    for known, place in ((question.id, 0), (answer.id, 2), (None, 2)):
        start = await feed_of(house).start(ANN, conversation, known)
        assert start == FollowStart(ANN.id, conversation, place)


async def test_a_run_whose_events_were_deleted_is_passed_over() -> None:
    house = talking("zero", "one", "two")
    conversation = await conversation_in(house)
    first = await house.store.run_queries.next_of(ANN.id, conversation, 0)
    assert first is not None
    stored = house.store.memory.runs[first.id]
    gone = replace(stored, record=replace(first, events_gone=True))
    house.store.memory.runs[first.id] = gone
    await house.say("b", conversation)

    found = await all_heard(house, conversation, 1, write_cursor(first.id, 1, 1))

    assert text_of([event for _, event in found]) == "one"
    assert first.id not in runs_in(found)
    with pytest.raises(Gone, match="were deleted, being old"):
        await house.chat.follow(ANN, first.id)
