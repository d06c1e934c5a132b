"""Runs from the first word to the last, with a fake model and the memory for a database."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from domain.configuration.configuration import Configuration
from domain.conversations.conversation import MessageRole
from domain.models.messages import (
    AssistantTurn,
    Piece,
    Reasoning,
    Text,
    ToolRequest,
    ToolTurn,
    UserTurn,
)
from domain.policy.policy import Autonomy
from domain.runs.call_events import ToolErred, ToolFinished, ToolIntended
from domain.runs.cursors import Cursor
from domain.runs.events import Answered, Chunk, Ended, Erred, Event, StepEnded, Thinking
from domain.runs.following import Follower
from domain.runs.live import LiveRuns
from domain.runs.states import RunStatus
from domain.shared.errors import (
    NotFound,
    ProviderError,
    ProviderReason,
    RunInProgress,
    Unavailable,
)
from domain.tools.tool import Effect
from tests.domain.builders import ANN
from tests.domain.house import BOB, CALLS, STOP, House, build, conversation_of, kinds, last, text_of
from tests.fakes.models import FakeModel
from tests.fakes.persistence import FakeStore
from tests.fakes.tools import FakeTool


@pytest.fixture
async def looking() -> AsyncIterator[House]:
    """A house whose model looks something up, then answers."""
    house = build(
        FakeModel(
            [Reasoning("I look."), Text("Let me see."), ToolRequest("look", '{"q": 7}'), CALLS],
            [Text("It "), Text("is 7."), STOP],
        ),
        FakeTool("look"),
    )
    yield house
    await house.worker.stop(0)


async def test_a_turn_with_a_tool(looking: House) -> None:
    events = await looking.say("how many?")
    assert kinds(events) == [
        "run",
        "thinking",
        "chunk",
        "tool_call",
        "step",
        "tool_started",
        "tool_finished",
        "chunk",
        "chunk",
        "step",
        "message",
        "done",
    ]
    assert [event.number for event in events] == list(range(1, 13))
    assert text_of(events) == "Let me see.\n\nIt is 7."
    answered = events[-2].body
    assert isinstance(answered, Answered)
    assert answered.content == text_of(events)
    assert last(events) == Ended(RunStatus.COMPLETED, "end", 6, 8)


async def test_the_model_is_told_what_came_of_its_calls(looking: House) -> None:
    await looking.say("how many?")
    first, second = looking.model.requests
    assert first.turns == [UserTurn("how many?")]
    assert [spec.name for spec in first.tools] == ["look"]
    assert "2026-11-20" in first.system
    question, asked, told = second.turns
    assert question == UserTurn("how many?")
    assert isinstance(asked, AssistantTurn)
    assert asked.content == "Let me see."
    assert isinstance(told, ToolTurn)
    assert told.call_id == asked.tool_uses[0].id
    assert told.content == '{"q": 7}'


async def test_the_conversation_remembers(looking: House) -> None:
    events = await looking.say("how many?")
    conversation = conversation_of(events)
    looking.model.answers.append([Text("Yes."), STOP])
    await looking.say("sure?", conversation)
    turns = looking.model.requests[-1].turns
    assert turns[0] == UserTurn("how many?")
    assert isinstance(turns[2], ToolTurn)
    assert turns[3] == AssistantTurn("Let me see.\n\nIt is 7.")
    assert turns[4] == UserTurn("sure?")
    page = await looking.store.conversations.messages(ANN.id, conversation, 10, None)
    assert [m.role for m in page.items] == [MessageRole.USER, MessageRole.ASSISTANT] * 2
    assert page.items[1].tool_calls[0].tool == "look"
    assert page.items[1].results[0].result == {"q": 7}


async def test_what_is_stored_is_what_was_seen(looking: House) -> None:
    events = await looking.say()
    run_id = (await looking.store.runs.get(await only_run(looking))).id
    assert list(await looking.store.log.read(run_id, None, 100)) == events
    for event in events:
        after = Cursor(event.attempt, event.number)
        assert await looking.events(run_id, after) == events[event.number :]


async def only_run(house: House) -> str:
    conversation = (await house.store.conversations.page(ANN.id, 1, None)).items[0]
    page = await house.store.conversations.messages(ANN.id, conversation.id, 10, None)
    run_id = page.items[0].run_id or page.items[-1].run_id
    assert run_id is not None
    return run_id


async def test_calls_run_side_by_side_within_the_limit() -> None:
    running, most = 0, 0

    async def work(arguments: Mapping[str, Any]) -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(5):
            await asyncio.sleep(0)
        running -= 1
        return arguments["q"]

    tool = FakeTool("look", work=work)
    requests = [ToolRequest("look", f'{{"q": {n}}}') for n in range(6)]
    house = build(FakeModel([*requests, CALLS], [Text("ok"), STOP]), tool)
    events = await house.say()
    results = [e.body.result for e in events if isinstance(e.body, ToolFinished)]
    assert sorted(results) == list(range(6))
    assert most == 2
    assert len({context.call_id for context in tool.contexts}) == 6
    assert all(context.user == ANN for context in tool.contexts)


async def test_full_autonomy_runs_it_and_says_what_took_effect() -> None:
    tool = FakeTool("wipe", Effect.DESTRUCTIVE)
    model = FakeModel([ToolRequest("wipe", "{}"), CALLS], [Text("Done."), STOP])
    house = build(model, tool, autonomy=Autonomy.FULL)
    events = await house.say()
    (intended,) = [e.body for e in events if isinstance(e.body, ToolIntended)]
    assert tool.calls == [{}]
    assert last(events).effects == (intended.call_id,)


async def test_a_model_that_never_stops_calling_is_stopped_and_says_so() -> None:
    endless: list[Piece] = [ToolRequest("look", "{}"), CALLS]
    house = build(FakeModel(*[endless] * 3), FakeTool("look"))
    events = await house.say()
    (erred,) = [e.body for e in events if isinstance(e.body, Erred)]
    assert erred.code == "STEP_LIMIT"
    assert last(events).status == "failed"


FAILURE = ProviderError("no key", provider="fake", reason=ProviderReason.AUTHENTICATION)


@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [
        ([FAILURE], "UPSTREAM_ERROR", ""),
        ([Text("half"), FAILURE], "UPSTREAM_ERROR", "half"),
        ([Text("half"), ZeroDivisionError("secret")], "INTERNAL", "half"),
        ([Text("half")], "UPSTREAM_ERROR", "half"),
    ],
)
async def test_a_model_that_fails(answer: list[Any], code: str, text: str) -> None:
    house = build(FakeModel(answer, [Text("again"), STOP]))
    events = await house.say()
    (erred,) = [e.body for e in events if isinstance(e.body, Erred)]
    assert erred.code == code
    assert "secret" not in erred.message
    assert text_of(events) == text
    assert last(events).status == "failed"
    conversation = conversation_of(events)
    assert last(await house.say("again?", conversation)).status == "completed"


async def test_one_message_at_a_time() -> None:
    gate = asyncio.Event()
    house = build(FakeModel([gate, Text("ok"), STOP]))
    started = await house.chat.send(ANN, "hi")
    record = await house.store.runs.of_user(ANN.id, started.run_id)
    with pytest.raises(RunInProgress):
        await house.chat.send(ANN, "hello?", record.conversation_id)
    gate.set()
    assert last(await house.events(started.run_id)).status == "completed"


@pytest.mark.parametrize("is_over", [False, True])
async def test_nobody_elses(is_over: bool) -> None:
    gate = asyncio.Event()
    house = build(FakeModel([gate, Text("ok"), STOP]))
    started = await house.chat.send(ANN, "hi")
    if is_over:
        gate.set()
        await house.events(started.run_id)
    record = await house.store.runs.of_user(ANN.id, started.run_id)
    for attempt in (
        house.chat.send(BOB, "hi", record.conversation_id),
        house.chat.follow(BOB, started.run_id),
        house.chat.cancel(BOB, started.run_id),
    ):
        with pytest.raises(NotFound):
            await attempt
    gate.set()
    assert last(await house.events(started.run_id)).status == "completed"


async def test_a_provider_that_is_not_configured_is_said_before_anything_is_stored() -> None:
    house = build(FakeModel(), store=FakeStore(Configuration(provider="absent")))
    with pytest.raises(Unavailable, match="FAKE_KEY"):
        await house.chat.send(ANN, "hi")
    assert not (await house.store.conversations.page(ANN.id, 1, None)).items


async def test_pieces_are_seen_before_the_answer_is_whole() -> None:
    gate = asyncio.Event()
    house = build(FakeModel([Reasoning("hm"), Text("first"), gate, Text(" last"), STOP]))
    started = await house.chat.send(ANN, "hi")
    assert text_of(await house.until(started.run_id, Chunk)) == "first"
    gate.set()
    assert text_of(await house.events(started.run_id)) == "first last"


async def test_who_wants_the_whole_gets_it_at_once() -> None:
    house = build(FakeModel([Text("a"), Text("b"), STOP]))
    started = await house.chat.send(ANN, "hi")
    async with asyncio.timeout(60):
        reader = await house.chat.follow(ANN, started.run_id, whole=True)
        (batch,) = [batch async for batch in reader.events()]
    assert text_of(batch) == "ab"
    assert isinstance(batch[-1].body, Ended)


@pytest.mark.parametrize("line", ["free", "full", "broken"])
async def test_a_piece_is_told_once_whoever_tells_it(line: str) -> None:
    gate = asyncio.Event()
    house = build(FakeModel([gate, Text("a"), Text("b"), Reasoning("hm"), Text("c"), STOP]))
    started = await house.chat.send(ANN, "hi")
    told: list[Event] = []
    seen: list[Event] = []

    def tell(event: Event) -> bool:
        if line == "broken":
            raise ConnectionError("the reader is gone")
        if line == "free":
            told.append(event)
            seen.append(event)
        return line == "free"

    async def follow() -> None:
        reader = await house.chat.follow(ANN, started.run_id)
        async for batch in reader.events(tell):
            seen.extend(batch)

    following = asyncio.create_task(follow())
    while not seen:
        await asyncio.sleep(0)
    gate.set()
    async with asyncio.timeout(60):
        await following
    assert [event.number for event in seen] == list(range(1, len(seen) + 1))
    assert text_of(seen) == "abc"
    assert bool(told) == (line == "free")
    assert last(seen).status == "completed"


async def test_a_run_goes_on_when_its_follower_leaves() -> None:
    gate = asyncio.Event()
    house = build(FakeModel([Text("a"), gate, Text("b"), STOP]))
    started = await house.chat.send(ANN, "hi")
    await house.until(started.run_id, Chunk)
    gate.set()
    assert text_of(await house.events(started.run_id)) == "ab"


async def test_cancel_closes_the_models_stream() -> None:
    house = build(FakeModel([Text("half"), asyncio.Event(), STOP]))
    started = await house.chat.send(ANN, "hi")
    await house.until(started.run_id, Chunk)
    record = await house.chat.cancel(ANN, started.run_id)
    assert record.cancel_requested
    events = await house.events(started.run_id)
    assert last(events).status == "cancelled"
    assert house.model.closed_early == 1
    assert text_of(events) == "half"
    assert (await house.store.runs.of_user(ANN.id, started.run_id)).status is RunStatus.CANCELLED
    again = await house.chat.cancel(ANN, started.run_id)
    assert again.status is RunStatus.CANCELLED


async def test_cancel_in_the_middle_of_a_tool_lists_what_may_have_acted() -> None:
    begun = asyncio.Event()

    async def for_ever(_arguments: Mapping[str, Any]) -> Any:
        begun.set()
        await asyncio.Event().wait()

    tool = FakeTool("send", Effect.WRITE, for_ever)
    house = build(FakeModel([ToolRequest("send", "{}"), CALLS]), tool, autonomy=Autonomy.FULL)
    started = await house.chat.send(ANN, "hi")
    await begun.wait()
    await house.chat.cancel(ANN, started.run_id)
    events = await house.events(started.run_id)
    (erred,) = [e.body for e in events if isinstance(e.body, ToolErred)]
    assert erred.outcome == "unknown"
    assert last(events) == Ended(RunStatus.CANCELLED, "cancelled", 3, 4, (erred.call_id,))


async def test_stopping_lets_runs_end_and_refuses_new_ones() -> None:
    gate = asyncio.Event()
    house = build(FakeModel([Text("a"), gate, Text("b"), STOP]))
    started = await house.chat.send(ANN, "hi")
    stopping = asyncio.create_task(house.worker.stop(10))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await house.chat.send(ANN, "hi")
    gate.set()
    await stopping
    assert last(await house.events(started.run_id)).status == "completed"


async def test_a_cancelled_sender_leaves_a_whole_run_behind(looking: House) -> None:
    sending = asyncio.create_task(looking.chat.send(ANN, "hi"))
    await asyncio.sleep(0)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    async with asyncio.timeout(60):
        while True:
            kept = (await looking.store.conversations.page(ANN.id, 1, None)).items
            if kept and kept[0].message_count == 2:  # the question and its answer
                break
            await asyncio.sleep(0.01)
    assert last(await looking.events(await only_run(looking))).status == "completed"


async def test_steps_keep_their_usage(looking: House) -> None:
    events = await looking.say()
    steps = [e.body for e in events if isinstance(e.body, StepEnded)]
    assert [(s.input_tokens, s.output_tokens) for s in steps] == [(3, 4), (3, 4)]
    assert isinstance(events[1].body, Thinking)


async def test_a_silent_run_shows_that_it_is_alive() -> None:
    gate = asyncio.Event()
    house = build(FakeModel([gate, Text("at last"), STOP]))
    started = await house.chat.send(ANN, "hi")
    live = LiveRuns(nudge_seconds=0.01)
    live.open(started.run_id, 1, 2)  # the run as another process would share it: nothing comes
    follower = Follower(
        ANN.id,
        started.run_id,
        Cursor(1, 1),
        runs=house.store.runs,
        log=house.store.log,
        live=live,
        beat_seconds=0.01,
    )
    async with asyncio.timeout(60):
        batches = follower.batches()
        assert [await anext(batches) for _ in range(3)] == [(), (), ()]
        live.close(started.run_id)
        gate.set()
        rest = [event async for batch in batches for event in batch]
    assert text_of(rest) == "at last"
