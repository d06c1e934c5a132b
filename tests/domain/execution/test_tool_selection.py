"""What a model is shown of many tools, and how it comes to the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from domain.agents.agent import Agent
from domain.execution.tool_selection import (
    FOUND,
    SCHEMA_TOOL,
    SEARCH_TOOL,
    AgentTools,
    SelectionLimits,
    ToolSelector,
)
from domain.models.messages import (
    AssistantTurn,
    StopReason,
    Text,
    ToolRequest,
    ToolUse,
    Turn,
    UserTurn,
)
from domain.runs.call_events import ToolErred, ToolFinished, ToolIntended
from domain.runs.events import Body, StepEnded
from domain.runs.run import Run
from domain.runs.states import CallState
from domain.shared.errors import UnknownTool
from domain.tools.catalogue import Catalogue
from domain.tools.ranking import ToolIndex
from domain.tools.tool import Effect, ToolSpec
from domain.tools.tool_context import ToolContext
from tests.domain.builders import run_of
from tests.domain.house import CALLS, STOP, build, kinds, text_of
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool, FakeToolbox, tool_selector_of

NOTHING: Mapping[str, Any] = {"type": "object", "properties": {}}
AGENT = {"name": "clerk", "instructions": "Bill.", "tools": ["*invoice*", "ship_003"]}


@dataclass
class Described:
    """A tool that says what it does, and does nothing."""

    spec: ToolSpec

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return dict(arguments)

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        if self.spec.name == SEARCH_TOOL:
            return {"tools": list(await context.search_tools(str(arguments["query"])))}
        return "done"


def described(name: str, description: str) -> Described:
    return Described(ToolSpec(name, description, NOTHING, Effect.READ, plugin="fake"))


SHIPS = [described(f"ship_{at:03}", f"Look at the ship in berth {at}.") for at in range(100)]
OTHERS = [
    described("make_invoice", "Create an invoice for a customer."),
    described("send_invoice", "Send an invoice to a customer."),
    described("get_weather", "Tell the weather forecast of a city."),
    described("translate", "Translate a text into another language."),
    described("read_result", "Read on in a long result."),
    described(SEARCH_TOOL, "Find more tools."),
]
FEW = SelectionLimits(tools=6, tokens=16_000)


def names(specs: Sequence[ToolSpec]) -> list[str]:
    return [spec.name for spec in specs]


def many(limits: SelectionLimits = FEW) -> ToolSelector:
    return tool_selector_of(FakeToolbox(*SHIPS, *OTHERS), limits)


def called(call_id: str, tool: str, outcome: Body | None = None) -> list[Body]:
    return [
        ToolIntended(call_id, tool, {}, Effect.READ, "v"),
        StepEnded(StopReason.TOOL_CALLS, 1, 1, 0),
        outcome or ToolFinished(call_id, tool, "done", 1.0),
    ]


async def first_shown(
    tool_selector: ToolSelector, *turns: Turn, run: Run | None = None
) -> list[str]:
    run = run or run_of()
    return names(await tool_selector.shown(run, turns).specs(run))


async def test_few_tools_are_all_shown_without_the_search_for_more() -> None:
    tool_selector = tool_selector_of(FakeToolbox(*OTHERS))

    assert await first_shown(tool_selector, UserTurn("hi")) == sorted(
        {tool.spec.name for tool in OTHERS} - {SEARCH_TOOL}
    )


async def test_of_many_the_best_for_the_message_are_shown() -> None:
    shown = await first_shown(many(), UserTurn("Make an invoice for Ada."))

    assert shown[:2] == [SEARCH_TOOL, "read_result"]
    assert set(shown[2:4]) == {"make_invoice", "send_invoice"}
    assert len(shown) <= FEW.tools


async def test_tokens_bound_what_is_shown_as_well() -> None:
    tokens = sum(tool.spec.tokens for tool in OTHERS[-2:]) + OTHERS[0].spec.tokens

    shown = await first_shown(many(SelectionLimits(40, tokens)), UserTurn("make an invoice"))

    assert shown == [SEARCH_TOOL, "read_result", "make_invoice"]


async def test_earlier_messages_and_calls_have_a_say() -> None:
    before: list[Turn] = [
        UserTurn("How is the weather in Cadiz?"),
        AssistantTurn("", (ToolUse("c", "ship_042", {}),)),
    ]

    shown = await first_shown(many(), *before, UserTurn("And make an invoice for it."))

    assert shown.index("ship_042") == 2
    assert shown.index("make_invoice") < shown.index("get_weather")


async def test_what_was_called_or_found_is_added_at_the_end_and_stays() -> None:
    found = {"tools": [{"name": "translate", "description": "."}, {"name": "gone"}, "?"]}
    run = run_of(
        *called("a", "ship_007"),
        *called("b", SEARCH_TOOL, ToolFinished("b", SEARCH_TOOL, found, 1.0)),
        *called("c", SEARCH_TOOL, ToolErred("c", SEARCH_TOOL, CallState.FAILED, "X", "no", {})),
    )
    message = UserTurn("Make an invoice.")
    first = await first_shown(many(), message)
    shown = many().shown(run_of(), [message])
    await shown.specs(run_of())

    later = names(await shown.specs(run))

    assert later == [*first, "ship_007", "translate"]
    assert await first_shown(many(), message, run=run) == later  # whoever takes the run over


async def test_an_agent_is_shown_its_own() -> None:
    run = run_of(agent=AGENT)

    assert await first_shown(many(), UserTurn("ship"), run=run) == [
        "make_invoice",
        "read_result",
        "send_invoice",
        "ship_003",
    ]
    found = await many().search(run, "translate, invoice, weather, ship")
    assert {tool["name"] for tool in found} <= {"make_invoice", "send_invoice", "ship_003"}
    crowded = await first_shown(many(SelectionLimits(5, 90)), UserTurn("an invoice"), run=run)
    assert crowded[:3] == [SEARCH_TOOL, "read_result", "ship_003"]  # which it names


def test_an_agent_has_no_other_tools() -> None:
    agent = run_of(agent=AGENT).agent
    assert agent is not None
    tools = AgentTools(FakeToolbox(*SHIPS, *OTHERS), agent)

    assert tools.get("make_invoice") is OTHERS[0]
    assert len(tools.tools()) == 5
    with pytest.raises(UnknownTool, match="You have no tool 'get_weather'"):
        tools.get("get_weather")


async def test_a_search_names_the_best_in_a_line_each() -> None:
    assert await many().search(run_of(), "Look at the ship in berth 7") == [
        {"name": "ship_007", "description": "Look at the ship in berth 7."}
    ]
    assert len(await many().search(run_of(), "a ship")) == FOUND
    assert {SEARCH_TOOL, "read_result"}.isdisjoint(
        tool["name"] for tool in await many().search(run_of(), "find more tools, read result")
    )


def abridged(name: str) -> "Partly":
    schema = {"type": "object", "properties": {"a": {}}}
    return Partly(ToolSpec(name, "Ship it.", schema, Effect.READ, is_abridged=True))


class Partly(Described):
    """A tool of which only some is shown."""

    def whole_parameters(self) -> Mapping[str, Any]:
        properties = {"a": {"type": "string"}, "b": {"type": "integer"}}
        return {"type": "object", "properties": properties}


SCHEMA = described(SCHEMA_TOOL, "See what a tool takes.")


async def test_what_shows_the_rest_of_a_tool_is_shown_where_one_needs_it() -> None:
    few = tool_selector_of(FakeToolbox(*OTHERS, SCHEMA))
    assert SCHEMA_TOOL not in await first_shown(few, UserTurn("hi"))
    few = tool_selector_of(FakeToolbox(*OTHERS, SCHEMA, abridged("zeppelin")))
    assert SCHEMA_TOOL in await first_shown(few, UserTurn("hi"))

    crowd = tool_selector_of(FakeToolbox(*SHIPS, *OTHERS, SCHEMA, abridged("send_ship")), FEW)
    assert SCHEMA_TOOL not in await first_shown(crowd, UserTurn("make an invoice"))
    shown = await first_shown(crowd, UserTurn("send_ship"))
    assert shown.index(SCHEMA_TOOL) == shown.index("send_ship") + 1
    later = run_of(*called("a", "send_ship"))
    first = await first_shown(crowd, UserTurn("make an invoice"))
    assert await first_shown(crowd, UserTurn("make an invoice"), run=later) == [
        *first,
        "send_ship",
        SCHEMA_TOOL,
    ]
    found = await crowd.search(run_of(), "see what a tool takes")
    assert SCHEMA_TOOL not in [tool["name"] for tool in found]


async def test_the_rest_of_a_schema_is_looked_up() -> None:
    tool_selector = tool_selector_of(FakeToolbox(*OTHERS, SCHEMA, abridged("send_ship")))

    whole = await tool_selector.schema(run_of(), "send_ship", "")
    assert whole["properties"].keys() == {"a", "b"}
    assert await tool_selector.schema(run_of(), "send_ship", "b") == {"type": "integer"}
    assert await tool_selector.schema(run_of(), "translate", "") == NOTHING
    with pytest.raises(UnknownTool):
        await tool_selector.schema(run_of(agent=AGENT), "send_ship", "")


async def test_a_model_finds_a_tool_and_calls_it() -> None:
    model = FakeModel(
        [ToolRequest(SEARCH_TOOL, '{"query": "translate a text"}'), CALLS],
        [ToolRequest("translate", "{}"), CALLS],
        [Text("There."), STOP],
    )
    house = build(model, *SHIPS, *OTHERS, limits=FEW)

    events = await house.say("Make an invoice.")

    first, second, third = [names(request.tools) for request in model.requests]
    assert "translate" not in first
    assert second[: len(first)] == first
    assert "translate" in second[len(first) :]
    assert third == second
    assert text_of(events) == "There."


async def test_a_call_of_a_tool_that_was_not_shown_is_taken() -> None:
    model = FakeModel([ToolRequest("ship_099", "{}"), CALLS], [Text("There."), STOP])
    house = build(model, *SHIPS, *OTHERS, limits=FEW)

    events = await house.say("Make an invoice.")

    assert "ship_099" not in names(model.requests[0].tools)
    assert "tool_finished" in kinds(events)
    assert "ship_099" in names(model.requests[1].tools)


async def test_the_catalogue_follows_the_toolbox() -> None:
    toolbox = FakeToolbox(*OTHERS)
    catalogue = Catalogue(toolbox, ToolIndex())
    assert names(await catalogue.rank("a ship", 5)) == []

    toolbox.put(SHIPS[3])
    toolbox.put(described("get_weather", "Launch a rocket."))
    toolbox.drop("translate")

    assert names(await catalogue.rank("a ship", 5)) == ["ship_003"]
    assert names(await catalogue.rank("launch a rocket", 1)) == ["get_weather"]
    assert names(await catalogue.rank("translate a text", 5)) == []
    assert "translate" not in await catalogue.specs()


class CountingIndex(ToolIndex):
    """Notes which tools are added."""

    def __init__(self) -> None:
        self.added: list[str] = []
        super().__init__()

    def add(self, tool: ToolSpec) -> None:
        self.added.append(tool.name)
        super().add(tool)


async def test_the_catalogue_takes_in_what_changed_alone() -> None:
    toolbox, index = FakeToolbox(*SHIPS, *OTHERS), CountingIndex()
    catalogue = Catalogue(toolbox, index)
    await catalogue.catch_up()
    index.added.clear()

    toolbox.put(described("get_weather", "Launch a rocket."))
    await catalogue.catch_up()
    assert index.added == ["get_weather"]

    for ship in SHIPS:
        toolbox.drop(ship.spec.name)
    await catalogue.catch_up()
    assert index.added == ["get_weather"]
    assert len(index) == len(OTHERS)
    assert names(await catalogue.rank("a ship", 5)) == []


def test_a_tool_estimates_its_tokens() -> None:
    long = FakeTool("look").spec
    assert described("look", "Look. " * 100).spec.tokens > long.tokens > 10


def test_an_agent_without_patterns_may_use_everything() -> None:
    assert Agent("a", "", "Do.").may_use("anything")
