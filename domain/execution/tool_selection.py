"""Which tools a model is shown: all where they are few, else those that a run may need.

With hundreds of tools a model reads more about tools than about its task, and chooses worse. So it
is shown the best for the message, and `search_tools`, by which it finds the others.
"""

import asyncio
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.agents.agent import Agent
from domain.models.messages import AssistantTurn, Turn, UserTurn
from domain.runs.run import Run
from domain.shared.errors import UnknownTool
from domain.shared.text import shorten
from domain.tools.catalogue import Catalogue
from domain.tools.ports import Toolbox
from domain.tools.result_pages import READ_TOOL
from domain.tools.schema_parts import part_of
from domain.tools.tool import Abridged, Tool, ToolSpec

SEARCH_TOOL: Final = "search_tools"
SCHEMA_TOOL: Final = "read_schema"
FOUND: Final = 10  # tools that a search names

_WANTED: Final = (SEARCH_TOOL, READ_TOOL)
_AIDS: Final = frozenset((*_WANTED, SCHEMA_TOOL))  # which belong to everybody
_BEFORE: Final = 2  # earlier messages of the user that have a say
_WEIGHT: Final = 0.4  # of those, beside the message
_EVENNESS: Final = 10  # of places in a ranking: the higher, the less the first ones count
_LINE: Final = 160  # characters of a description in a list


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of tools a model is shown; ``tokens`` are those of their descriptions, estimated."""

    tools: int = 40
    tokens: int = 16_000


class ShownTools:
    """The tools that the model of one run is shown, in an order that only grows.

    They follow from the conversation, the run's events and the tools at hand alone: whoever takes
    the run over shows the same. An agent is shown its own.
    """

    def __init__(
        self, catalogue: Catalogue, limits: Limits, agent: Agent | None, history: Sequence[Turn]
    ) -> None:
        self._catalogue = catalogue
        self._limits = limits
        self._agent = agent
        self._history = history
        self._chosen: Sequence[str] | None = None
        self._all: Mapping[str, ToolSpec] = {}
        self._mine: Mapping[str, ToolSpec] = {}

    async def specs(self, run: Run) -> Sequence[ToolSpec]:
        """Return what the model is shown at the step that is next."""
        specs = await self._own()
        if self._are_few(specs):
            needless = {SEARCH_TOOL} if _any_abridged(specs) else {SEARCH_TOOL, SCHEMA_TOOL}
            return [spec for spec in specs.values() if spec.name not in needless]
        if self._chosen is None:
            self._chosen = self._fitting(await self._wanted(specs), specs, self._limits)
        shown = dict.fromkeys(self._chosen)
        # What is added has a bound of its own, so that no search is in vain.
        added = (name for name in _asked_for(run) if name not in shown)
        more = Limits(len(specs), self._limits.tokens)
        shown |= dict.fromkeys(self._fitting(added, specs, more))
        shown = dict.fromkeys(_with_schema_tool(shown, specs))
        return [specs[name] for name in shown if name in specs]

    async def _own(self) -> Mapping[str, ToolSpec]:
        specs = await self._catalogue.specs()
        if specs is not self._all:
            self._all, self._mine = specs, _of_agent(specs, self._agent)
        return self._mine

    def _are_few(self, specs: Mapping[str, ToolSpec]) -> bool:
        limits = self._limits
        if len(specs.keys() - {SEARCH_TOOL, SCHEMA_TOOL}) > limits.tools:
            return False
        return sum(spec.tokens for spec in specs.values()) <= limits.tokens

    @staticmethod
    def _fitting(
        names: Iterable[str], specs: Mapping[str, ToolSpec], limits: Limits
    ) -> Sequence[str]:
        """Return those that there are, the first first, as far as the limits reach."""
        taken: dict[str, None] = {}
        tokens = limits.tokens
        for name in names:
            if len(taken) >= limits.tools:
                break
            spec = specs.get(name)
            if spec is not None and name not in taken and spec.tokens <= tokens:
                taken[name] = None
                tokens -= spec.tokens
        return list(taken)

    async def _wanted(self, specs: Mapping[str, ToolSpec]) -> Iterable[str]:
        """Return the names of tools in the order in which they are wanted."""
        named = [*_WANTED, *(self._agent.tools if self._agent is not None else ())]
        called = list(dict.fromkeys(_called(self._history)))[: self._limits.tools // 2]
        return [*named, *called, *await self._ranked(specs)]

    async def _ranked(self, among: Container[str]) -> Sequence[str]:
        """Rank for the message and for those before it, and put the two together."""
        said = [turn.content for turn in self._history if isinstance(turn, UserTurn)]
        queries = {1.0: "\n".join(said[-1:]), _WEIGHT: "\n".join(said[-1 - _BEFORE : -1])}
        scores: dict[str, float] = defaultdict(float)
        for weight, query in queries.items():
            found = await self._catalogue.rank(query, self._limits.tools, among=among)
            for place, spec in enumerate(found):
                scores[spec.name] += weight / (_EVENNESS + place)
        return sorted(scores, key=lambda name: -scores[name])


class AgentTools(Toolbox):
    """The tools that an agent may use; for it, there are no others."""

    def __init__(self, toolbox: Toolbox, agent: Agent) -> None:
        self._toolbox = toolbox
        self._agent = agent

    def tools(self) -> Sequence[Tool]:
        """Return the agent's tools, sorted by name."""
        return [each for each in self._toolbox.tools() if _may_use(self._agent, each.spec.name)]

    def get(self, name: str) -> Tool:
        """Return one of the agent's tools.

        Raises:
            UnknownTool: it is not, or no enabled tool has this name.

        """
        if not _may_use(self._agent, name):
            raise UnknownTool(f"You have no tool {shorten(name, 64)!r}.")
        return self._toolbox.get(name)


