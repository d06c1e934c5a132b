"""A question to a model that belongs to no conversation."""

import asyncio
from datetime import timedelta
from typing import Any

from domain.conversations.sampling import Sampling
from domain.models.messages import ModelRequest, Text, ToolRequest, UserTurn
from domain.plugins.guards import GuardOffer, GuardPoint, Replace
from domain.plugins.plugin import Registered
from domain.runs.call_events import ToolErred
from domain.runs.events import Answered, QuestionGuarded
from tests.domain.builders import ANN
from tests.domain.house import LEASE, STOP, build, last, text_of
from tests.fakes.extensions import FakeExtensions
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool


async def test_a_model_is_asked_that_alone() -> None:
    model = FakeModel([Text("Four"), Text("."), STOP])
    house = build(model, FakeTool("look"))

    sampling = Sampling(temperature=0.2, max_output_tokens=150)
    started = await house.chat.ask(ANN, "2 + 2?", sampling=sampling)
    events = await house.events(started.run_id)

    (request,) = model.requests
    assert request == ModelRequest("fake-1", [UserTurn("2 + 2?")], tools=(), sampling=sampling)
    assert text_of(events) == "Four."
    assert last(events).status == "completed"
    assert not any(isinstance(event.body, Answered) for event in events)  # there is no message
    assert not house.store.memory.conversations
    assert not house.store.memory.messages


async def test_a_tool_that_the_model_asks_for_all_the_same_is_not_called() -> None:
    tool = FakeTool("look")
    model = FakeModel([Text("Let me see."), ToolRequest("look", '{"q": 1}'), STOP])
    house = build(model, tool)

    started = await house.chat.ask(ANN, "2 + 2?")
    events = await house.events(started.run_id)

    (erred,) = [e.body for e in events if isinstance(e.body, ToolErred)]
    assert erred.code == "UNKNOWN_TOOL"
    assert tool.calls == []
    assert text_of(events) == "Let me see."
    assert last(events).status == "completed"


async def test_another_worker_asks_it_again() -> None:
    died = build(FakeModel([Text("Fo"), asyncio.Event()]))
    started = await died.chat.ask(ANN, "2 + 2?")
    model = FakeModel([Text("Four."), STOP])
    heir = build(model, store=died.store)
    heir.clock.advance(timedelta(seconds=LEASE * 2))
    await heir.worker.start()

    events = await heir.events(started.run_id)

    assert [request.turns for request in model.requests] == [[UserTurn("2 + 2?")]]
    assert text_of(events) == "Four."
    assert last(events).status == "completed"


async def test_guards_are_shown_it() -> None:
    async def guard(message: Any) -> Replace:
        return Replace(message.text.replace("secret", "***"))

    offer = GuardOffer(GuardPoint.BEFORE_MODEL, guard)
    extensions = FakeExtensions(the_guards=[Registered("p", offer)])
    model = FakeModel([Text("Yes."), STOP])
    house = build(model, extensions=extensions)

    started = await house.chat.ask(ANN, "Is it secret?")
    events = await house.events(started.run_id)

    assert model.requests[0].turns == [UserTurn("Is it ***?")]
    assert [e.body for e in events if isinstance(e.body, QuestionGuarded)] == [
        QuestionGuarded("", "Is it ***?")
    ]
    assert last(events).status == "completed"
