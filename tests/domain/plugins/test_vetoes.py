"""Plugins that forbid calls: asked before anything starts, and never to let one pass."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from domain.consents.service import ConsentReply
from domain.models.messages import Text, ToolRequest
from domain.plugins.plugin import Registered
from domain.plugins.vetoes import Guard
from domain.policy.policy import Autonomy, Proposal, Veto
from domain.runs.call_events import ConsentRequested, ToolErred
from domain.tools.tool import Effect
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
    ],
)
async def test_a_veto_that_cannot_speak_lets_nobody_pass(veto: Veto, why: str) -> None:
    guard = Guard(registering(no_sevens, veto), seconds=0.01 if veto is hangs else 60.0)

    assert await guard.objections([PROPOSAL]) == [why]

    released.set()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)


async def test_a_veto_cannot_change_the_call() -> None:
    assert await Guard(registering(meddles)).objections([PROPOSAL, PROPOSAL]) == [None, None]
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
