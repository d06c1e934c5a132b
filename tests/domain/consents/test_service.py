"""What runs is what was approved, once, and only after an explicit yes."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from domain.configuration.configuration import Configuration
from domain.consents.consent import ConsentKind, ConsentStatus, digest_of
from domain.consents.replies import ConsentReply
from domain.execution.questions import LIFE
from domain.models.messages import Text, ToolRequest, ToolTurn
from domain.policy.policy import Autonomy, Comparison, Condition, Decision, Rule
from domain.runs.call_events import ConsentRequested, ToolErred, ToolFinished
from domain.runs.events import Ended, Event
from domain.shared.errors import Conflict, Forbidden, Gone, InvalidRequest, NotFound, ToolFailed
from domain.shared.idempotency import RequestKey
from domain.tools.tool import Effect
from tests.domain.builders import ANN, NOW
from tests.domain.house import BOB, CALLS, STOP, House, build, last
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool


def requests(*numbers: int) -> list[Any]:
    return [*[ToolRequest("send", f'{{"q": {n}}}') for n in numbers], CALLS]


async def waiting(*numbers: int) -> tuple[House, FakeTool, str, list[ConsentRequested]]:
    tool = FakeTool("send", Effect.WRITE)
    house = build(FakeModel(requests(*numbers), [Text("ok"), STOP]), tool)
    await house.worker.start()
    started = await house.chat.send(ANN, "hi")
    events = await house.events(started.run_id)
    assert events[-1].body.type == "paused"
    assert tool.calls == []
    return house, tool, started.run_id, asked(events)


def asked(events: list[Event]) -> list[ConsentRequested]:
    return [event.body for event in events if isinstance(event.body, ConsentRequested)]


async def end(house: House, run_id: str) -> list[Event]:
    events = await house.until(run_id, Ended)
    assert last(events).status == "completed"
    return events


async def test_a_request_says_what_will_be_done_and_why() -> None:
    house, tool, _, (request,) = await waiting(7)
    assert (request.tool, request.params, request.effect) == ("send", {"q": 7}, "write")
    assert "autonomy level semi" in request.reason
    assert request.preview == "send(q=7)"
    assert request.digest == digest_of("send", tool.spec.version, {"q": 7})
    kept = await house.store.consents.get(ANN.id, request.request_id)
    assert kept.status is ConsentStatus.WAITING
    assert kept.kind is ConsentKind.APPROVAL
    assert kept.expires_at - kept.created_at == LIFE


async def test_yes_runs_it_once() -> None:
    house, tool, run_id, (request,) = await waiting(7)
    kept = await house.consent_service.answer(ANN, request.request_id, ConsentReply(approved=True))
    assert kept.status is ConsentStatus.APPROVED
    events = await end(house, run_id)
    assert tool.calls == [{"q": 7}]
    assert last(events).effects == (request.call_id,)
    with pytest.raises(Conflict):
        await house.consent_service.answer(ANN, request.request_id, ConsentReply(approved=True))
    assert tool.calls == [{"q": 7}]


async def test_no_is_told_to_the_model_with_the_reason() -> None:
    house, tool, run_id, (request,) = await waiting(7)
    await house.consent_service.answer(ANN, request.request_id, ConsentReply(reason="not today"))
    await end(house, run_id)
    assert tool.calls == []
    told = house.model.requests[1].turns[-1]
    assert isinstance(told, ToolTurn)
    assert told.is_error
    assert "not today" in told.content


async def test_a_yes_with_other_arguments_runs_those() -> None:
    house, tool, run_id, (request,) = await waiting(7)
    with pytest.raises(InvalidRequest, match="do not fit"):
        await house.consent_service.answer(
            ANN, request.request_id, ConsentReply(approved=True, params={"q": "x"})
        )
    kept = await house.consent_service.answer(
        ANN, request.request_id, ConsentReply(approved=True, params={"q": 8})
    )
    assert kept.digest == digest_of("send", tool.spec.version, {"q": 8}) != request.digest
    events = await end(house, run_id)
    assert tool.calls == [{"q": 8}]
    assert ran_with(events) == [{"q": 8}]


async def test_arguments_that_nobody_changed_are_not_told_twice() -> None:
    house, _, run_id, (request,) = await waiting(7)
    await house.consent_service.answer(ANN, request.request_id, ConsentReply(approved=True))
    assert ran_with(await end(house, run_id)) == [None]


async def test_a_call_that_failed_tells_the_arguments_that_it_ran_with() -> None:
    async def refuse(_arguments: Any) -> Any:
        raise ToolFailed("Not these.")

    tool = FakeTool("send", Effect.WRITE, refuse)
    house = build(FakeModel(requests(7), [Text("ok"), STOP]), tool)
    await house.worker.start()
    started = await house.chat.send(ANN, "hi")
    (request,) = asked(await house.events(started.run_id))
    await house.consent_service.answer(
        ANN, request.request_id, ConsentReply(approved=True, params={"q": 8})
    )
    assert ran_with(await end(house, started.run_id)) == [{"q": 8}]


def ran_with(events: list[Event]) -> list[Any]:
    results = (e.body for e in events if isinstance(e.body, ToolFinished | ToolErred))
    return [body.params for body in results]


async def test_several_at_once_in_any_order_some_denied() -> None:
    house, tool, run_id, (first, second, third) = await waiting(1, 2, 3)
    await house.consent_service.answer(ANN, third.request_id, ConsentReply(approved=True))
    await house.consent_service.answer(ANN, first.request_id, ConsentReply())
    async with asyncio.timeout(60):
        while tool.calls != [{"q": 3}]:  # what was approved does not wait for the rest
            await asyncio.sleep(0.01)
    await house.consent_service.answer(ANN, second.request_id, ConsentReply(approved=True))
    events = await end(house, run_id)
    assert tool.calls == [{"q": 3}, {"q": 2}]
    assert {e.body.call_id for e in events if isinstance(e.body, ToolErred)} == {first.call_id}


async def test_only_the_one_who_was_asked_may_answer() -> None:
    house, tool, _, (request,) = await waiting(7)
    with pytest.raises(NotFound):
        await house.consent_service.answer(BOB, request.request_id, ConsentReply(approved=True))
    assert tool.calls == []
    await house.worker.stop(0)


async def test_a_request_expires_and_the_run_goes_on_without_it() -> None:
    house, tool, run_id, (request,) = await waiting(7)
    house.clock.advance(LIFE + timedelta(seconds=1))
    with pytest.raises(Gone):
        await house.consent_service.answer(ANN, request.request_id, ConsentReply(approved=True))
    house.worker.look()
    events = await end(house, run_id)
    assert tool.calls == []
    assert [e.body.code for e in events if isinstance(e.body, ToolErred)] == ["CONSENT_EXPIRED"]


async def test_a_tool_that_changed_since_it_was_approved_does_not_run() -> None:
    house, tool, run_id, (request,) = await waiting(7)
    tool.effect = Effect.DESTRUCTIVE  # and so another version
    await house.consent_service.answer(ANN, request.request_id, ConsentReply(approved=True))
    events = await end(house, run_id)
    assert tool.calls == []
    assert [e.body.outcome for e in events if isinstance(e.body, ToolErred)] == ["refused"]


async def test_edited_arguments_obey_the_operators_no() -> None:
    house, _, _, (request,) = await waiting(7)
    never = Rule(Decision.DENY, arguments=(Condition("q", Comparison.ABOVE, 100),))
    await house.store.configurations.change(lambda now: now.with_rules([never]))
    with pytest.raises(Forbidden, match="rule 1"):
        await house.consent_service.answer(
            ANN, request.request_id, ConsentReply(approved=True, params={"q": 101})
        )
    await house.worker.stop(0)


async def test_a_direct_call_obeys_the_same_policy() -> None:
    tool = FakeTool("send", Effect.WRITE)
    house = build(FakeModel(), tool)
    await house.worker.start()
    started = await house.chat.call(ANN, "send", {"q": 7})
    (request,) = asked(await house.events(started.run_id))
    assert tool.calls == []
    await house.consent_service.answer(ANN, request.request_id, ConsentReply(approved=True))
    events = await end(house, started.run_id)
    assert [e.body.result for e in events if isinstance(e.body, ToolFinished)] == [{"q": 7}]
    assert tool.calls == [{"q": 7}]
    await house.worker.stop(0)


async def test_a_direct_call_that_may_run_runs_at_once() -> None:
    house = build(FakeModel(), FakeTool("look"))
    started = await house.chat.call(ANN, "look", {"q": 7})
    events = await end(house, started.run_id)
    assert [e.body.result for e in events if isinstance(e.body, ToolFinished)] == [{"q": 7}]


async def test_the_same_request_twice_is_one_run() -> None:
    house = build(FakeModel([Text("ok"), STOP]))
    key = RequestKey(ANN.id, "k", "fingerprint", NOW)
    first = await house.chat.send(ANN, "hi", None, key)
    assert await house.chat.send(ANN, "hi", None, key) == first
    await end(house, first.run_id)
    assert len(house.model.requests) == 1


async def test_every_decision_is_written_down() -> None:
    house, _, run_id, (request,) = await waiting(7)
    await house.consent_service.answer(ANN, request.request_id, ConsentReply(approved=True))
    await end(house, run_id)
    decisions = [d.decision for d in (await house.store.audit.page(10, None)).items]
    assert sorted(decisions) == ["approved", "ask"]


async def test_at_full_autonomy_a_rule_still_asks() -> None:
    tool = FakeTool("send", Effect.WRITE)
    house = build(FakeModel(requests(7), [Text("ok"), STOP]), tool)
    ask = Rule(Decision.ASK, name="mail", tool="se*")
    await house.store.configurations.change(
        lambda _: Configuration("fake", autonomy=Autonomy.FULL, rules=(ask,))
    )
    started = await house.chat.send(ANN, "hi")
    (request,) = asked(await house.events(started.run_id))
    assert request.reason == "rule 1 (mail)"
    assert tool.calls == []
