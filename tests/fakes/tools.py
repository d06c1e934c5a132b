"""Tools that record what was done with them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from domain.execution.tool_selection import SelectionLimits, ToolSelector
from domain.shared.errors import InvalidArguments, UnknownTool
from domain.tools.catalogue import Catalogue
from domain.tools.http import HttpClient, HttpClients, NoHttpClient
from domain.tools.ports import Toolbox
from domain.tools.ranking import ToolIndex
from domain.tools.tool import Effect, Tool, ToolSpec
from domain.tools.tool_context import ToolContext

_LIMITS = SelectionLimits()
SCHEMA = {"type": "object", "properties": {"q": {"type": "integer"}}}


async def echo(arguments: Mapping[str, Any]) -> Any:
    return dict(arguments)


@dataclass
class FakeTool(Tool):
    """A tool whose arguments must be integers, and whose work is a function."""

    name: str
    effect: Effect = Effect.READ
    work: Callable[[Mapping[str, Any]], Awaitable[Any]] = echo
    timeout: float = 30.0
    requires: tuple[str, ...] = ()
    idempotent: bool = False
    release: str = ""
    calls: list[Mapping[str, Any]] = field(default_factory=list)
    contexts: list[ToolContext] = field(default_factory=list)

    @property
    @override
    def spec(self) -> ToolSpec:
        return ToolSpec(
            self.name,
            "Looks.",
            SCHEMA,
            self.effect,
            plugin="fake",
            timeout=self.timeout,
            requires=self.requires,
            idempotent=self.idempotent,
            release=self.release,
        )

    @override
    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if not all(isinstance(value, int) for value in arguments.values()):
            raise InvalidArguments("Integers only.")
        return dict(arguments)

    @override
    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        self.calls.append(arguments)
        self.contexts.append(context)
        return await self.work(arguments)


class FakeToolbox(Toolbox):
    """Tools by name."""

    def __init__(self, *tools: Tool) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}

    @override
    def tools(self) -> Sequence[Tool]:
        return [self._tools[name] for name in sorted(self._tools)]

    def put(self, tool: Tool) -> None:
        self._tools[tool.spec.name] = tool

    def drop(self, name: str) -> None:
        del self._tools[name]

    @override
    def get(self, name: str) -> Tool:
        try:
            return self._tools[name]
        except KeyError:
            raise UnknownTool(f"There is no tool {name}.") from None


class FakeHttpClients(HttpClients):
    """No network for anybody; ``asked`` names the plugins."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @override
    def of(self, plugin: str) -> HttpClient:
        self.asked.append(plugin)
        return NoHttpClient()

    @override
    async def close(self) -> None:
        self.asked.clear()


def tool_selector_of(toolbox: Toolbox, limits: SelectionLimits = _LIMITS) -> ToolSelector:
    """Return a showcase of these tools, ranked as they are in production."""
    return ToolSelector(toolbox, Catalogue(toolbox, ToolIndex()), limits)
