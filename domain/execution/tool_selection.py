"""Tool selection: the model gets all tools if they are few, else those that fit the run.

With hundreds of tools the prompt is mostly about tools, and models choose worse. So the model gets
those that rank best for the message, and `search_tools` to find the others.
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
from domain.tools.schema_text import decoded
from domain.tools.tool import Abridged, Tool, ToolSpec

SEARCH_TOOL: Final = "search_tools"
SCHEMA_TOOL: Final = "read_schema"
FOUND: Final = 10  # tools in the result of a search

_ALWAYS_FIRST: Final = (SEARCH_TOOL, READ_TOOL)
_AIDS: Final = frozenset((*_ALWAYS_FIRST, SCHEMA_TOOL))  # every agent may use them
_BEFORE: Final = 2  # earlier messages of the user that are ranked for, too
_WEIGHT: Final = 0.4  # of those; the message itself has 1
_EVENNESS: Final = 10  # the constant of reciprocal rank fusion: higher favours the first less
_LINE: Final = 160  # characters of a description in a search result


@dataclass(frozen=True, slots=True)
class SelectionLimits:
    """The most tools in a request to a model; ``tokens`` is the estimate for their schemas."""

    tools: int = 40
    tokens: int = 16_000


class ShownTools:
    """The tools in the requests of one run, in an order that is only appended to.

    They are a function of the conversation, the run's events and the available tools, so a worker
    that takes the run over selects the same. With an agent they are among the agent's tools.
    ``wanted`` is the tool that the model is to call, if there is one of this name.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        limits: SelectionLimits,
        agent: Agent | None,
        history: Sequence[Turn],
        wanted: str | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._limits = limits
        self._agent = agent
        self._history = history
        self._wanted = [] if wanted is None else [wanted]
        self._chosen: Sequence[str] | None = None
        self._all: Mapping[str, ToolSpec] = {}
        self._mine: Mapping[str, ToolSpec] = {}

    async def specs(self, run: Run) -> Sequence[ToolSpec]:
        """Return the tools for the request of the next step."""
        specs = await self._own()
        if self._are_few(specs):
            needless = {SEARCH_TOOL} if _any_abridged(specs) else {SEARCH_TOOL, SCHEMA_TOOL}
            return [spec for spec in specs.values() if spec.name not in needless]
        if self._chosen is None:
            self._chosen = self._fitting(await self._candidates(specs), specs, self._limits)
        shown = dict.fromkeys(self._chosen)
        # Tools that a search found have a limit of their own, so that they are always added.
        added = (name for name in _asked_for(run) if name not in shown)
        more = SelectionLimits(len(specs), self._limits.tokens)
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
        names: Iterable[str], specs: Mapping[str, ToolSpec], limits: SelectionLimits
    ) -> Sequence[str]:
        """Return the available ones of these names, in order, within the limits."""
        selected: dict[str, None] = {}
        tokens = limits.tokens
        for name in names:
            if len(selected) >= limits.tools:
                break
            spec = specs.get(name)
            if spec is not None and name not in selected and spec.tokens <= tokens:
                selected[name] = None
                tokens -= spec.tokens
        return list(selected)

    async def _candidates(self, specs: Mapping[str, ToolSpec]) -> Iterable[str]:
        """Return the names of tools in the order of preference."""
        own = () if self._agent is None else self._agent.tools
        named = [*_ALWAYS_FIRST, *self._wanted, *own]
        called = list(dict.fromkeys(_called(self._history)))[: self._limits.tools // 2]
        return [*named, *called, *await self._ranked(specs)]

    async def _ranked(self, among: Container[str]) -> Sequence[str]:
        """Rank for the message and for earlier ones, and fuse both (reciprocal rank fusion)."""
        messages = [turn.content for turn in self._history if isinstance(turn, UserTurn)]
        queries = {1.0: "\n".join(messages[-1:]), _WEIGHT: "\n".join(messages[-1 - _BEFORE : -1])}
        scores: dict[str, float] = defaultdict(float)
        for weight, query in queries.items():
            ranked = await self._catalogue.rank(query, self._limits.tools, among=among)
            for place, spec in enumerate(ranked):
                scores[spec.name] += weight / (_EVENNESS + place)
        return sorted(scores, key=lambda name: -scores[name])


class AgentTools(Toolbox):
    """The toolbox of an agent: only the tools that it may use."""

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


class NoTools(Toolbox):
    """The toolbox of a run that may call none."""

    def tools(self) -> Sequence[Tool]:
        """Return nothing."""
        return ()

    def get(self, name: str) -> Tool:
        """Raise `UnknownTool`.

        Raises:
            UnknownTool: always.

        """
        raise UnknownTool(f"There are no tools here, and no {shorten(name, 64)!r}.")


class ToolSelector:
    """Selects the tools of a run and of its requests to models."""

    def __init__(self, toolbox: Toolbox, catalogue: Catalogue, limits: SelectionLimits) -> None:
        self._toolbox = toolbox
        self._catalogue = catalogue
        self._limits = limits

    def shown(self, run: Run, history: Sequence[Turn]) -> ShownTools:
        """Return the tool selection of a run; the user's last turn is the message."""
        wanted = run.sampling.tool_choice
        return ShownTools(self._catalogue, self._limits, run.agent, history, wanted)

    def toolbox(self, run: Run) -> Toolbox:
        """Return the tools that the run may call, selected or not."""
        if run.started.question:
            return NoTools()
        return self._toolbox if run.agent is None else AgentTools(self._toolbox, run.agent)

    async def schema(self, run: Run, name: str, place: str) -> Mapping[str, Any]:
        """Return the parameters' schema of a tool that the run may call, whole or at one place.

        Raises:
            UnknownTool: the run may not call it, or there is no such tool.
            ToolFailed: the tool has no such place.

        """
        tool = self.toolbox(run).get(name)
        spec = tool.spec
        whole = decoded(spec.parameters)
        if spec.is_abridged and isinstance(tool, Abridged):
            whole = await asyncio.to_thread(tool.whole_parameters)
        return await asyncio.to_thread(part_of, whole, place)

    async def search(self, run: Run, query: str) -> list[dict[str, str]]:
        """Return name and short description of the best tools that the run may call."""
        specs = _of_agent(await self._catalogue.specs(), run.agent)
        ranked = await self._catalogue.rank(query, FOUND + len(_AIDS), among=specs)
        fitting = [spec for spec in ranked if spec.name not in _AIDS][:FOUND]
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
    """Yield the names; after the first abridged tool, also `SCHEMA_TOOL`."""
    for name in names:
        if name != SCHEMA_TOOL:
            yield name
        if name in specs and specs[name].is_abridged:
            yield SCHEMA_TOOL


def _may_use(agent: Agent, name: str) -> bool:
    return name in _AIDS or agent.may_use(name)


def _called(history: Sequence[Turn]) -> Iterator[str]:
    """Yield the tools called in the conversation, the latest first."""
    for turn in reversed(history):
        if isinstance(turn, AssistantTurn):
            yield from (use.tool for use in turn.tool_uses)


def _asked_for(run: Run) -> Iterator[str]:
    """Yield the tools that the run called or found by a search, in order."""
    for step in run.steps:
        for call_id in step.call_ids:
            call = run.calls[call_id]
            yield call.tool
            if call.tool == SEARCH_TOOL:
                yield from _names_in(call.result)


def _names_in(result: Any) -> Iterator[str]:
    """Yield the names in a result of `search_tools`."""
    listed = result.get("tools") if isinstance(result, Mapping) else None
    for each in listed if isinstance(listed, list) else ():
        name = each.get("name") if isinstance(each, Mapping) else None
        if isinstance(name, str):
            yield name
