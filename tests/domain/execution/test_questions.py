"""A tool asks its user in the middle of its work: the run waits, and the tool is called again."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr, field_validator

from domain.consents.consent import ConsentKind, ConsentStatus
from domain.consents.replies import VALUES_SIZE, ConsentReply
from domain.execution.call_services.questions import MESSAGE_LENGTH, MOST, SCHEMA_SIZE
from domain.execution.questions import LIFE
from domain.models.messages import Text, ToolRequest, ToolTurn
from domain.policy.policy import Autonomy
from domain.runs.call_events import ConsentRequested, ToolErred, ToolFinished
from domain.runs.events import Ended, Event
from domain.runs.states import RunStatus
from domain.shared.errors import AskDeclined, Conflict, InvalidArguments, InvalidRequest
from domain.tools.tool import Effect
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool as plugin_tool
from plugins.host.admission import admit
from tests.domain.builders import ANN
from tests.domain.house import CALLS, STOP, House, build, kinds, last
from tests.fakes.memory import FREE
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool


class Shipping(BaseModel):
    """How to send it."""

    street: str = Field(min_length=1)
    express: bool = False


class Ticket(BaseModel):
    number: int

    @field_validator("number")
    @classmethod
    def _is_known(cls, number: int) -> int:
        if number > 100:
            raise ValueError("There is no such ticket.")
        return number


FULL = Autonomy.FULL
Work = Callable[[ToolContext], Awaitable[Any]]


def asking(work: Work, effect: Effect = Effect.WRITE, **options: Any) -> FakeTool:
    """Return a tool whose work is given its context."""

    async def run(_arguments: Mapping[str, Any]) -> Any:
        return await work(tool.contexts[-1])

    tool = FakeTool("ship", effect, run, **options)
    return tool


async def parked(
    tool: FakeTool, *, autonomy: Autonomy = FULL, **options: Any
) -> tuple[House, str, ConsentRequested]:
    """Let a model call the tool, up to where the run waits; return the request."""
    house = await running(tool, autonomy=autonomy, **options)
    started = await house.chat.send(ANN, "hi")
    return house, started.run_id, await waiting(house, started.run_id)


async def running(tool: FakeTool, **options: Any) -> House:
    model = FakeModel([ToolRequest("ship", '{"q": 1}'), CALLS], [Text("ok"), STOP])
    house = build(model, admit(tool, "fake"), **options)
    await house.worker.start()
    return house


async def waiting(house: House, run_id: str) -> ConsentRequested:
    events = await house.events(run_id)
    assert events[-1].body.type == "paused", kinds(events)
    assert house.worker.driving == 0  # no task and no lease: only a row
    return [e.body for e in events if isinstance(e.body, ConsentRequested)][-1]


async def answer(house: House, request: ConsentRequested, **values: Any) -> None:
    reply = ConsentReply(approved=True, values=values)
    await house.consent_service.answer(ANN, request.request_id, reply)


async def end(house: House, run_id: str) -> list[Event]:
    events = await house.until(run_id, Ended)
    assert last(events).status == "completed"
    return events


def outcome(events: list[Event]) -> ToolFinished | ToolErred:
    (body,) = [e.body for e in events if isinstance(e.body, ToolFinished | ToolErred)]
    return body


async def where(context: ToolContext) -> Any:
    shipping = await context.ask(Shipping, "Where does it go?")
    return {"street": shipping.street, "express": shipping.express}


async def test_a_tool_is_given_what_its_user_answers() -> None:
    tool = asking(where)
    house, run_id, request = await parked(tool)
    assert (request.kind, request.message) == (ConsentKind.INPUT, "Where does it go?")
    assert request.preview == "Where does it go?"
    schema = request.fields["schema"]
    assert (schema["type"], schema["required"]) == ("object", ["street"])
    assert schema["properties"]["express"] == {"type": "boolean", "default": False}
    await answer(house, request, street="Elm St 1")
    events = await end(house, run_id)
    body = outcome(events)
    assert isinstance(body, ToolFinished)
    assert body.result == {"street": "Elm St 1", "express": False}
    first, second = tool.contexts
    assert first.call_id == second.call_id == request.call_id
    assert first.cancelled.is_set()
    assert kinds(events).count("tool_started") == 2
    assert last(events).effects == (request.call_id,)


async def test_several_questions_are_answered_one_after_the_other() -> None:
    async def work(context: ToolContext) -> Any:
        first = await context.ask(int, "How many?")
        second = await context.ask(Literal["red", "blue"], f"{first} of which colour?")
        return [first, second]

    house, run_id, request = await parked(asking(work))
    assert request.fields["schema"]["properties"] == {"answer": {"type": "integer"}}
    await answer(house, request, answer=3)
    second = await next_question(house, run_id, request)
    assert second.message == "3 of which colour?"
    await answer(house, second, answer="red")
    body = outcome(await end(house, run_id))
    assert isinstance(body, ToolFinished)
    assert body.result == [3, "red"]


async def next_question(house: House, run_id: str, before: ConsentRequested) -> ConsentRequested:
    async with asyncio.timeout(60):
        while True:
            stored = (await house.store.consents.of_run(run_id))[-1]
            if stored.id != before.request_id and house.worker.driving == 0:
                return await waiting(house, run_id)
            await asyncio.sleep(0.01)


async def test_the_approval_comes_first_and_once() -> None:
    tool = asking(where)
    house, run_id, approval = await parked(tool, autonomy=Autonomy.SEMI)
    assert approval.kind is ConsentKind.APPROVAL
    assert tool.calls == []
    reply = ConsentReply(approved=True, params={"q": 2})
    await house.consent_service.answer(ANN, approval.request_id, reply)
    question = await next_question(house, run_id, approval)
    assert (question.kind, question.params) == (ConsentKind.INPUT, {"q": 2})
    await answer(house, question, street="Elm St 1")
    await end(house, run_id)
    assert tool.calls == [{"q": 2}, {"q": 2}]
    said = [(each.decision, each.rule) for each in house.store.memory.audit.values()]
    assert [decision for decision, _ in said] == ["ask", "approved", "tool_ask", "approved"]
    assert said[2][1] == "the tool asks its user"


async def test_a_no_reaches_the_tool_which_may_go_on() -> None:
    async def work(context: ToolContext) -> str:
        try:
            await context.ask(Shipping, "Where?")
        except AskDeclined as error:
            return error.message
        raise AssertionError("there was a no")

    house, run_id, request = await parked(asking(work))
    await house.consent_service.answer(ANN, request.request_id, ConsentReply(reason="secret"))
    body = outcome(await end(house, run_id))
    assert isinstance(body, ToolFinished)
    assert "secret" in body.result


async def test_a_no_that_the_tool_does_not_handle_is_told_to_the_model() -> None:
    house, run_id, request = await parked(asking(where))
    await house.consent_service.answer(ANN, request.request_id, ConsentReply(reason="Not yet."))
    body = outcome(await end(house, run_id))
    assert isinstance(body, ToolErred)
    assert (body.outcome, body.code) == ("failed", "ASK_DECLINED")
    turn = house.model.requests[1].turns[-1]
    assert isinstance(turn, ToolTurn)
    assert "Not yet." in turn.content


async def test_nobody_answers_in_time() -> None:
    tool = asking(where)
    house, run_id, request = await parked(tool)
    house.clock.advance(LIFE + timedelta(seconds=1))
    house.worker.look()
    body = outcome(await end(house, run_id))
    assert isinstance(body, ToolErred)
    assert (body.outcome, body.code) == ("failed", "CONSENT_EXPIRED")
    assert len(tool.calls) == 1
    stored = await house.store.consents.get(ANN.id, request.request_id)
    assert stored.status is ConsentStatus.EXPIRED


async def test_a_run_that_is_cancelled_asks_no_more() -> None:
    tool = asking(where)
    house, run_id, request = await parked(tool)
    await house.chat.cancel(ANN, run_id)
    events = await house.until(run_id, Ended)
    assert last(events).status is RunStatus.CANCELLED
    assert last(events).effects == ()  # it waited: it is known not to have acted
    body = outcome(events)
    assert isinstance(body, ToolErred)
    assert (body.outcome, body.code) == ("refused", "INTERRUPTED")
    with pytest.raises(Conflict):
        await answer(house, request, street="Elm St 1")
    assert len(tool.calls) == 1


@pytest.mark.parametrize(
    ("reply", "path", "said"),
    [
        ({"values": {}}, "values.street", "missing"),
        ({"values": {"street": 7}}, "values.street", 'not of type "string"'),
        ({"values": {"street": "", "express": True}}, "values.street", "shorter than 1"),
        ({"values": {"street": "x", "express": "maybe"}}, "values.express", "boolean"),
        ({"values": {"street": "x" * VALUES_SIZE + "x"}}, "values", "more than"),
        ({"params": {"q": 1}}, None, "send approved, and values"),
        ({"outcome": ConsentStatus.DONE}, None, "send approved, and values"),
    ],
)
async def test_an_answer_that_does_not_fit_is_refused(
    reply: dict[str, Any], path: str | None, said: str
) -> None:
    house, run_id, request = await parked(asking(where))
    with pytest.raises(InvalidRequest, match=said) as refused:
        await house.consent_service.answer(
            ANN, request.request_id, ConsentReply(approved=True, **reply)
        )
    fields = [each["path"] for each in refused.value.details.get("fields", ())]
    assert fields == ([path] if path else [])
    assert "maybe" not in refused.value.message  # values are the user's
    await answer(house, request, street="Elm St 1")  # it still waits
    await end(house, run_id)


async def test_an_approval_takes_no_values() -> None:
    house, _, request = await parked(asking(where), autonomy=Autonomy.SEMI)
    with pytest.raises(InvalidRequest, match="no values"):
        await answer(house, request, street="Elm St 1")


async def test_what_the_types_own_validator_refuses_can_be_asked_again() -> None:
    async def work(context: ToolContext) -> int:
        message = "Which ticket?"
        while True:
            try:
                return (await context.ask(Ticket, message)).number
            except InvalidArguments as error:
                message = f"Which ticket? {error.fields[0].message}"

    house, run_id, request = await parked(asking(work))
    await answer(house, request, number=101)
    again = await next_question(house, run_id, request)
    assert again.message == "Which ticket? There is no such ticket."
    await answer(house, again, number=7)
    body = outcome(await end(house, run_id))
    assert isinstance(body, ToolFinished)
    assert body.result == 7


async def test_a_tool_that_asks_something_else_the_second_time_fails() -> None:
    async def work(context: ToolContext) -> Any:
        return await context.ask(int, f"Question {len(tool.calls)}?")

    tool = asking(work)
    house, run_id, request = await parked(tool)
    await answer(house, request, answer=1)
    body = outcome(await end(house, run_id))
    assert isinstance(body, ToolErred)
    assert "asks another question" in body.message


@pytest.mark.parametrize("wrap", ["except", "group", "gather"])
async def test_no_handler_of_the_tool_swallows_a_question(wrap: str) -> None:
    async def work(context: ToolContext) -> Any:
        if wrap == "group":
            async with asyncio.TaskGroup() as group:
                task = group.create_task(_ask(context))
            return task.result()
        if wrap == "gather":
            return (await asyncio.gather(_ask(context), asyncio.sleep(0)))[0]
        try:
            return await context.ask(int, "How many?")
        except Exception:  # noqa: BLE001  as authors write it
            return -1

    async def _ask(context: ToolContext) -> int:
        return await context.ask(int, "How many?")

    house, run_id, request = await parked(asking(work))
    await answer(house, request, answer=3)
    body = outcome(await end(house, run_id))
    assert isinstance(body, ToolFinished)
    assert body.result == 3


async def test_even_one_that_catches_everything_does_not_go_on() -> None:
    results: list[str] = []

    async def work(context: ToolContext) -> Any:
        try:
            return await context.ask(int, "How many?")
        except BaseException:  # noqa: BLE001  the worst that an author can write
            results.append("went on")
            return -1

    house, run_id, request = await parked(asking(work))
    await answer(house, request, answer=3)
    body = outcome(await end(house, run_id))
    assert isinstance(body, ToolFinished)
    assert body.result == 3
    assert results == ["went on"]


async def test_the_timeout_counts_only_while_the_tool_runs() -> None:
    house, run_id, request = await parked(asking(where, timeout=5))
    house.clock.advance(timedelta(hours=1))
    await answer(house, request, street="Elm St 1")
    assert isinstance(outcome(await end(house, run_id)), ToolFinished)


ODD: Any = {"examples": (1, 2), "odd": float("nan")}


class Odd(BaseModel):
    size: int = Field(json_schema_extra=ODD)


class Large(BaseModel):
    size: int = Field(description="x" * SCHEMA_SIZE)


class WithToken(BaseModel):
    token: SecretStr


@pytest.mark.parametrize(
    ("kind", "message", "said"),
    [
        (WithToken, "Your token?", "cannot ask its user for a secret"),
        (SecretStr, "Your token?", "cannot ask its user for a secret"),
        (asyncio.Event, "What?", "There is no form for"),
        (int, " ", "1 to 2,000 characters"),
        (int, "x" * (MESSAGE_LENGTH + 1), "1 to 2,000 characters"),
        (int, "\ud800", None),
        (Large, "How large?", "more than 20,000 characters"),
    ],
    ids=[
        "a field",
        "a secret",
        "no type",
        "nothing",
        "too long",
        "half a character",
        "a large form",
    ],
)
async def test_what_cannot_be_asked(kind: type[Any], message: str, said: str | None) -> None:
    house = await running(asking(lambda context: context.ask(kind, message)), autonomy=FULL)
    events = await house.say()
    if said is None:
        assert events[-1].body.type == "paused"
        return
    body = outcome(events)
    assert isinstance(body, ToolErred)
    assert said in body.message


async def test_a_form_is_the_same_when_it_is_read_again() -> None:
    house, run_id, request = await parked(asking(lambda context: context.ask(Odd, "How large?")))
    stored = json.loads(json.dumps(request.fields["schema"]))
    assert stored == request.fields["schema"]
    assert stored["properties"]["size"]["examples"] == [1, 2]
    await answer(house, request, size=3)
    assert isinstance(outcome(await end(house, run_id)), ToolFinished)


async def test_a_tool_in_a_thread_cannot_ask() -> None:
    async def work(context: ToolContext) -> Any:
        return await asyncio.to_thread(lambda: context.ask(int, "How many?"))

    house = await running(asking(work), autonomy=FULL)
    body = outcome(await house.say())
    assert isinstance(body, ToolErred)
    assert "Only an async tool" in body.message


async def test_a_call_asks_a_bounded_number_of_questions() -> None:
    async def work(context: ToolContext) -> None:
        for number in range(MOST + 1):
            await context.ask(int, f"Question {number}?")

    house, run_id, request = await parked(asking(work))
    await answer(house, request, answer=1)
    for _ in range(MOST - 1):
        request = await next_question(house, run_id, request)
        await answer(house, request, answer=1)
    body = outcome(await end(house, run_id))
    assert isinstance(body, ToolErred)
    assert f"can ask {MOST} questions" in body.message


async def test_what_a_call_has_leaked_asks_nobody_after_its_end() -> None:
    contexts: list[ToolContext] = []

    async def work(context: ToolContext) -> None:
        contexts.append(context)

    house = await running(asking(work), autonomy=FULL)
    assert isinstance(outcome(await house.say()), ToolFinished)
    with pytest.raises(Exception, match="the call is over"):
        await contexts[0].ask(int, "Still there?")


async def another_worker(house: House, tool: FakeTool) -> House:
    """Return a house with another worker on the same database; its model goes on."""
    other = build(FakeModel([Text("ok"), STOP]), admit(tool, "fake"), store=house.store)
    await other.worker.start()
    return other


async def test_a_parked_question_survives_its_worker_and_is_not_put_again() -> None:
    tool = asking(where)
    house, run_id, request = await parked(tool)
    await house.worker.stop(0)
    other = await another_worker(house, tool)
    await other.worker.start()
    assert len(tool.calls) == 1  # a parked call does not run: nothing is repeated
    await answer(other, request, street="Elm St 1")
    events = await end(other, run_id)
    assert isinstance(outcome(events), ToolFinished)
    assert [e for e in kinds(events) if e in {"resumed", "retry"}] == []
    assert kinds(events).count("consent_required") == 1
    assert len(tool.calls) == 2


@pytest.mark.parametrize(
    ("effect", "idempotent", "then"),
    [("read", False, "made again"), ("write", True, "made again"), ("write", False, "outcome")],
)
async def test_a_worker_is_lost_after_the_answer(effect: str, idempotent: bool, then: str) -> None:
    begun = asyncio.Event()

    async def work(context: ToolContext) -> Any:
        shipping = await context.ask(Shipping, "Where?")
        if not begun.is_set():
            begun.set()
            await asyncio.Event().wait()
        return shipping.street

    tool = asking(work, Effect(effect), idempotent=idempotent)
    house, run_id, request = await parked(tool)
    await answer(house, request, street="Elm St 1")
    await asyncio.wait_for(begun.wait(), 60)
    lost = house.store.memory.runs[run_id]
    house.store.memory.runs[run_id] = replace(lost, leased_until=FREE)  # its worker is gone
    other = await another_worker(house, tool)
    if then == "outcome":
        question = await waiting(other, run_id)
        assert question.kind is ConsentKind.OUTCOME
        reply = ConsentReply(outcome=ConsentStatus.TRY_AGAIN)
        await other.consent_service.answer(ANN, question.request_id, reply)
    body = outcome(await end(other, run_id))
    assert isinstance(body, ToolFinished)
    assert body.result == "Elm St 1"  # the answer is given again, and nobody asked again
    stored = await house.store.consents.of_run(run_id)
    assert [each.kind for each in stored].count(ConsentKind.INPUT) == 1


async def test_a_generator_asks_in_the_middle_and_is_closed() -> None:
    closed: list[str] = []

    @plugin_tool(effect="read", name="ship")
    async def ship(q: int, context: ToolContext) -> AsyncIterator[str]:
        """Ship it."""
        try:
            yield f"{q} to "
            yield await context.ask(str, "Whom?")
        finally:
            closed.append("closed")

    model = FakeModel([ToolRequest("ship", '{"q": 1}'), CALLS], [Text("ok"), STOP])
    house = build(model, admit(ship, "fake"))
    await house.worker.start()
    started = await house.chat.send(ANN, "hi")
    request = await waiting(house, started.run_id)
    assert closed == ["closed"]
    await answer(house, request, answer="Ann")
    body = outcome(await end(house, started.run_id))
    assert isinstance(body, ToolFinished)
    assert body.result == "1 to Ann"


async def test_a_decorated_tool_leaves_no_error_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @plugin_tool(effect="read", name="ship")
    async def ship(q: int, context: ToolContext) -> str:
        """Ship it."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(_whom(context))
        return f"{q} to {task.result()}"

    async def _whom(context: ToolContext) -> str:
        try:
            return await context.ask(str, "Whom?")
        except Exception as error:  # as authors wrap what a library raises
            raise RuntimeError("it was interrupted") from error

    model = FakeModel([ToolRequest("ship", '{"q": 1}'), CALLS], [Text("ok"), STOP])
    house = build(model, admit(ship, "fake"))
    await house.worker.start()
    started = await house.chat.send(ANN, "hi")
    request = await waiting(house, started.run_id)
    await answer(house, request, answer="Ann")
    body = outcome(await end(house, started.run_id))
    assert isinstance(body, ToolFinished)
    assert body.result == "1 to Ann"
    assert [each for each in caplog.records if each.levelname in {"ERROR", "WARNING"}] == []
