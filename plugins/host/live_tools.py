"""Tools of a plugin that come and go while it is in use, as those of a bridge do."""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from typing_extensions import override

from domain.shared.clock import Clock
from domain.tools.tool import Tool
from plugins.authoring.errors import ToolDefinitionError
from plugins.authoring.registry import LiveTools
from plugins.host.admission import admit, place_of_tool
from plugins.host.registrations import LiveSource, Registrations, refused

MOST_TOOLS: Final = 5_000  # of one plugin
_MOST_REFUSALS: Final = 100


class ToolSources(LiveTools):
    """The sources of a plugin's live tools; ``changed`` is called after each replacement."""

    def __init__(
        self, registrations: Registrations, clock: Clock, changed: Callable[[Registrations], None]
    ) -> None:
        self._registrations = registrations
        self._clock = clock
        self._changed = changed
        self._changing = threading.Lock()

    @override
    async def replace(self, source: str, tools: Iterable[Tool]) -> Sequence[str]:
        return await asyncio.to_thread(self._replace, source, list(tools))

    def _replace(self, source: str, tools: Sequence[Tool]) -> Sequence[str]:
        registrations = self._registrations
        with self._changing:
            registrations.live[source] = found = self._admit(source, tools)
            if not tools:
                del registrations.live[source]
        self._changed(registrations)
        return [each.words for each in found.refusals]

    def _admit(self, source: str, tools: Sequence[Tool]) -> LiveSource:
        registrations = self._registrations
        others = [each for name, each in registrations.live.items() if name != source]
        taken = {*registrations.registered_tools, *(name for each in others for name in each.tools)}
        found = LiveSource()
        for tool in tools:
            try:
                admitted = admit(tool, registrations.plugin, registrations.release)
                _require_room(admitted.spec.name, taken)
            except ToolDefinitionError as error:
                if len(found.refusals) < _MOST_REFUSALS:
                    now = self._clock.now()
                    found.refusals.append(
                        refused(registrations.plugin, error, place_of_tool(tool), now)
                    )
            else:
                taken.add(admitted.spec.name)
                found.tools[admitted.spec.name] = admitted
        return found


def _require_room(name: str, taken: Collection[str]) -> None:
    if name in taken:
        raise ToolDefinitionError(f"tool {name!r} is registered twice")
    if len(taken) >= MOST_TOOLS:
        raise ToolDefinitionError(f"tool {name!r}: a plugin can have {MOST_TOOLS:,} tools, no more")


def nothing_changed(_registrations: Registrations) -> None:
    """Do nothing: the plugin is not in use by a service."""
