"""Tools that record what was done with them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.errors import InvalidArguments, UnknownTool
from domain.tools import Effect, Tool, ToolContext, ToolSpec

SCHEMA = {"type": "object", "properties": {"q": {"type": "integer"}}}


async def echo(arguments: Mapping[str, Any]) -> Any:
    return dict(arguments)


@dataclass
class FakeTool:
    """A tool whose arguments must be integers, and whose work is a function."""

    name: str
    effect: Effect = Effect.READ
    work: Callable[[Mapping[str, Any]], Awaitable[Any]] = echo
    timeout: float = 30.0
    calls: list[Mapping[str, Any]] = field(default_factory=list)
    contexts: list[ToolContext] = field(default_factory=list)

    @property
    def spec(self) -> ToolSpec:
        return ToolSpec(
            self.name, "Looks.", SCHEMA, self.effect, plugin="fake", timeout=self.timeout
        )

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if not all(isinstance(value, int) for value in arguments.values()):
            raise InvalidArguments("Integers only.")
        return dict(arguments)

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        self.calls.append(arguments)
        self.contexts.append(context)
        return await self.work(arguments)


class FakeToolbox:
    """Tools by name."""

    def __init__(self, *tools: Tool) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}

    def tools(self) -> Sequence[Tool]:
        return [self._tools[name] for name in sorted(self._tools)]

    def get(self, name: str) -> Tool:
        try:
            return self._tools[name]
        except KeyError:
            raise UnknownTool(f"There is no tool {name}.") from None
