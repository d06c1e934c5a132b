"""Workers die, stop and lose their leases; runs go on, and nothing is done twice."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

import pytest

from domain.consents.consent import ConsentStatus
from domain.consents.replies import ConsentReply
from domain.models.messages import Piece, Text, ToolRequest
from domain.policy.policy import Autonomy
from domain.runs.call_events import ConsentRequested, ToolErred, ToolFinished, ToolStarted
from domain.runs.cursors import Cursor
from domain.runs.decide import MOST_LOSSES_OF_STEP
from domain.runs.events import Chunk, Ended, Event, Released, Retried, RunStarted
from domain.runs.states import RunStatus
from domain.tools.tool import Effect
from tests.domain.builders import ANN
from tests.domain.house import CALLS, LEASE, STOP, House, build, last, text_of
from tests.fakes.consents import FakeAudit
from tests.fakes.models import FakeModel
from tests.fakes.runs import FakeRuns
from tests.fakes.tools import FakeTool

LATER = timedelta(seconds=LEASE * 2)


async def heir_of(house: House, model: FakeModel, *tools: FakeTool) -> House:
    """A second worker over the same store, after the lease of the first has run out."""
    heir = build(model, *tools, store=house.store)
    heir.clock.advance(LATER)
    await heir.worker.start()
    return heir


def joined(events: Sequence[Event]) -> str:
    """What a client has on its screen, that takes retries as they are meant."""
    screen: list[tuple[int, int, str]] = []
    for event in events:
        if isinstance(event.body, Chunk):
            screen.append((event.attempt, event.number, event.body.content))
        elif isinstance(event.body, Retried):
            stands = (event.body.after_attempt, event.body.after_number)
            screen = [piece for piece in screen if piece[:2] <= stands]
    return "".join(text for _, _, text in screen)


async def test_a_dead_workers_run_goes_on_and_its_pieces_are_withdrawn() -> None:
    died = build(FakeModel([Text("half a"), asyncio.Event()]))
    started = await died.chat.send(ANN, "hi")
    seen = await died.until(started.run_id, Chunk)
    heir = await heir_of(died, FakeModel([Text("a whole answer"), STOP]))
    events = await heir.events(started.run_id)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    (retried,) = [e.body for e in events if isinstance(e.body, Retried)]
    assert (retried.after_attempt, retried.after_number) == (1, 1)
    assert joined(events) == "a whole answer"
    assert last(events).status == "completed"
    place = Cursor(seen[-1].attempt, seen[-1].number)  # the piece that only the dead worker had
    rest = await heir.events(started.run_id, place)
    assert isinstance(rest[0].body, Retried)
    assert joined([*seen, *rest]) == "a whole answer"
    await heir.worker.stop(0)
    await died.worker.stop(0)  # it finds its lease lost, and writes nothing more
    assert await heir.events(started.run_id) == events


async def test_a_worker_that_slept_cannot_write_into_a_run_that_moved_on() -> None:
    gate = asyncio.Event()
    slept = build(FakeModel([Text("old"), gate, Text(" news"), STOP]))
    started = await slept.chat.send(ANN, "hi")
    await slept.until(started.run_id, Chunk)
    heir = await heir_of(slept, FakeModel([Text("new"), STOP]))
    events = await heir.events(started.run_id)
    gate.set()
    await slept.worker.stop(5)
    assert await heir.events(started.run_id) == events
    assert joined(events) == "new"
    await heir.worker.stop(0)


def interrupted(effect: Effect, answer: Sequence[Piece]) -> tuple[FakeTool, House]:
    async def for_ever(_arguments: Mapping[str, Any]) -> Any:
        await asyncio.Event().wait()

    tool = FakeTool("send", effect, for_ever)
    return tool, build(FakeModel(list(answer)), tool, autonomy=Autonomy.FULL)


CALL: list[Piece] = [Text("Wait."), ToolRequest("send", '{"q": 1}'), CALLS]


async def test_an_interrupted_read_is_made_again_and_its_result_used() -> None:
    tool, died = interrupted(Effect.READ, CALL)
    started = await died.chat.send(ANN, "hi")
    await died.until(started.run_id, ToolStarted)
    again = FakeTool("send", Effect.READ)
    heir = await heir_of(died, FakeModel([Text("done"), STOP]), again)
    events = await heir.events(started.run_id)
    assert [e.body.result for e in events if isinstance(e.body, ToolFinished)] == [{"q": 1}]
    assert tool.contexts[0].call_id == again.contexts[0].call_id  # the idempotency key
    assert joined(events) == "Wait.\n\ndone"
    await heir.worker.stop(0)


async def asked(house: House, run_id: str) -> list[ConsentRequested]:
    events = await house.events(run_id)
    assert events[-1].body.type == "paused"
    return [e.body for e in events if isinstance(e.body, ConsentRequested)]


async def test_an_interrupted_effect_is_a_question_and_is_never_repeated_unasked() -> None:
    for outcome, calls, kind in (
        (ConsentStatus.DONE, 0, ToolFinished),
        (ConsentStatus.NOT_DONE, 0, ToolErred),
        (ConsentStatus.TRY_AGAIN, 1, ToolFinished),
        (None, 0, ToolErred),
    ):
        _, died = interrupted(Effect.WRITE, CALL)
        started = await died.chat.send(ANN, "hi")
        await died.until(started.run_id, ToolStarted)
        again = FakeTool("send", Effect.WRITE)
        heir = await heir_of(died, FakeModel([Text("done"), STOP]), again)
        (question,) = await asked(heir, started.run_id)
        assert question.kind == "outcome"
        assert again.calls == []
        record = await heir.store.runs.get(started.run_id)
        assert record.status is RunStatus.WAITING_CONSENT
        await heir.consent_service.answer(ANN, question.request_id, ConsentReply(outcome=outcome))
        events = await heir.until(started.run_id, Ended)
        assert len(again.calls) == calls
        assert any(isinstance(event.body, kind) for event in events)
        assert last(events).status == "completed"
        await heir.worker.stop(0)
        await died.worker.stop(0)


async def test_an_interrupted_call_of_a_tool_that_changed_may_have_acted() -> None:
    for effect, idempotent, outcome in (
        (Effect.READ, False, "refused"),
        (Effect.WRITE, True, "unknown"),
    ):
        tool, died = interrupted(effect, CALL)
        tool.idempotent = idempotent
        started = await died.chat.send(ANN, "hi")
        await died.until(started.run_id, ToolStarted)
        again = FakeTool("send", effect, idempotent=idempotent, release="2")
        heir = await heir_of(died, FakeModel([Text("done"), STOP]), again)
        events = await heir.events(started.run_id)
        assert again.calls == []
        assert [e.body.outcome for e in events if isinstance(e.body, ToolErred)] == [outcome]
        assert bool(last(events).effects) is (effect is Effect.WRITE)
        await heir.worker.stop(0)
        await died.worker.stop(0)


async def test_a_read_that_takes_its_worker_down_is_made_twice_and_its_name_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    _, died = interrupted(Effect.READ, CALL)
    started = await died.chat.send(ANN, "hi")
    await died.until(started.run_id, ToolStarted)
    houses, tools = [died], list[FakeTool]()
    for count in (1, 2):
        tool, _ = interrupted(Effect.READ, ())
        heir = build(FakeModel([Text("done"), STOP]), tool, store=died.store)
        heir.clock.advance(LATER * count)
        await heir.worker.start()
        tools.append(tool)
        houses.append(heir)
        async with asyncio.timeout(60):
            while count == 1 and not tool.calls:
                await asyncio.sleep(0)
    events = await houses[-1].events(started.run_id)
    assert [len(tool.calls) for tool in tools] == [1, 0]
    assert [e.body.code for e in events if isinstance(e.body, ToolErred)] == ["WORKER_LOST"]
    assert last(events).status == "completed"
    (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "tool send (plugin: fake)" in line.getMessage()
    for house in houses:
        await house.worker.stop(0)


async def test_what_ends_a_worker_before_a_call_begins_is_not_met_for_ever() -> None:
    class Deadly:
        """Where a worker comes to its end, in silence."""

        async def record(self, _decisions: object) -> None:
            reached.append(1)
            await asyncio.Event().wait()

    reached: list[int] = []
    tool = FakeTool("send", Effect.READ)
    first = build(FakeModel(CALL), tool)
    store, audit = first.store, first.store.audit
    store.audit = cast("FakeAudit", Deadly())
    houses = [build(FakeModel(CALL), tool, store=store)]
    started = await houses[0].chat.send(ANN, "hi")
    for count in range(1, MOST_LOSSES_OF_STEP + 1):
        async with asyncio.timeout(60):
            while len(reached) < count:
                await asyncio.sleep(0)
        if count == MOST_LOSSES_OF_STEP:
            store.audit = audit  # what follows is no danger any more, and is not come to
        heir = build(FakeModel([Text("done"), STOP]), tool, store=store)
        heir.clock.advance(LATER * count)
        await heir.worker.start()
        houses.append(heir)
    events = await houses[-1].events(started.run_id)
    assert (len(reached), tool.calls) == (MOST_LOSSES_OF_STEP, [])
    (erred,) = [e.body for e in events if isinstance(e.body, ToolErred)]
    assert (erred.code, erred.outcome) == ("WORKER_LOST", "refused")
    assert last(events).status == "completed"
    for house in houses:
        await house.worker.stop(0)


async def test_a_read_that_is_handed_over_often_is_made_until_it_ends() -> None:
    tool, house = interrupted(Effect.READ, CALL)
    started = await house.chat.send(ANN, "hi")
    await house.until(started.run_id, ToolStarted)
    for _ in range(4):
        await house.worker.stop(0)
        tool, _ = interrupted(Effect.READ, ())
        house = build(FakeModel(), tool, store=house.store)
        await house.worker.start()
        async with asyncio.timeout(60):
            while not tool.calls:
                await asyncio.sleep(0)
    await house.worker.stop(0)
    heir = build(FakeModel([Text("done"), STOP]), FakeTool("send", Effect.READ), store=house.store)
    await heir.worker.start()
    events = await heir.events(started.run_id)
    assert [e.body.result for e in events if isinstance(e.body, ToolFinished)] == [{"q": 1}]
    await heir.worker.stop(0)


async def test_stopping_hands_runs_over_without_waiting_for_the_lease() -> None:
    first = build(FakeModel([Text("half"), asyncio.Event()]))
    started = await first.chat.send(ANN, "hi")
    await first.until(started.run_id, Chunk)
    await first.worker.stop(0)
    heir = build(FakeModel([Text("whole"), STOP]), store=first.store)
    await heir.worker.start()  # at the same time: the lease has not run out
    events = await heir.events(started.run_id)
    assert text_of([e for e in events if e.attempt == 1]) == "half"  # what was said was stored
    assert joined(events) == "whole"
    await heir.worker.stop(0)


async def test_a_run_that_was_being_begun_when_the_worker_stopped_is_handed_over() -> None:
    first = build(FakeModel([Text("never"), STOP]))
    runs = first.store.runs
    assert isinstance(runs, FakeRuns)
    runs.door.clear()
    sending = asyncio.create_task(first.chat.send(ANN, "hi"))
    await asyncio.sleep(0)  # the worker takes it, and the store is slow
    first.live.is_draining = True
    await first.worker.stop(0)
    runs.door.set()
    started = await sending
    assert [type(event.body) for event in await first.events(started.run_id)] == [
        RunStarted,
        Released,
    ]

    heir = build(FakeModel([Text("whole"), STOP]), store=first.store)
    await heir.worker.start()  # at the same time: the lease has not run out
    assert joined(await heir.events(started.run_id)) == "whole"
    await heir.worker.stop(0)


async def test_a_cancel_reaches_a_run_that_waits_and_one_that_nobody_drives() -> None:
    tool = FakeTool("send", Effect.WRITE)
    house = build(FakeModel(CALL), tool)
    await house.worker.start()
    started = await house.chat.send(ANN, "hi")
    await asked(house, started.run_id)
    await house.chat.cancel(ANN, started.run_id)
    events = await house.until(started.run_id, Ended)
    assert last(events).status == "cancelled"
    assert tool.calls == []
    await house.worker.stop(0)
