"""The catalogue: all enabled tools, and their ranking for a task."""

import asyncio
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Final

from domain.tools.ports import Toolbox, ToolRanker
from domain.tools.tool import Tool, ToolSpec

_AT_ONCE: Final = 20  # tools indexed before the event loop gets its turn: some milliseconds
_COMPARED: Final = 200  # specifications compared before the event loop gets its turn


class Catalogue:
    """Keeps the ranker's index up to date with the toolbox, incrementally. One for the process.

    It catches up when tools come and go, so that a turn waits only if it comes in the meantime.
    """

    def __init__(self, toolbox: Toolbox, ranker: ToolRanker) -> None:
        self._toolbox = toolbox
        self._ranker = ranker
        self._seen: Sequence[Tool] | None = None
        self._specs: Mapping[str, ToolSpec] = {}
        self._changing = asyncio.Lock()

    async def specs(self) -> Mapping[str, ToolSpec]:
        """Return the enabled tools by name, sorted by it."""
        await self.catch_up()
        return self._specs

    async def rank(
        self, query: str, limit: int, *, among: Container[str] | None = None
    ) -> Sequence[ToolSpec]:
        """Return the best tools for a query, best first, at most ``limit`` of ``among``."""
        specs = await self.specs()
        names = self._ranker.rank(query, limit, among=among)
        return [specs[name] for name in names if name in specs]

    async def catch_up(self) -> None:
        """Update the index with the tools that were added, changed or removed."""
        if self._toolbox.tools() is self._seen:
            return
        async with self._changing:
            tools = self._toolbox.tools()
            if tools is not self._seen:
                await self._update(tools)
                self._seen = tools

    async def _update(self, tools: Sequence[Tool]) -> None:
        """Update the index; if this is cancelled, the next call starts it again."""
        specs = {spec.name: spec for spec in (tool.spec for tool in tools)}
        before = self._specs
        changed = list[str]()
        for at, (name, spec) in enumerate(specs.items(), 1):
            if (known := before.get(name)) is not spec and known != spec:
                changed.append(name)
            if at % _COMPARED == 0:
                await asyncio.sleep(0)
        gone = [name for name in before if name not in specs]
        for _ in self._ranker.discard_many(gone) if len(gone) > _AT_ONCE else self._dropped(gone):
            await asyncio.sleep(0)
        for at, name in enumerate(changed, 1):
            self._ranker.add(specs[name])
            if at % _AT_ONCE == 0:
                await asyncio.sleep(0)
        self._specs = specs

    def _dropped(self, gone: Iterable[str]) -> Iterator[None]:
        for name in gone:
            self._ranker.discard(name)
        yield
