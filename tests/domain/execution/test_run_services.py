"""A tool asks the run's model and calls other tools: under one policy, on one account."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

import pytest

from domain.accounts.users import Role
from domain.consents.consent import ConsentKind
from domain.consents.replies import ConsentReply
from domain.execution.steps.run_services import DEEPEST, MOST_ASKED, MOST_CALLS, PROMPT_LENGTH
from domain.models.messages import ModelRequest, Text, ToolRequest, UserTurn
from domain.models.prices import Price, Prices
from domain.plugins.guards import Block, GuardOffer, GuardPoint, Replace
from domain.plugins.plugin import Registered
from domain.policy.policy import Autonomy, Decision, Deny, Rule
from domain.runs.call_events import ConsentRequested, ToolErred, ToolFinished, ToolIntended
from domain.runs.events import Ended, Event
from domain.shared.errors import AskDeclined, ProviderError, ProviderReason, ToolError
from domain.tools.tool import Effect
from domain.tools.tool_context import ToolContext
from plugins.host.admission import admit
from puerto import Confirmed, tool
from tests.domain.builders import ANN
from tests.domain.house import CALLS, STOP, House, build, kinds, last
from tests.fakes.extensions import FakeExtensions
from tests.fakes.memory import FREE
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool

Work = Callable[[ToolContext], Awaitable[Any]]
FULL = Autonomy.FULL


def doing(work: Work, name: str = "outer", effect: Effect = Effect.READ, **more: Any) -> FakeTool:
    """Return a tool whose work is given its context."""

    async def run(_arguments: Mapping[str, Any]) -> Any:
        return await work(made.contexts[-1])

    made = FakeTool(name, effect, run, **more)
    return made


def house_of(*tools: FakeTool, said: tuple[Any, ...] = (), **options: Any) -> House:
    """Return a house whose model calls ``outer`` and then is done; ``said`` are its asides."""
    model = FakeModel([ToolRequest("outer", '{"q": 1}'), CALLS], *said, [Text("ok"), STOP])
    return build(model, *(admit(each, "fake") for each in tools), **options)


async def ran(house: House) -> tuple[list[Event], ToolFinished | ToolErred]:
    events = await house.say()
    return events, outcome_of(events, "outer")


def outcome_of(events: list[Event], name: str) -> ToolFinished | ToolErred:
    (body,) = [
        e.body
        for e in events
        if isinstance(e.body, ToolFinished | ToolErred) and e.body.tool == name
    ]
    return body


def result_of(events: list[Event], name: str = "outer") -> Any:
    body = outcome_of(events, name)
    assert isinstance(body, ToolFinished), body
    return body.result


# The model


async def test_a_tool_asks_the_model_of_its_run() -> None:
    async def work(context: ToolContext) -> str:
        return await context.ask_model("Say it in short.", system="Be short.")

    prices = Prices({"fake": {"fake-1": Price(1.0, 1.0, 1.0)}})
    house = house_of(doing(work), said=([Text("In "), Text("short."), STOP],), prices=prices)
    events, body = await ran(house)
    assert isinstance(body, ToolFinished)
    assert body.result == "In short."
    request = house.model.requests[1]
    assert (request.turns, request.system, request.tools) == (
        [UserTurn("Say it in short.")],
        "Be short.",
        (),
    )
    assert request.sampling.max_output_tokens is not None
    end = last(events)
    assert (end.input_tokens, end.output_tokens) == (9, 12)  # of all three answers
    assert end.cost_usd == pytest.approx(21 / 1_000_000)


async def test_what_it_costs_is_not_known_where_one_price_is_not() -> None:
    async def work(context: ToolContext) -> str:
        return await context.ask_model("Hm?")

    house = house_of(doing(work), said=([Text("a"), STOP],))
    events, _ = await ran(house)
    assert last(events).cost_usd is None


async def test_the_next_attempt_is_given_the_same_answer() -> None:
    async def work(context: ToolContext) -> str:
        draft = await context.ask_model("Write a draft.")
        return await context.ask(str, f"Is this right? {draft}")

    house = house_of(doing(work), said=([Text("Dear Ann"), STOP],))
    started = await house.chat.send(ANN, "hi")
    request = await waiting(house, started.run_id)
    assert request.message == "Is this right? Dear Ann"
    await agree(house, request, answer="Dear Bob")
    events = await house.until(started.run_id, Ended)
    assert result_of(events) == "Dear Bob"
    assert len(house.model.requests) == 3  # the draft was written once


async def test_another_model_answers_where_the_first_fails() -> None:
    async def work(context: ToolContext) -> str:
        return await context.ask_model("Hm?")

    broken = ProviderError("No.", provider="fake", reason=ProviderReason.AUTHENTICATION)
    other = FakeModel([Text("I do."), STOP], [Text("ok"), STOP], provider="other")
    house = house_of(doing(work), said=([broken],), others=[other])
    events, _ = await ran(house)
    assert result_of(events) == "I do."


async def test_no_model_answers() -> None:
    async def work(context: ToolContext) -> str:
        return await context.ask_model("Hm?")

    broken = ProviderError("The key is no good.", provider="fake", reason=ProviderReason.REJECTED)
    house = house_of(doing(work), said=([broken],))
    _, body = await ran(house)
    assert isinstance(body, ToolErred)
    assert "No model answered: The key is no good." in body.message


async def test_a_call_asks_the_model_a_bounded_number_of_times() -> None:
    async def work(context: ToolContext) -> None:
        for number in range(MOST_ASKED + 1):
            await context.ask_model(f"Question {number}?")

    house = house_of(doing(work), said=tuple([Text("a"), STOP] for _ in range(MOST_ASKED)))
    _, body = await ran(house)
    assert isinstance(body, ToolErred)
    assert (body.code, f"{MOST_ASKED} times" in body.message) == ("TOOL_REFUSED", True)


async def test_a_prompt_is_bounded() -> None:
    house = house_of(doing(lambda context: context.ask_model("x" * (PROMPT_LENGTH + 1))))
    _, body = await ran(house)
    assert isinstance(body, ToolErred)
    assert "at most 200,000 characters" in body.message


@pytest.mark.parametrize(
    ("answer", "sent", "said"), [(Replace("***"), "***", None), (Block("No."), None, "No.")]
)
async def test_guards_are_shown_the_prompt(
    answer: Replace | Block, sent: str | None, said: str | None
) -> None:
    async def guard(message: Any) -> Replace | Block | None:
        return answer if "secret" in message.text else None

    offer = GuardOffer(GuardPoint.BEFORE_MODEL, guard)
    extensions = FakeExtensions(the_guards=[Registered("p", offer)])
    house = house_of(
        doing(lambda context: context.ask_model("A secret.")),
        said=([Text("ok"), STOP],) if sent else (),
        extensions=extensions,
    )
    _, body = await ran(house)
    if sent is not None:
        assert house.model.requests[1].turns == [UserTurn(sent)]
    else:
        assert isinstance(body, ToolErred)
        assert str(said) in body.message


async def test_a_direct_call_asks_the_configured_model() -> None:
    model = FakeModel([Text("Well."), STOP])
    house = build(model, admit(doing(lambda context: context.ask_model("Hm?")), "fake"))
    started = await house.chat.call(ANN, "outer", {"q": 1})
    events = await house.events(started.run_id)
    assert result_of(events) == "Well."
    assert last(events).output_tokens == 4
    requests: list[ModelRequest] = model.requests
    assert [request.model for request in requests] == ["fake-1"]


# Other tools


async def test_a_tool_calls_another_one() -> None:
    inner = FakeTool("inner")
    house = house_of(doing(lambda context: context.call_tool("inner", {"q": 7})), inner)
    events, _ = await ran(house)
    assert result_of(events) == {"q": 7}
    outer, nested = [e.body for e in events if isinstance(e.body, ToolIntended)]
    assert (outer.parent, nested.parent) == (None, outer.call_id)
    assert kinds(events).count("tool_started") == 2
    said = [(each.tool, each.decision, each.rule) for each in house.store.memory.audit.values()]
    assert said[1][:2] == ("inner", "allow")
    assert "outer makes it" in said[1][2]
    (answer,) = house.store.memory.messages.values()
    assert [each.tool for each in answer[-1].tool_calls] == ["outer"]  # what the model asked for


async def test_the_effects_of_a_run_name_the_calls_of_its_tools() -> None:
    inner = FakeTool("inner", Effect.WRITE)
    house = house_of(doing(lambda c: c.call_tool("inner", {})), inner, autonomy=FULL)
    events, _ = await ran(house)
    _, nested = [e.body for e in events if isinstance(e.body, ToolIntended)]
    assert last(events).effects == (nested.call_id,)


async def told(context: ToolContext, name: str = "inner") -> str:
    try:
        return str(await context.call_tool(name, {"q": 1}))
    except ToolError as error:
        return f"{error.code}: {error.message}"


async def test_what_the_policy_denies_is_refused() -> None:
    inner = FakeTool("inner")
    house = house_of(doing(told), inner)
    rules = [Rule(Decision.DENY, "not this", "inner")]
    await house.store.configurations.change(lambda before: replace(before, rules=rules))
    events, _ = await ran(house)
    assert "TOOL_REFUSED: Not run: rule 1 (not this)" in result_of(events)
    assert inner.calls == []
    refused = outcome_of(events, "inner")
    assert isinstance(refused, ToolErred)
    assert (refused.outcome, refused.code) == ("refused", "DENIED")
    assert [each.decision for each in house.store.memory.audit.values()] == ["allow", "deny"]


async def test_what_a_plugin_vetoes_is_refused() -> None:
    async def veto(proposal: Any) -> Deny | None:
        return Deny("never") if proposal.tool == "inner" else None

    extensions = FakeExtensions(the_vetoes=[Registered("p", veto)])
    inner = FakeTool("inner")
    house = house_of(doing(told), inner, extensions=extensions)
    events, _ = await ran(house)
    assert "forbids it: never" in result_of(events)
    assert inner.calls == []


async def test_without_a_required_plugin_only_reads_are_made() -> None:
    inner = FakeTool("inner", Effect.WRITE)
    house = house_of(
        doing(told), inner, autonomy=FULL, lacking=lambda: "the plugin safety is not in use"
    )
    events, _ = await ran(house)
    assert "the plugin safety is not in use" in result_of(events)
    assert inner.calls == []


async def waiting(house: House, run_id: str) -> ConsentRequested:
    events = await house.events(run_id)
    assert events[-1].body.type == "paused", kinds(events)
    return [e.body for e in events if isinstance(e.body, ConsentRequested)][-1]


async def agree(house: House, request: ConsentRequested, **values: Any) -> None:
    await house.worker.start()
    reply = ConsentReply(approved=True, values=values or None)
    await house.consent_service.answer(ANN, request.request_id, reply)


async def test_what_needs_consent_asks_the_user_and_is_made_once() -> None:
    inner = FakeTool("inner", Effect.WRITE)
    outer = doing(lambda context: context.call_tool("inner", {"q": 7}))
    house = house_of(outer, inner)
    started = await house.chat.send(ANN, "hi")
    request = await waiting(house, started.run_id)
    assert request.kind is ConsentKind.CALL
    assert request.message == "May outer call inner(q=7)?"
    assert request.fields["call"] == {
        "tool": "inner",
        "version": inner.spec.version,
        "params": {"q": 7},
        "effect": "write",
    }
    assert "autonomy level semi" in request.reason
    assert inner.calls == []
    await agree(house, request)
    events = await house.until(started.run_id, Ended)
    assert result_of(events) == {"q": 7}
    assert inner.calls == [{"q": 7}]
    said = [(each.tool, each.decision) for each in house.store.memory.audit.values()]
    assert said[1:] == [("outer", "tool_ask"), ("outer", "approved"), ("inner", "ask")]
    operator = replace(ANN, role=Role.OPERATOR)
    policy = await house.policy_service.simulate(operator, [], None, 10)
    assert (policy.replayed, policy.differences) == (2, [])  # what a tool asks is no rule's doing


async def test_a_no_to_the_other_call_reaches_the_tool() -> None:
    async def work(context: ToolContext) -> str:
        with pytest.raises(AskDeclined, match="Not that"):
            await context.call_tool("inner", {})
        return "went on"

    inner = FakeTool("inner", Effect.WRITE)
    house = house_of(doing(work), inner)
    started = await house.chat.send(ANN, "hi")
    request = await waiting(house, started.run_id)
    await house.worker.start()
    no = ConsentReply(reason="Not that.")
    await house.consent_service.answer(ANN, request.request_id, no)
    assert result_of(await house.until(started.run_id, Ended)) == "went on"
    assert inner.calls == []


async def test_what_was_done_before_a_question_is_not_done_again() -> None:
    async def work(context: ToolContext) -> Any:
        found = await context.call_tool("inner", {"q": 1})
        again = await context.call_tool("inner", {"q": 1})
        await context.ask(int, "Which?")
        return [found, again]

    inner = FakeTool("inner", Effect.WRITE)
    house = house_of(doing(work), inner, autonomy=FULL)
    started = await house.chat.send(ANN, "hi")
    request = await waiting(house, started.run_id)
    assert len(inner.calls) == 2
    await agree(house, request, answer=1)
    assert result_of(await house.until(started.run_id, Ended)) == [{"q": 1}, {"q": 1}]
    assert len(inner.calls) == 2


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("unknown", {}, "UNKNOWN_TOOL: There is no tool unknown."),
        ("inner", {"q": "x"}, "INVALID_ARGUMENTS: Integers only."),
    ],
)
async def test_what_cannot_be_called(name: str, arguments: Any, said: str) -> None:
    async def work(context: ToolContext) -> str:
        try:
            return str(await context.call_tool(name, arguments))
        except ToolError as error:
            return f"{error.code}: {error.message}"

    house = house_of(doing(work), FakeTool("inner"))
    events, _ = await ran(house)
    assert result_of(events) == said


async def test_what_a_person_must_type_again_is_no_call_of_a_tool() -> None:
    @tool(effect="destructive")
    async def delete(name: Annotated[str, Confirmed()]) -> str:
        """Delete it."""
        raise AssertionError(f"nobody typed {name}")

    async def work(context: ToolContext) -> str:
        with pytest.raises(ToolError, match="must type name again"):
            await context.call_tool("delete", {"name": "all"})
        return "went on"

    model = FakeModel([ToolRequest("outer", '{"q": 1}'), CALLS], [Text("ok"), STOP])
    house = build(model, admit(doing(work), "fake"), admit(delete, "fake"), autonomy=FULL)
    assert result_of(await house.say()) == "went on"


async def test_the_failure_of_the_other_tool_reaches_the_first() -> None:
    async def fail(_arguments: Mapping[str, Any]) -> Any:
        raise RuntimeError("broken")

    house = house_of(doing(told), FakeTool("inner", work=fail))
    events, _ = await ran(house)
    assert result_of(events).startswith("TOOL_FAILED: inner failed")


async def test_calls_of_calls_have_an_end() -> None:
    async def itself(context: ToolContext) -> str:
        return await told(context, "outer")

    outer = doing(itself)
    house = house_of(outer)
    events = await house.say()
    assert len(outer.calls) == DEEPEST + 1
    first = [e.body for e in events if isinstance(e.body, ToolFinished)][-1]
    assert f"calls are {DEEPEST} deep" in first.result


async def test_a_call_makes_a_bounded_number_of_others() -> None:
    async def work(context: ToolContext) -> None:
        for _ in range(MOST_CALLS + 1):
            await context.call_tool("inner", {})

    house = house_of(doing(work), FakeTool("inner"))
    _, body = await ran(house)
    assert isinstance(body, ToolErred)
    assert f"can make {MOST_CALLS} others" in body.message


async def test_a_tool_that_a_tool_calls_asks_nobody() -> None:
    inner = doing(lambda context: context.ask(int, "Which?"), "inner")
    house = house_of(doing(told), inner)
    events, _ = await ran(house)
    assert "inner was called by a tool, so it cannot ask its user" in result_of(events)


async def test_a_call_that_its_tool_leaves_behind_is_settled() -> None:
    async def for_ever(_arguments: Mapping[str, Any]) -> Any:
        await asyncio.Event().wait()

    outer = doing(lambda context: context.call_tool("inner", {}), timeout=0.05)
    house = house_of(outer, FakeTool("inner", Effect.WRITE, for_ever), autonomy=FULL)
    events, body = await ran(house)
    assert isinstance(body, ToolErred)
    assert body.code == "TOOL_TIMEOUT"
    left = outcome_of(events, "inner")
    assert isinstance(left, ToolErred)
    assert (left.outcome, left.code) == ("unknown", "OUTCOME_UNKNOWN")
    assert last(events).effects == (left.call_id,)


@pytest.mark.parametrize(("idempotent", "then"), [(True, "done"), (False, "may or may not")])
async def test_a_worker_is_lost_during_the_other_call(idempotent: bool, then: str) -> None:
    begun = asyncio.Event()

    async def slow(_arguments: Mapping[str, Any]) -> Any:
        if not begun.is_set():
            begun.set()
            await asyncio.Event().wait()
        return "done"

    inner = FakeTool("inner", Effect.WRITE, slow, idempotent=idempotent)
    outer = doing(told)  # a read is made again
    house = house_of(outer, inner, autonomy=FULL)
    started = await house.chat.send(ANN, "hi")
    await asyncio.wait_for(begun.wait(), 60)
    lost = house.store.memory.runs[started.run_id]
    house.store.memory.runs[started.run_id] = replace(lost, leased_until=FREE)
    other = build(
        FakeModel([Text("ok"), STOP]),
        *(admit(each, "fake") for each in (outer, inner)),
        store=house.store,
    )
    await other.worker.start()
    events = await other.until(started.run_id, Ended)
    assert then in result_of(events)
    (intended,) = [
        e.body for e in events if isinstance(e.body, ToolIntended) and e.body.tool == "inner"
    ]
    assert outcome_of(events, "inner").call_id == intended.call_id
    assert len(inner.calls) == 1 + idempotent
