"""Runs whose models fail: others answer, and what was said is never said twice."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from domain.configuration.configuration import Configuration
from domain.models.messages import (
    AssistantTurn,
    Stop,
    StopReason,
    Text,
    TextWasReasoning,
    ToolRequest,
    ToolTurn,
    Usage,
)
from domain.models.prices import Price, Prices
from domain.policy.policy import Autonomy
from domain.runs.events import Answered, Chunk, Erred, Event, Retried, StepEnded, Thinking
from domain.runs.journal import FULL
from domain.shared.errors import ProviderError, ProviderReason
from tests.domain.builders import ANN
from tests.domain.house import CALLS, STOP, build, conversation_of, kinds, last, text_of
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool

DOWN = ProviderError("down", provider="fake", reason=ProviderReason.OVERLOADED)
REFUSED = ProviderError("no key", provider="other", reason=ProviderReason.AUTHENTICATION)


def other(*answers: list[Any]) -> FakeModel:
    return FakeModel(*answers, provider="other")


def steps(events: list[Event]) -> list[StepEnded]:
    return [event.body for event in events if isinstance(event.body, StepEnded)]


def errors(events: list[Event]) -> list[Erred]:
    return [event.body for event in events if isinstance(event.body, Erred)]


async def test_a_model_that_comes_back_is_waited_for_unseen() -> None:
    house = build(FakeModel([DOWN], [DOWN], [Text("ok"), STOP]))
    events = await house.say()
    assert kinds(events) == ["run", "chunk", "step", "message", "done"]
    assert house.slept == [0.5, 1.0]


async def test_another_answers_and_goes_on_with_the_run() -> None:
    first = FakeModel(*[[DOWN]] * 3)
    second = other([ToolRequest("look", '{"q": 7}'), CALLS], [Text("It is 7."), STOP])
    house = build(first, FakeTool("look"), others=[second])
    events = await house.say()
    assert text_of(events) == "It is 7."
    assert [(s.provider, s.model) for s in steps(events)] == [("other", "other-1")] * 2
    assert len(first.requests) == 3  # not asked again in this run
    assert second.requests[0].model == "other-1"


async def test_where_the_other_fails_later_the_first_goes_on() -> None:
    first = FakeModel(*[[DOWN]] * 3, [Text("It is 7."), STOP])
    second = other([Text("Hm."), ToolRequest("look", '{"q": 7}'), CALLS], [REFUSED])
    house = build(first, FakeTool("look"), others=[second])
    events = await house.say()
    assert text_of(events) == "Hm.\n\nIt is 7."
    assert [s.provider for s in steps(events)] == ["other", "fake"]
    _, asked, told = first.requests[-1].turns
    assert isinstance(asked, AssistantTurn)
    assert isinstance(told, ToolTurn)
    assert told.call_id == asked.tool_uses[0].id


async def test_where_all_fail_the_run_says_who_was_tried() -> None:
    house = build(FakeModel(*[[DOWN]] * 3), others=[other([REFUSED])])
    events = await house.say()
    (erred,) = errors(events)
    assert (erred.code, erred.message) == ("UPSTREAM_ERROR", "down")
    assert erred.details["tried"] == [
        {"provider": "fake", "model": "fake-1", "reason": "overloaded"},
        {"provider": "other", "model": "other-1", "reason": "authentication"},
    ]
    assert last(events).status == "failed"


async def test_what_broke_off_is_not_said_again() -> None:
    second = other([Text("whole"), STOP])
    house = build(FakeModel([Text("half"), DOWN], [Text("whole"), STOP]), others=[second])
    events = await house.say()
    assert kinds(events) == ["run", "chunk", "error", "done"]
    assert text_of(events) == "half"
    assert not second.requests


async def test_a_conversation_goes_on_with_another_provider() -> None:
    first = FakeModel([Text("Hm."), ToolRequest("look", '{"q": 7}'), CALLS], [Text("7."), STOP])
    second = other([Text("Sure."), STOP])
    house = build(first, FakeTool("look"), others=[second])
    conversation = conversation_of(await house.say("how many?"))
    await house.store.configurations.change(
        lambda _: Configuration(provider="other", autonomy=Autonomy.SEMI)
    )
    events = await house.say("sure?", conversation)
    assert text_of(events) == "Sure."
    _, asked, told, answer, _ = second.requests[0].turns
    assert isinstance(asked, AssistantTurn)
    assert isinstance(told, ToolTurn)
    assert told.call_id == asked.tool_uses[0].id
    assert answer == AssistantTurn("Hm.\n\n7.")


PRICES = Prices({"fake": {"fake-1": Price(1000, 0, 2000)}})


async def test_a_run_costs_what_its_answers_cost() -> None:
    model = FakeModel(
        [ToolRequest("look", '{"q": 7}'), Stop(StopReason.TOOL_CALLS, Usage(3, 4, 2))],
        [Text("ok"), STOP],
    )
    events = await build(model, FakeTool("look"), prices=PRICES).say()
    assert [s.cost_usd for s in steps(events)] == pytest.approx([0.009, 0.011])
    assert last(events).cost_usd == pytest.approx(0.02)
    assert last(events).cached_tokens == 2


async def test_a_run_with_an_answer_of_unknown_price_has_no_cost() -> None:
    model = FakeModel([ToolRequest("look", '{"q": 7}'), CALLS], *[[DOWN]] * 3)
    house = build(model, FakeTool("look"), prices=PRICES, others=[other([Text("ok"), STOP])])
    events = await house.say()
    assert [s.cost_usd is None for s in steps(events)] == [False, True]
    assert last(events).cost_usd is None


async def test_a_memento_is_given_back_to_its_provider_alone() -> None:
    signed = Stop(StopReason.TOOL_CALLS, Usage(3, 4), memento="signed")
    first = FakeModel([ToolRequest("look", '{"q": 7}'), signed], *[[DOWN]] * 3)
    second = other([Text("ok"), STOP])
    house = build(first, FakeTool("look"), others=[second])
    events = await house.say()
    assert [s.memento for s in steps(events)] == ["signed", ""]
    given = [m.requests[-1].turns[1] for m in (first, second)]
    assert [t.memento for t in given if isinstance(t, AssistantTurn)] == ["signed", ""]
    page = await house.store.conversations.messages(ANN.id, conversation_of(events), 10, None)
    assert "signed" not in repr(page)


async def test_a_lease_lost_in_the_middle_is_nobodys_mistake(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = asyncio.Event()
    house = build(FakeModel([gate, *[Text("a")] * FULL, asyncio.Event()]))
    run_id = (await house.chat.send(ANN, "hi")).run_id
    kept = house.store.memory.runs[run_id]
    taken = replace(kept, record=replace(kept.record, attempt=2))
    house.store.memory.runs[run_id] = taken
    gate.set()
    async with asyncio.timeout(60):
        while house.live.get(run_id) is not None:
            await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records] == [
        "the lease is lost: another worker drives the run, or it was ended"
    ]
    assert house.model.closed_early == 1


async def test_text_that_was_reasoning_is_withdrawn_and_shown_as_such() -> None:
    call = ToolRequest("look", '{"q": 7}')
    house = build(
        FakeModel(
            [Text("Hm. "), Text("A tool."), TextWasReasoning(), Text("I look."), call, CALLS],
            [Text("So it"), Text(" is."), TextWasReasoning(), Text("It is 7."), STOP],
        ),
        FakeTool("look"),
    )
    events = await house.say()
    shown: dict[int, str] = {}
    for event in events:
        match event.body:
            case Chunk(content):
                shown[event.number] = content
            case Retried(_, number):  # what came after that place is withdrawn
                shown = {at: content for at, content in shown.items() if at <= number}
    bodies = [event.body for event in events]
    thoughts = [body.content for body in bodies if isinstance(body, Thinking)]
    assert thoughts == ["Hm. A tool.", "So it is."]
    (answered,) = (body for body in bodies if isinstance(body, Answered))
    assert answered.content == "".join(shown.values()) == "I look.\n\nIt is 7."
