"""Tools of a plugin that come and go while it is in use, as those of a bridge do."""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Final

from typing_extensions import override

from domain.plugins.plugin import PluginProblem
from domain.shared.clock import Clock
from domain.tools.tool import Tool
from plugins.authoring.registry import LiveTools
from plugins.authoring.threads import Threads
from plugins.host.admission import AdmittedTool, admit, is_of_json, place_of_tool
from plugins.host.registrations import MOST_REFUSALS, LiveSource, Registrations, refused
from plugins.host.specifications import Unregistrable

MOST_TOOLS: Final = 5_000  # of one plugin
_MOST_SOURCES: Final = 1_000  # of one plugin
_NAME_LENGTH: Final = 200
_AT_ONCE: Final = 16  # replacements of one plugin: a thread cannot be stopped


class ToolSources(LiveTools):
    """The sources of a plugin's live tools; ``changed`` is called after each replacement."""

    def __init__(
        self, registrations: Registrations, clock: Clock, changed: Callable[[Registrations], None]
    ) -> None:
        self._registrations = registrations
        self._clock = clock
        self._changed = changed
        self._changing = threading.Lock()
        self._threads = Threads(_AT_ONCE)

    @override
    async def replace(self, source: str, tools: Iterable[Tool]) -> Sequence[str]:
        self._require_source(source)
        replace = partial(self._replace, source, tools)
        refusals: Sequence[str] = await self._threads.run("registry.tools.replace", replace)
        return refusals

    def _replace(self, source: str, tools: Iterable[Tool]) -> Sequence[str]:
        given = list(islice(tools, 2 * MOST_TOOLS))  # it may have no end
        registrations = self._registrations
        with self._changing:
            before = registrations.live.get(source, LiveSource())
            found = self._admit(source, given, before)
            if given:
                registrations.live[source] = found
            else:
                registrations.live.pop(source, None)
        if not _are_same(found, before):
            self._changed(registrations)
        return [each.words for each in found.refusals]

    def _require_source(self, source: object) -> None:
        if not (isinstance(source, str) and len(source) <= _NAME_LENGTH):
            raise ValueError(f"a source has a name of at most {_NAME_LENGTH} characters")
        known = self._registrations.live
        if source not in known and len(known) >= _MOST_SOURCES:
            raise ValueError(f"a plugin can have {_MOST_SOURCES:,} sources of tools, no more")

    def _admit(self, source: str, tools: Sequence[Tool], before: LiveSource) -> LiveSource:
        registrations = self._registrations
        others = [each for name, each in registrations.live.items() if name != source]
        taken = {*registrations.registered_tools, *(name for each in others for name in each.tools)}
        known = {id(each.tool): each for each in before.tools.values()}
        found = LiveSource()
        for tool in tools:
            try:
                admitted = known.get(id(tool))
                if admitted is None or admitted.given is not tool.spec:
                    admitted = admit(tool, registrations.plugin, registrations.release)
                require_room(admitted, taken)
            except BaseException as error:  # noqa: BLE001  untrusted objects may raise anything
                if len(found.refusals) < MOST_REFUSALS:
                    found.refusals.append(self._refused(tool, error))
            else:
                taken.add(admitted.spec.name)
                found.tools[admitted.spec.name] = admitted
        return found

    def _refused(self, tool: object, error: BaseException) -> PluginProblem:
        where = ""
        with suppress(BaseException):  # of odd objects
            where = place_of_tool(tool)
        return refused(self._registrations.plugin, error, where, self._clock.now())


def _are_same(one: LiveSource, other: LiveSource) -> bool:
    """Tell whether they have the same tools, as objects: those of a plugin may compare oddly."""
    same = all(a is b for a, b in zip(one.tools.values(), other.tools.values(), strict=False))
    refusals = [[each.words for each in source.refusals] for source in (one, other)]
    return same and len(one.tools) == len(other.tools) and refusals[0] == refusals[1]


def require_room(tool: AdmittedTool, taken: Collection[str]) -> None:
    """Check that a plugin can have this tool beside those whose names are taken.

    Raises:
        Unregistrable: one has its name, or they are too many. Learned ones have another limit.

    """
    name = tool.spec.name
    if name in taken:
        raise Unregistrable(f"tool {name!r} is registered twice")
    if len(taken) >= MOST_TOOLS and not is_of_json(tool.tool):
        raise Unregistrable(f"tool {name!r}: a plugin can have {MOST_TOOLS:,} tools, no more")


def nothing_changed(_registrations: Registrations) -> None:
    """Do nothing: the plugin is not in use by a service."""