class Showcase:
    """Knows the tools at hand, and shows a run and its model those that they may use."""

    def __init__(self, toolbox: Toolbox, catalogue: Catalogue, limits: Limits) -> None:
        self._toolbox = toolbox
        self._catalogue = catalogue
        self._limits = limits

    def shown(self, run: Run, history: Sequence[Turn]) -> ShownTools:
        """Return what the model is shown in this run; the last turn of the user is the message."""
        return ShownTools(self._catalogue, self._limits, run.agent, history)

    def toolbox(self, run: Run) -> Toolbox:
        """Return the tools that the run may call, shown or not."""
        return self._toolbox if run.agent is None else AgentTools(self._toolbox, run.agent)

    async def schema(self, run: Run, name: str, place: str) -> Mapping[str, Any]:
        """Return what a tool that the run may call takes, all of it or at one place.

        Raises:
            UnknownTool: there is no such tool for it.
            ToolFailed: the tool has no such place.

        """
        tool = self.toolbox(run).get(name)
        spec = tool.spec
        whole = spec.parameters
        if spec.is_abridged and isinstance(tool, Abridged):
            whole = await asyncio.to_thread(tool.whole_parameters)
        return await asyncio.to_thread(part_of, whole, place)

    async def search(self, run: Run, query: str) -> list[dict[str, str]]:
        """Return the tools that fit best, of those that the run may call, in a line each."""
        specs = _of_agent(await self._catalogue.specs(), run.agent)
        found = await self._catalogue.rank(query, FOUND + len(_AIDS), among=specs)
        fitting = [spec for spec in found if spec.name not in _AIDS][:FOUND]
        return [
            {"name": spec.name, "description": shorten(spec.description, _LINE)} for spec in fitting
        ]


def _of_agent(specs: Mapping[str, ToolSpec], agent: Agent | None) -> Mapping[str, ToolSpec]:
    if agent is None:
        return specs
    return {name: spec for name, spec in specs.items() if _may_use(agent, name)}


def _any_abridged(specs: Mapping[str, ToolSpec]) -> bool:
    return any(spec.is_abridged for spec in specs.values())


def _with_schema_tool(names: Iterable[str], specs: Mapping[str, ToolSpec]) -> Iterator[str]:
    """Yield the names; behind the first tool of which only some is shown, what shows the rest."""
    for name in names:
        if name != SCHEMA_TOOL:
            yield name
        if name in specs and specs[name].is_abridged:
            yield SCHEMA_TOOL


def _may_use(agent: Agent, name: str) -> bool:
    return name in _AIDS or agent.may_use(name)


def _called(history: Sequence[Turn]) -> Iterator[str]:
    """Yield the tools that were called in the conversation, the latest first."""
    for turn in reversed(history):
        if isinstance(turn, AssistantTurn):
            yield from (use.tool for use in turn.tool_uses)


def _asked_for(run: Run) -> Iterator[str]:
    """Yield the tools that the run called or found, in the order in which that came."""
    for step in run.steps:
        for call_id in step.call_ids:
            call = run.calls[call_id]
            yield call.tool
            if call.tool == SEARCH_TOOL:
                yield from _names_in(call.result)


def _names_in(result: Any) -> Iterator[str]:
    """Yield the names in what `Showcase.search` gave, as the tool returned it."""
    listed = result.get("tools") if isinstance(result, Mapping) else None
    for each in listed if isinstance(listed, list) else ():
        name = each.get("name") if isinstance(each, Mapping) else None
        if isinstance(name, str):
            yield name
