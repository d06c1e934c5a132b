"""The use cases of operators: list, switch, reload and search for plugins and tools."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

from domain.accounts.users import Role, User
from domain.plugins.contents import PluginContents
from domain.plugins.incidents import Incident, Incidents
from domain.plugins.plugin import PluginInfo, PluginProblem, ProblemKind
from domain.plugins.service import PluginService
from domain.plugins.settings_service import SettingsAdministration, SettingsReport
from domain.shared.errors import NotFound
from domain.tools.catalogue import Catalogue
from domain.tools.tool import Tool, ToolSpec


@dataclass(frozen=True, slots=True)
class PluginReport:
    """A plugin on this worker: its state, what it brings, its settings, and its failures.

    ``settings`` is None for a plugin that declares none, or is not loaded.
    """

    plugin: PluginInfo
    incidents: Sequence[Incident]
    contents: PluginContents = field(default_factory=PluginContents)
    settings: SettingsReport | None = None

    @property
    def problems(self) -> Sequence[PluginProblem]:
        """Everything that is wrong with it, its failures while it was in use last."""
        name = self.plugin.name
        return [*self.plugin.problems, *(_failure(name, each) for each in self.incidents)]


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool; ``reason`` says why it is off, unless an operator switched it off."""

    spec: ToolSpec
    is_on: bool = True
    reason: str = ""


class PluginAdministration:
    """Shows and switches plugins. Every use case is for operators: else `Forbidden`."""

    def __init__(
        self,
        plugin_service: PluginService,
        incidents: Incidents,
        settings: SettingsAdministration,
    ) -> None:
        self._desk = plugin_service
        self._incidents = incidents
        self._settings = settings

    async def all(self, user: User) -> Sequence[PluginReport]:
        """Return all plugins, quarantined ones too."""
        user.require(Role.OPERATOR)
        return [self._report(user, plugin) for plugin in self._desk.plugins()]

    async def get(self, user: User, name: str) -> PluginReport:
        """Return one plugin.

        Raises:
            NotFound: there is none of that name.

        """
        user.require(Role.OPERATOR)
        return self._report(user, self._desk.plugin(name))

    async def turn(self, user: User, name: str, *, is_on: bool) -> PluginReport:
        """Switch a plugin on or off, as `PluginService.turn_plugin` does."""
        user.require(Role.OPERATOR)
        return self._report(user, await self._desk.turn_plugin(name, is_on=is_on))

    async def reload(self, user: User, name: str) -> PluginReport:
        """Reload a plugin from disk, as `PluginService.reload` does."""
        user.require(Role.OPERATOR)
        return self._report(user, await self._desk.reload(name))

    async def search(self, user: User) -> Sequence[PluginReport]:
        """Search for plugins again, as `PluginService.search` does."""
        user.require(Role.OPERATOR)
        return [self._report(user, plugin) for plugin in await self._desk.search()]

    def _report(self, user: User, plugin: PluginInfo) -> PluginReport:
        name = plugin.name
        contents, settings = self._desk.contents(name), self._settings.find(user, name)
        return PluginReport(plugin, self._incidents.of(name), contents, settings)


def _failure(plugin: str, incident: Incident) -> PluginProblem:
    return PluginProblem(
        ProblemKind.INCIDENT,
        f"{incident.part}: {incident.last_error}",
        incident.where,
        incident.since,
        incident.count,
        f"correct it there, or tell its author; then `puerto plugin reload {plugin}`",
    )


class ToolAdministration:
    """Lists the tools, those that are off among them, and switches them."""

    def __init__(self, plugin_service: PluginService, catalogue: Catalogue) -> None:
        self._desk = plugin_service
        self._catalogue = catalogue

    async def listed(self, _user: User, after: str, limit: int) -> Sequence[ListedTool]:
        """Return up to ``limit`` tools after that name, sorted by name, those that are off too."""
        on = await self._catalogue.specs()
        off = {tool.spec.name: tool for tool in self._desk.tools_off()}
        names = nsmallest(limit, (name for name in {*on, *off} if name > after))
        return [ListedTool(on[name]) if name in on else self._off(off[name]) for name in names]

    async def get(self, _user: User, name: str) -> ListedTool:
        """Return one tool, also one that is off.

        Raises:
            NotFound: no active plugin has one of that name.

        """
        on = (await self._catalogue.specs()).get(name)
        if on is not None:
            return ListedTool(on)
        off = next((tool for tool in self._desk.tools_off() if tool.spec.name == name), None)
        if off is None:
            raise NotFound("There is no such tool.")
        return self._off(off)

    async def fitting(self, _user: User, task: str, limit: int) -> Sequence[ListedTool]:
        """Return the enabled tools that rank best for a task, the best first."""
        return [ListedTool(spec) for spec in await self._catalogue.rank(task, limit)]

    async def turn(self, user: User, name: str, *, is_on: bool) -> ListedTool:
        """Switch a tool on or off, as `PluginService.turn_tool` does.

        Raises:
            Forbidden: the user is no operator.
            NotFound: no active plugin has one of that name.

        """
        user.require(Role.OPERATOR)
        tool = await self._desk.turn_tool(name, is_on=is_on)
        return self._off(tool) if tool in self._desk.tools_off() else ListedTool(tool.spec)

    def _off(self, tool: Tool) -> ListedTool:
        return ListedTool(tool.spec, is_on=False, reason=self._desk.why_off(tool.spec.name))
