"""The sampling parameters of a run: kept with it, sent with each step, and warned of."""

import asyncio

import pytest

from domain.conversations.conversation import new_conversation
from domain.conversations.sampling import Sampling
from domain.execution.tool_selection import SelectionLimits
from domain.models.messages import Stop, StopReason, Text, ToolRequest, Usage
from domain.runs.events import Ended
from domain.shared.errors import InvalidRequest
from domain.tools.tool import Effect
from tests.domain.builders import ANN, NOW
from tests.domain.execution.test_takeovers import MORE_THAN_A_LEASE
from tests.domain.house import CALLS, STOP, build, last
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool

SAMPLING = Sampling(temperature=0.5, seed=7, stop=("END",))


async def test_the_message_wins_over_the_conversation_and_that_over_the_configuration() -> None:
    house = build(FakeModel([Text("a"), STOP]))
    configured = Sampling(temperature=0.1, top_p=0.2, seed=3)
    await house.store.configurations.change(lambda old: old.sampled(configured))
    own = new_conversation(ANN.id, "", NOW, sampling=Sampling(top_p=0.5, seed=4))
    await house.store.conversations.add(own)
    started = await house.chat.send(ANN, "hi", own.id, sampling=Sampling(seed=5))
    await house.events(started.run_id)
    (request,) = house.model.requests
    assert request.sampling == Sampling(temperature=0.1, top_p=0.5, seed=5)


async def test_tells_what_had_no_effect() -> None:
    stop = Stop(StopReason.END, Usage(), taken=frozenset({"seed", "stop", "made up"}))
    house = build(FakeModel([Text("a"), stop]))
    started = await house.chat.send(ANN, "hi", sampling=SAMPLING)
    end = last(await house.events(started.run_id))
    assert isinstance(end, Ended)
    warning = "temperature had no effect: fake/fake-1 does not take it, or not with this request."
    assert end.warnings == (warning,)
    record = await house.store.runs.get(started.run_id)
    assert record.outcome is not None
    assert record.outcome.warnings == (warning,)


async def test_a_worker_that_takes_over_uses_the_same() -> None:
    died = build(FakeModel([asyncio.Event()]))
    started = await died.chat.send(ANN, "hi", sampling=SAMPLING)
    await died.store.configurations.change(lambda old: old.sampled(Sampling(top_p=0.1)))
    heir = build(FakeModel([Text("whole"), STOP]), store=died.store)
    heir.clock.advance(MORE_THAN_A_LEASE)
    await heir.worker.start()
    await heir.events(started.run_id)
    assert [request.sampling for request in heir.model.requests] == [SAMPLING]


async def test_a_choice_that_asks_for_a_call_holds_until_one_was_made() -> None:
    tool = FakeTool("add", Effect.READ)
    house = build(FakeModel([ToolRequest("add", "{}"), CALLS], [Text("Done."), STOP]), tool)
    sampling = Sampling(tool_choice="add", seed=7)
    started = await house.chat.send(ANN, "hi", sampling=sampling)
    await house.events(started.run_id)
    assert [each.sampling for each in house.model.requests] == [sampling, Sampling(seed=7)]


async def test_the_tool_to_call_is_always_shown() -> None:
    tools = [FakeTool(f"tool_{number}", Effect.READ) for number in range(9)]
    for tool in tools[:2]:
        house = build(FakeModel([Text("a"), STOP]), *tools, limits=SelectionLimits(tools=1))
        chosen = Sampling(tool_choice=tool.spec.name)
        started = await house.chat.send(ANN, "hi", sampling=chosen)
        await house.events(started.run_id)
        assert [each.name for each in house.model.requests[0].tools] == [tool.spec.name]


async def test_a_tool_to_call_has_to_exist() -> None:
    house = build(FakeModel())
    with pytest.raises(InvalidRequest) as caught:
        await house.chat.send(ANN, "hi", sampling=Sampling(tool_choice="gone"))
    assert [each["path"] for each in caught.value.details["fields"]] == ["sampling.tool_choice"]


@pytest.mark.parametrize(
    ("choice", "has_called", "has_tools", "sent"),
    [
        ("auto", False, True, None),
        ("none", True, True, "none"),
        ("none", False, False, None),
        ("required", False, True, "required"),
        ("required", True, True, None),
        ("required", False, False, "required"),  # cannot be met, and so is warned of
        (None, True, True, None),
    ],
)
def test_what_a_step_is_sent(
    choice: str | None, has_called: bool, has_tools: bool, sent: str | None
) -> None:
    sampling = Sampling(tool_choice=choice, response_format={"type": "text"}, stop=())
    step = sampling.at_step(has_called=has_called, has_tools=has_tools)
    assert step == Sampling(tool_choice=sent)
