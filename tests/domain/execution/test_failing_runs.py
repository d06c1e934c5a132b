"""A run that cannot be recorded, or read, fails and says so: it is not repeated for ever."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from domain.consents.replies import ConsentReply
from domain.models.messages import ModelRequest, Piece, Text, ToolRequest
from domain.notifications.notices import NoticeType
from domain.runs.call_events import ConsentRequested
from domain.runs.cursors import Cursor
from domain.runs.event_json import to_json
from domain.runs.events import Ended, Erred, Event
from domain.runs.states import RunStatus
from domain.tools.tool import Effect
from domain.tools.tool_context import ToolContext
from tests.domain.builders import ANN, NOW
from tests.domain.house import CALLS, LEASE, STOP, House, build, conversation_of, kinds, last
from tests.fakes.models import FakeModel
from tests.fakes.persistence import FakeStore
from tests.fakes.tools import FakeTool


class Picky:
    """The stored log as a database has it: what has no JSON form cannot be kept, or is not read."""

    def __init__(self, store: FakeStore) -> None:
        self._log = store.log
        self.unreadable = ""

    async def append(self, *what: Any, **more: Any) -> None:
        if "unfit" in str([to_json(body) for body in what[-1]]):
            raise TypeError("it is no JSON")
        await self._log.append(*what, **more)

    async def read(self, run_id: str, after: Cursor | None, limit: int) -> Sequence[Event]:
        events = await self._log.read(run_id, after, limit)
        if run_id != self.unreadable:
            return events
        return [_unreadable(event) if event.number == 1 else event for event in events]


def _unreadable(event: Event) -> Event:
    return Event(event.number, event.attempt, Erred("INTERNAL", "unreadable", {}))


def with_log(store: FakeStore, log: Picky) -> Any:
    other = FakeStore.__new__(FakeStore)
    other.__dict__.update(store.__dict__ | {"log": log})
    return other


def picky(model: FakeModel, *tools: FakeTool) -> tuple[House, Picky]:
    store = build(FakeModel()).store
    log = Picky(store)
    return build(model, *tools, store=with_log(store, log)), log


def giving(value: Any) -> FakeTool:
    async def work(_arguments: Mapping[str, Any]) -> Any:
        return value

    return FakeTool("look", work=work)


async def test_a_result_that_cannot_be_recorded_fails_the_run_and_nothing_else() -> None:
    model = FakeModel(
        [Text("I look."), ToolRequest("look", "{}"), CALLS],
        [Text("never said"), STOP],
    )
    house, _ = picky(model, giving("unfit"))
    events = await house.say()
    assert kinds(events)[-2:] == ["error", "done"]
    assert last(events).status == "failed"
    erred = events[-2].body
    assert isinstance(erred, Erred)
    assert erred.code == "INTERNAL"
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    again = await house.say("and now?", conversation_of(events))
    assert last(again).status == "completed"
    (conversation,) = house.store.memory.messages.values()
    assert [message.content for message in conversation][:2] == ["hi", "I look."]


async def test_a_follower_loses_nothing_when_a_piece_waited_with_what_cannot_be_recorded() -> None:
    going = asyncio.Event()

    async def work(_arguments: Mapping[str, Any]) -> Any:
        await going.wait()
        return "unfit"

    tool = FakeTool("look", work=work)
    house, _ = picky(FakeModel([ToolRequest("look", "{}"), CALLS]), tool)
    started = await house.chat.send(ANN, "hi")
    while not tool.contexts:
        await asyncio.sleep(0)
    tool.contexts[0].report("half way", 0.5)
    going.set()
    events = await house.events(started.run_id)
    assert kinds(events)[-3:] == ["tool_progress", "error", "done"]
    stored = await house.store.log.read(started.run_id, None, 100)
    assert stored == events


async def test_exits_of_a_tool_and_of_its_preview_are_no_end_of_anything() -> None:
    async def leave(_arguments: Mapping[str, Any]) -> Any:
        raise GeneratorExit

    class Rude(FakeTool):
        async def preview(self, _arguments: Mapping[str, Any], _context: ToolContext) -> str:
            raise SystemExit(3)

    tool = Rude("look", Effect.WRITE, leave)
    house = build(FakeModel([ToolRequest("look", "{}"), CALLS], [Text("sorry"), STOP]), tool)
    started = await house.chat.send(ANN, "hi")
    asked = await house.until(started.run_id, ConsentRequested)
    request = next(e.body for e in asked if isinstance(e.body, ConsentRequested))
    assert request.preview == "look()"
    await house.consent_service.answer(ANN, request.request_id, ConsentReply(approved=True))
    await house.worker.start()
    events = await house.until(started.run_id, Ended)
    assert "tool_erred" in kinds(events)
    assert last(events).status == "completed"


async def test_a_run_whose_answer_cannot_be_stored_ends_without_one() -> None:
    house, _ = picky(FakeModel([Text("an unfit answer"), STOP], [Text("a good one"), STOP]))
    events = await house.say()
    assert last(events).status == "failed"
    again = await house.say("and now?", conversation_of(events))
    assert last(again).status == "completed"


async def test_a_run_that_cannot_be_read_fails_when_it_is_taken_over() -> None:
    died = build(FakeModel([asyncio.Event()]))
    started = await died.chat.send(ANN, "hi")
    log = Picky(died.store)
    log.unreadable = started.run_id
    heir = build(FakeModel([Text("whole"), STOP]), store=with_log(died.store, log))
    heir.clock.advance(timedelta(seconds=LEASE * 2))
    await heir.worker.start()
    record = await heir.store.runs.get(started.run_id)
    assert record.status is RunStatus.FAILED
    assert record.finished_at == NOW + timedelta(seconds=LEASE * 2)
    assert record.outcome is not None
    assert record.outcome.problem is not None
    assert record.outcome.problem.code == "INTERNAL"
    ended = last(await heir.events(started.run_id))
    assert (ended.status, ended.stop) == ("failed", "failed")
    notice = heir.store.memory.notices[0]
    assert (notice.type, notice.data["run_id"]) == (NoticeType.RUN_FAILED, started.run_id)
    assert notice.data["code"] == "INTERNAL"


async def test_a_run_that_a_model_cancels_fails_and_is_not_begun_again() -> None:
    class Rude(FakeModel):
        async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
            self.requests.append(request)
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
            yield STOP

    model = Rude()
    events = await build(model).say()
    assert last(events).status == "failed"
    assert len(model.requests) == 1
