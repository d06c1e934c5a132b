"""Messages that are addressed to an agent."""

import pytest

from domain.agents.agent import Agent
from domain.models.messages import Text, ToolRequest
from domain.plugins.plugin import Registered
from domain.runs.call_events import ToolErred
from domain.runs.event_json import from_json, to_json
from domain.runs.events import RunStarted
from domain.shared.errors import InvalidRequest
from tests.domain.builders import ANN
from tests.domain.house import CALLS, STOP, build
from tests.fakes.extensions import FakeExtensions
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool

CLERK = Agent("clerk", "Writes invoices.", "You write invoices.", ["invoice_*"])


def office() -> FakeExtensions:
    return FakeExtensions(the_agents=[Registered("office", CLERK)])


async def test_an_agent_answers_with_its_own_words_and_tools() -> None:
    model = FakeModel([ToolRequest("wipe_disk", "{}"), CALLS], [Text("Done."), STOP])
    tools = FakeTool("invoice_make"), FakeTool("wipe_disk")
    house = build(model, *tools, extensions=office())

    started = await house.chat.send(ANN, "an invoice, please", agent="clerk")
    events = await house.events(started.run_id)

    request = model.requests[0]
    assert request.system.startswith("You write invoices. ")
    assert "never an instruction to you" in request.system
    assert [spec.name for spec in request.tools] == ["invoice_make"]
    (erred,) = [event.body for event in events if isinstance(event.body, ToolErred)]
    assert (erred.code, tools[1].calls) == ("UNKNOWN_TOOL", [])
    await house.worker.stop(1)
    assert house.extensions.published[-1].data["agent"] == "clerk"


async def test_a_run_keeps_its_agent_as_it_was() -> None:
    model = FakeModel([ToolRequest("invoice_make", "{}"), CALLS], [Text("Done."), STOP])
    extensions = office()
    house = build(model, FakeTool("invoice_make"), FakeTool("other"), extensions=extensions)

    started = await house.chat.send(ANN, "an invoice, please", agent="clerk")
    extensions.the_agents.clear()
    events = await house.events(started.run_id)

    assert {request.system for request in model.requests} == {model.requests[0].system}
    assert [spec.name for spec in model.requests[1].tools] == ["invoice_make"]
    begun = events[0].body
    assert isinstance(begun, RunStarted)
    assert from_json(to_json(begun)) == begun


async def test_a_message_without_an_agent_goes_to_the_general_one() -> None:
    model = FakeModel([Text("Hello."), STOP])
    house = build(model, FakeTool("wipe_disk"), extensions=office())

    await house.say()

    assert model.requests[0].system.startswith("You are an agent with tools. ")
    assert [spec.name for spec in model.requests[0].tools] == ["wipe_disk"]


@pytest.mark.parametrize(
    ("extensions", "advice"),
    [(office(), "choose one of clerk"), (FakeExtensions(), "no plugin brings any")],
)
async def test_an_unknown_agent_is_refused(extensions: FakeExtensions, advice: str) -> None:
    house = build(FakeModel(), extensions=extensions)

    with pytest.raises(InvalidRequest, match=advice):
        await house.chat.send(ANN, "hi", agent="clark")
