"""Plugins that forbid calls: asked before anything starts, and never to let one pass."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from domain.accounts.users import Role
from domain.consents.consent import ConsentKind
from domain.consents.replies import ConsentReply
from domain.models.messages import Text, ToolRequest
from domain.plugins.plugin import Registered
from domain.plugins.vetoes import VetoCheck
from domain.policy.policy import (
    Ask,
    Autonomy,
    CallSource,
    Decision,
    Deny,
    Proposal,
    Rule,
    Verdict,
    Veto,
)
from domain.runs.call_events import ConsentRequested, ToolErred, ToolFinished
from domain.runs.events import Ended
from domain.tools.preview import Preview
from domain.tools.tool import Effect
from domain.tools.tool_context import ToolContext
from plugins.host.admission import admit
from tests.domain.builders import ANN
from tests.domain.house import CALLS, STOP, House, build, kinds
from tests.fakes.extensions import FakeExtensions
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool

PROPOSAL = Proposal("look", Effect.READ, {"q": 1, "deep": {"x": [1]}}, "ann")


async def no_sevens(proposal: Proposal) -> str | None:
    return "sevens are bad luck" if proposal.arguments.get("q") == 7 else None


async def raises(_proposal: Proposal) -> str | None:
    raise OSError("no line to the rule book, password=hunter2")


async def leaves(_proposal: Proposal) -> str | None:
    raise SystemExit(1)


async def cancels(_proposal: Proposal) -> str | None:
    raise asyncio.CancelledError


async def hangs(_proposal: Proposal) -> str | None:
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if released.is_set():
                raise


released = asyncio.Event()


def not_async(_proposal: Proposal) -> Any:
    return None


async def yes(_proposal: Proposal) -> Any:
    return True


async def says_nothing(_proposal: Proposal) -> str | None:
    return " "


async def denies(_proposal: Proposal) -> Deny:
    return Deny("sevens are bad luck")


async def numbers(_proposal: Proposal) -> Any:
    return Ask(7)  # type: ignore[arg-type]  # what a plugin may do


class Lenient(Ask):
    """What a plugin may make of an answer."""


async def subclasses(_proposal: Proposal) -> Ask:
    return Lenient("pass it")


async def asks(proposal: Proposal) -> Ask | None:
    return Ask("odd numbers are odd") if proposal.arguments.get("q", 0) % 2 else None


async def asks_too(_proposal: Proposal) -> Ask:
    return Ask("it is Sunday")


async def meddles(proposal: Proposal) -> str | None:
    arguments: Any = proposal.arguments
    arguments["q"] = 2
    arguments["deep"]["x"].append(2)
    return None


def registering(*vetoes: Veto) -> FakeExtensions:
    return FakeExtensions(the_vetoes=[Registered("rules", veto) for veto in vetoes])


def house(answer: ToolRequest, *vetoes: Veto, tool: FakeTool, autonomy: Autonomy) -> House:
    model = FakeModel([answer, CALLS], [Text("All right."), STOP])
    return build(model, tool, autonomy=autonomy, extensions=registering(*vetoes))


@pytest.mark.parametrize(
    ("veto", "why"),
    [
        (raises, "the plugin rules could not be asked: it raised OSError"),
        (leaves, "the plugin rules could not be asked: it raised SystemExit"),
        (cancels, "the plugin rules could not be asked: it raised CancelledError"),
        (hangs, "the plugin rules could not be asked: it did not answer within 0.01 seconds"),
        (not_async, "the plugin rules could not be asked: it raised TypeError"),  # never let in
        (yes, "the plugin rules gave no proper answer"),
        (says_nothing, "the plugin rules forbids it: no reason given"),
        (denies, "the plugin rules forbids it: sevens are bad luck"),
        (numbers, "the plugin rules gave no proper answer"),
        (subclasses, "the plugin rules gave no proper answer"),
    ],
)
async def test_a_veto_that_cannot_speak_lets_nobody_pass(veto: Veto, why: str) -> None:
    others = registering(no_sevens, veto, asks)
    vetoes = VetoCheck(others, seconds=0.01 if veto is hangs else 60.0)

    assert await vetoes.verdicts([PROPOSAL]) == [Verdict(Decision.DENY, why)]

    released.set()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)


async def test_a_veto_cannot_change_the_call() -> None:
    verdicts = await VetoCheck(registering(meddles)).verdicts([PROPOSAL, PROPOSAL])

    assert [verdict.decision for verdict in verdicts] == [Decision.ALLOW] * 2
    assert PROPOSAL.arguments == {"q": 1, "deep": {"x": [1]}}


@pytest.mark.parametrize("autonomy", [Autonomy.MANUAL, Autonomy.FULL])
async def test_a_forbidden_call_is_neither_made_nor_asked_about(autonomy: Autonomy) -> None:
    tool = FakeTool("look")
    request = ToolRequest("look", '{"q": 7}')
    home = house(request, no_sevens, tool=tool, autonomy=autonomy)

    events = await home.say()

    (erred,) = [event.body for event in events if isinstance(event.body, ToolErred)]
    why = "the plugin rules forbids it: sevens are bad luck"
    assert (erred.code, erred.outcome, erred.message) == ("VETOED", "refused", f"Not run: {why}")
    assert tool.calls == []
    assert "consent_required" not in kinds(events)
    told = home.model.requests[1].turns[-1]
    assert why in told.content
    (decided,) = home.store.memory.audit.values()
    assert (decided.decision, decided.rule) == ("veto", why)


async def test_only_the_forbidden_call_is_refused() -> None:
    tool = FakeTool("look")
    requests = [ToolRequest("look", f'{{"q": {q}}}') for q in (7, 8)]
    model = FakeModel([*requests, CALLS], [Text("All right."), STOP])
    home = build(model, tool, extensions=registering(no_sevens))

    await home.say()

    assert tool.calls == [{"q": 8}]
    assert sorted(d.decision for d in home.store.memory.audit.values()) == ["allow", "veto"]


async def test_arguments_that_a_human_edited_are_judged_again() -> None:
    tool = FakeTool("send", Effect.WRITE)
    request = ToolRequest("send", '{"q": 1}')
    home = house(request, no_sevens, tool=tool, autonomy=Autonomy.SEMI)
    started = await home.chat.send(ANN, "send it")
    (asked,) = [
        event.body
        for event in await home.until(started.run_id, ConsentRequested)
        if isinstance(event.body, ConsentRequested)
    ]

    await home.consent_service.answer(
        ANN, asked.request_id, ConsentReply(approved=True, params={"q": 7})
    )
    await home.worker.start()
    events = await home.until(started.run_id, ToolErred)

    assert [e.body.code for e in events if isinstance(e.body, ToolErred)] == ["VETOED"]
    assert tool.calls == []


async def test_a_veto_only_tightens() -> None:
    async def fine(_proposal: Proposal) -> str | None:
        return None

    tool = FakeTool("look")
    request = ToolRequest("look", '{"q": 1}')
    home = house(request, fine, tool=tool, autonomy=Autonomy.MANUAL)
    started = await home.chat.send(ANN, "look")

    await home.until(started.run_id, ConsentRequested)

    assert tool.calls == []


async def test_the_policy_explains_vetoes() -> None:
    tool = FakeTool("look")
    home = build(FakeModel(), tool, extensions=registering(no_sevens))

    async def decision(params: Mapping[str, Any]) -> tuple[str, str]:
        verdict = await home.policy_service.explain(ANN, "look", params)
        return verdict.decision, verdict.rule

    assert await decision({"q": 7}) == ("deny", "the plugin rules forbids it: sevens are bad luck")
    assert (await decision({"q": 8}))[0] == "allow"


ASKED = "the plugin rules wants a human to approve it: odd numbers are odd"
SUNDAY = "the plugin rules wants a human to approve it: it is Sunday"


async def asked_in(house: House, run_id: str) -> ConsentRequested:
    events = await house.until(run_id, ConsentRequested)
    return next(e.body for e in events if isinstance(e.body, ConsentRequested))


def audited(house: House) -> list[tuple[str, str]]:
    return [(each.decision, each.rule) for each in house.store.memory.audit.values()]


async def test_every_plugin_that_asks_gives_its_reason() -> None:
    (verdict,) = await VetoCheck(registering(asks, asks_too)).verdicts([PROPOSAL])

    assert verdict == Verdict(Decision.ASK, f"{ASKED}; {SUNDAY}")


async def test_a_veto_that_asks_has_a_human_asked_about_what_the_policy_allows() -> None:
    tool = FakeTool("look")
    requests = [ToolRequest("look", f'{{"q": {q}}}') for q in (1, 2)]
    model = FakeModel([*requests, CALLS], [Text("All right."), STOP])
    home = build(model, tool, autonomy=Autonomy.FULL, extensions=registering(asks))
    started = await home.chat.send(ANN, "look")

    request = await asked_in(home, started.run_id)

    assert (request.reason, request.params) == (ASKED, {"q": 1})
    (consent,) = home.store.memory.consents.values()
    assert consent.reason == ASKED
    await home.consent_service.answer(ANN, request.request_id, ConsentReply(approved=True))
    await home.worker.start()
    await home.until(started.run_id, Ended)
    assert tool.calls == [{"q": 2}, {"q": 1}]  # the other one did not wait
    assert sorted(decision for decision, _ in audited(home)) == ["allow", "approved", "veto_ask"]
    assert audited(home)[0][1] == ASKED


async def test_a_call_that_nobody_approves_is_not_made() -> None:
    tool = FakeTool("look")
    home = house(ToolRequest("look", '{"q": 1}'), asks, tool=tool, autonomy=Autonomy.FULL)
    started = await home.chat.send(ANN, "look")
    request = await asked_in(home, started.run_id)

    await home.consent_service.answer(ANN, request.request_id, ConsentReply(approved=False))
    await home.worker.start()

    events = await home.until(started.run_id, ToolErred)
    assert [e.body.code for e in events if isinstance(e.body, ToolErred)] == ["CONSENT_DENIED"]
    assert tool.calls == []


async def test_where_the_policy_asks_as_well_a_human_is_asked_once_with_both_reasons() -> None:
    tool = FakeTool("look")
    home = house(ToolRequest("look", '{"q": 1}'), asks, tool=tool, autonomy=Autonomy.MANUAL)
    started = await home.chat.send(ANN, "look")

    request = await asked_in(home, started.run_id)

    level = "autonomy level manual, tool of effect read"
    assert request.reason == f"{level}; {ASKED}"
    assert audited(home) == [("ask", level), ("veto_ask", ASKED)]
    await home.consent_service.answer(ANN, request.request_id, ConsentReply(approved=True))
    await home.worker.start()
    events = await home.until(started.run_id, Ended)
    assert kinds(events).count("consent_required") == 1
    assert tool.calls == [{"q": 1}]


async def test_an_approval_holds_for_the_arguments_that_were_approved() -> None:
    """Edited ones were approved by the same human; a veto can still forbid them."""
    tool = FakeTool("look")
    home = house(ToolRequest("look", '{"q": 1}'), asks, tool=tool, autonomy=Autonomy.FULL)
    started = await home.chat.send(ANN, "look")
    request = await asked_in(home, started.run_id)
    reply = ConsentReply(approved=True, params={"q": 3})

    await home.consent_service.answer(ANN, request.request_id, reply)
    await home.worker.start()

    await home.until(started.run_id, Ended)
    assert tool.calls == [{"q": 3}]


async def test_what_is_forbidden_meanwhile_is_not_made_though_it_was_approved() -> None:
    tool = FakeTool("look")
    home = house(ToolRequest("look", '{"q": 7}'), asks, tool=tool, autonomy=Autonomy.FULL)
    started = await home.chat.send(ANN, "look")
    request = await asked_in(home, started.run_id)
    home.extensions.the_vetoes.append(Registered("more", no_sevens))

    await home.consent_service.answer(ANN, request.request_id, ConsentReply(approved=True))
    await home.worker.start()

    events = await home.until(started.run_id, ToolErred)
    assert [e.body.code for e in events if isinstance(e.body, ToolErred)] == ["VETOED"]
    assert tool.calls == []


async def test_an_answer_to_the_tools_own_question_approves_nothing() -> None:
    """A veto that asks once the tool has been answered has a human asked about the call as well."""

    async def where(_arguments: Mapping[str, Any]) -> Any:
        return await tool.contexts[-1].ask(str, "Where?")

    tool = FakeTool("look", work=where)
    request = ToolRequest("look", '{"q": 1}')
    home = build(
        FakeModel([request, CALLS], [Text("ok"), STOP]),
        admit(tool, "fake"),
        autonomy=Autonomy.FULL,
        extensions=registering(),
    )
    started = await home.chat.send(ANN, "look")
    question = await asked_in(home, started.run_id)
    home.extensions.the_vetoes.append(Registered("rules", asks))

    values = ConsentReply(approved=True, values={"answer": "here"})
    await home.consent_service.answer(ANN, question.request_id, values)
    await home.worker.start()
    async with asyncio.timeout(60):
        while len(home.store.memory.consents) < 2:
            await asyncio.sleep(0)
    approval = list(home.store.memory.consents.values())[-1]
    assert (approval.kind, approval.reason) == (ConsentKind.APPROVAL, ASKED)
    assert len(tool.calls) == 1

    await home.consent_service.answer(ANN, approval.id, ConsentReply(approved=True))
    home.worker.look()
    events = await home.until(started.run_id, Ended)
    assert [e.body.result for e in events if isinstance(e.body, ToolFinished)] == ["here"]


class Showing(FakeTool):
    """A tool with a preview, which counts how often it is asked for one."""

    previews = 0

    async def preview(self, arguments: Mapping[str, Any], context: ToolContext) -> str:
        self.previews += 1
        return f"looks at {arguments['q']}"


async def test_a_veto_knows_who_calls_what_where_and_at_what_cost() -> None:
    seen: list[Proposal] = []

    async def watch(proposal: Proposal) -> None:
        seen.append(proposal)

    tool = Showing("look", Effect.WRITE)
    home = house(ToolRequest("look", '{"q": 1}'), watch, tool=tool, autonomy=Autonomy.SEMI)
    started = await home.chat.send(ANN, "look")

    request = await asked_in(home, started.run_id)

    assert request.preview == "looks at 1: look(q=1)"
    assert tool.previews == 1  # for the veto and for the human
    run = await home.store.runs.get(started.run_id)
    assert seen == [
        Proposal(
            tool="look",
            effect=Effect.WRITE,
            arguments={"q": 1},
            user="ann",
            user_id=ANN.id,
            role=ANN.role,
            conversation_id=run.conversation_id,
            run_id=run.id,
            agent=None,
            source=CallSource.CHAT,
            plugin="fake",
            preview=Preview("looks at 1"),
            cost_usd=None,
            input_tokens=3,
            output_tokens=4,
        )
    ]


async def test_without_vetoes_no_preview_is_made_of_what_nobody_is_asked_about() -> None:
    tool = Showing("look")

    await house(ToolRequest("look", '{"q": 1}'), tool=tool, autonomy=Autonomy.FULL).say()

    assert (tool.previews, tool.calls) == (0, [{"q": 1}])


async def test_a_direct_call_is_told_apart() -> None:
    seen: list[Proposal] = []

    async def watch(proposal: Proposal) -> None:
        seen.append(proposal)

    home = build(FakeModel(), FakeTool("look"), extensions=registering(watch))
    started = await home.chat.call(ANN, "look", {"q": 1})
    await home.events(started.run_id)
    await home.policy_service.explain(ANN, "look", {"q": 1})

    called, explained = seen
    assert (called.source, called.conversation_id) == (CallSource.DIRECT, None)
    assert called.run_id == started.run_id
    assert (explained.source, explained.run_id) == (CallSource.DIRECT, None)
    assert (explained.user_id, explained.plugin) == (ANN.id, "fake")


@pytest.mark.parametrize(
    ("autonomy", "rules", "q", "verdict"),
    [
        (Autonomy.FULL, [], 1, Verdict(Decision.ASK, ASKED)),
        (Autonomy.FULL, [], 2, Verdict(Decision.ALLOW, "autonomy level full, tool of effect read")),
        (
            Autonomy.MANUAL,
            [],
            1,
            Verdict(Decision.ASK, f"autonomy level manual, tool of effect read; {ASKED}"),
        ),
        (Autonomy.FULL, [Rule(Decision.DENY)], 1, Verdict(Decision.DENY, "rule 1")),
    ],
)
async def test_the_policy_explains_who_asks(
    autonomy: Autonomy, rules: list[Rule], q: int, verdict: Verdict
) -> None:
    home = build(FakeModel(), FakeTool("look"), autonomy=autonomy, extensions=registering(asks))
    root = replace(ANN, role=Role.ADMIN)
    await home.policy_service.replace(root, rules)

    assert await home.policy_service.explain(ANN, "look", {"q": q}) == verdict


async def test_a_simulation_leaves_out_what_plugins_decided() -> None:
    home = house(
        ToolRequest("look", '{"q": 1}'), asks, tool=FakeTool("look"), autonomy=Autonomy.FULL
    )
    started = await home.chat.send(ANN, "look")
    await asked_in(home, started.run_id)

    simulated = await home.policy_service.simulate(replace(ANN, role=Role.ADMIN), [], None, 10)

    assert (simulated.replayed, simulated.differences) == (0, [])
