"""The plugin host: discovers and loads plugins, and quarantines those that fail.

A failing plugin does not affect the others: whatever it does while it is imported or its hooks are
called, it is quarantined with a reason that an operator can read. There is no sandbox: a plugin
runs in the service's process, with its rights.
"""

import logging
import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from typing_extensions import override

from domain.agents.agent import Agent
from domain.connected_accounts.account import Account
from domain.connected_accounts.ports import AccountOffers
from domain.monitoring.ports import Sources
from domain.monitoring.readings import Alerts, Figures
from domain.notifications.notices import Observer
from domain.plugins.contents import PluginContents
from domain.plugins.guards import GuardOffer
from domain.plugins.plugin import (
    ChatModelOffer,
    Lifespan,
    PluginInfo,
    PluginState,
    Registered,
)
from domain.plugins.ports import (
    Agents,
    Guards,
    LifespanOffers,
    ModelOffers,
    Observers,
    Plugins,
    Vetoes,
)
from domain.plugins.settings import CurrentSettings, ReadSettings, SettingsForm
from domain.plugins.switches import Switch, Switchboard, SwitchKind
from domain.policy.policy import Veto
from domain.shared.errors import UnknownTool
from domain.shared.text import did_you_mean, shorten
from domain.tools.context import PluginContext, context_apart
from domain.tools.ports import Toolbox
from domain.tools.tool import Tool
from plugins.host.candidates import Candidate
from plugins.host.modules import is_beneath, root_of
from plugins.host.offers import PluginOffers, arrange
from plugins.host.plugin_registry import PluginRegistry
from plugins.host.preflight import Preflight
from plugins.host.registrar import Registrar
from plugins.host.registrations import Registrations

__all__ = ["PluginHost", "PluginInfo", "PluginState"]

SECONDS: Final = 15.0

_CHANGING: Final = threading.Lock()  # one a process, since there is one `sys.modules`
_log: Final = logging.getLogger(__name__)


class PluginHost(
    AccountOffers,
    Sources,
    Toolbox,
    Agents,
    Vetoes,
    Guards,
    Observers,
    LifespanOffers,
    ModelOffers,
    Plugins,
):
    """The plugins of this process: a `Toolbox` of their tools, and their other registrations.

    It begins empty: `discover` loads the installed plugins and those in ``folder``, `register`
    adds one object. ``blocked`` holds the names of plugins that must not be loaded; ``seconds`` is
    the time limit of a plugin's import and of each of its hooks; ``reserved_models`` are names of
    chat models that no plugin can have; ``environ`` holds the settings that tools require;
    ``preflight`` tries plugins in a process of their own before they are loaded; ``context_of``
    makes a plugin's context; ``settings`` are the plugins' settings.

    Changes are serialized by a lock, in any thread; readers do not wait, and see the state after
    the last change.
    """

    def __init__(
        self,
        blocked: Collection[str] = (),
        folder: Path | None = None,
        *,
        seconds: float = SECONDS,
        reserved_models: Collection[str] = (),
        environ: Mapping[str, str] = os.environ,
        preflight: Preflight | None = None,
        context_of: Callable[[str], PluginContext] = context_apart,
        settings: CurrentSettings | None = None,
    ) -> None:
        self._registry = PluginRegistry(blocked, folder, seconds, self._registrar_for, preflight)
        self._context_of = context_of
        self._settings = settings or CurrentSettings(environ)
        self._settings_in_use: dict[str, ReadSettings] = {}
        self._reserved_models = frozenset(reserved_models)
        self._environ = environ
        self._board: Switchboard | None = None
        self._offers = PluginOffers()

    @property
    @override
    def board(self) -> Switchboard | None:
        """The switches that were last applied; None before the first time."""
        return self._board

    def discover(self) -> None:
        """Discover and load all plugins, with every switch on."""
        self.apply(Switchboard())

    def register(self, plugin: object, name: str) -> PluginInfo:
        """Load one object as a plugin, as if an entry point of that name led to it."""
        with _CHANGING:
            self._registry.add(Candidate(name, lambda: plugin), self._board or Switchboard())
            self._arrange()
            return self._offers.plugins[-1]

    def read_again(self, candidate: Candidate) -> PluginInfo:
        """Load a plugin that discovery does not find, or read it from disk again."""
        with _CHANGING:
            self._registry.read_again(candidate, self._board or Switchboard())
            self._arrange()
            return next(info for info in self._offers.plugins if info.name == candidate.name)

    @override
    def apply(self, board: Switchboard) -> None:
        with _CHANGING:
            self._apply(board)

    @override
    def in_use(self, kind: SwitchKind, name: str) -> tuple[str, str]:
        """Return name and release of the plugin that has the plugin or tool of that name now.

        Both are empty if there is no such tool; the release is empty if there is no such plugin.
        """
        if kind is SwitchKind.TOOL:
            tool = self._offers.tools.get(name)
            return ("", "") if tool is None else (tool.spec.plugin, tool.spec.release)
        releases = (
            one.candidate.release for one in self._registry.all if one.candidate.name == name
        )
        return name, next(releases, "")

    @override
    def set_aside(self, kind: SwitchKind, name: str, switch: Switch) -> None:
        """Apply the switch that quarantines a plugin or tool."""
        with _CHANGING:
            self._apply((self._board or Switchboard()).having(kind, name, switch))

    def owner_of(self, module: str) -> str | None:
        """Return the name of the plugin that a module belongs to, or None."""
        for one in self._registry.all:
            plugin = one.candidate
            if plugin.module and is_beneath(module, root_of(plugin.module, plugin.distribution)):
                return plugin.name
        return None

    @override
    def plugins(self) -> Sequence[PluginInfo]:
        return self._offers.plugins

    @override
    def contents(self, plugin: str) -> PluginContents:
        found = (one for one in self._registry.all if one.candidate.name == plugin)
        return next(map(self._offers.contents, found), PluginContents())

    @override
    def tools(self) -> Sequence[Tool]:
        return self._offers.listed

    @override
    def tools_off(self) -> Sequence[Tool]:
        return tuple(self._offers.tools_off.values())

    @override
    def why_off(self, tool: str) -> str:
        return self._offers.why_off.get(tool, "")

    @override
    def get(self, name: str) -> Tool:
        """Return the tool of that name.

        Raises:
            UnknownTool: there is no such tool, or it is switched off; the message suggests
                similar names.

        """
        offers = self._offers
        try:
            return offers.tools[name]
        except KeyError:
            pass
        if name in offers.tools_off:
            why = f": {offers.why_off[name]}" if name in offers.why_off else ""
            raise UnknownTool(f"The tool {name!r} is switched off{why}.")
        hint = did_you_mean(name, offers.tools)
        raise UnknownTool(f"There is no tool {shorten(name, 64)!r}.{hint}")

    @override
    def chat_models(self) -> Sequence[Registered[ChatModelOffer]]:
        """Return the registered providers of models; their names are unique."""
        return self._offers.chat_models

    @override
    def agents(self) -> Sequence[Registered[Agent]]:
        return self._offers.agents

    @override
    def accounts(self) -> Sequence[Registered[Account]]:
        return self._offers.accounts

    @override
    def figures(self) -> Sequence[Registered[Figures]]:
        return self._offers.figures

    @override
    def alerts(self) -> Sequence[Registered[Alerts]]:
        return self._offers.alerts

    @override
    def vetoes(self) -> Sequence[Registered[Veto]]:
        return self._offers.vetoes

    @override
    def guards(self) -> Sequence[Registered[GuardOffer]]:
        return self._offers.guards

    @override
    def observers(self) -> Sequence[Registered[Observer]]:
        return self._offers.observers

    @override
    def lifespans(self) -> Sequence[Registered[Lifespan]]:
        return self._offers.lifespans

    @override
    def forms(self) -> Sequence[Registered[SettingsForm]]:
        """Return the settings that loaded plugins declare, also those that wait for them."""
        offers = [one.offer for one in self._registry.all if one.offer is not None]
        return [Registered(each.plugin, each.settings) for each in offers if each.settings]

    def _registrar_for(self, candidate: Candidate, before: Registrations | None) -> Registrar:
        return Registrar(
            candidate.name,
            candidate.release,
            context=self._context_of(candidate.name),
            before=before,
            changed=self._tools_changed,
        )

    def _tools_changed(self, registrations: Registrations) -> None:
        """Offer the tools that came while their plugin is in use; those that went are gone."""
        with _CHANGING:
            if any(one.offer is registrations for one in self._registry.all):
                self._arrange()

    def _apply(self, board: Switchboard) -> None:
        before = self._board
        if before is None or board.generation != before.generation:
            self._registry.search(board, is_first=before is None)
        if before is not None:
            self._registry.follow(before, board)
        self._board = board
        self._arrange()

    def _arrange(self) -> None:
        before = self._offers.plugins
        self._restart_where_settings_changed()
        self._offers = arrange(
            self._registry.all,
            self._board or Switchboard(),
            self._environ,
            self._reserved_models,
            self._settings,
        )
        for plugin in self._offers.plugins:
            is_told = plugin.state in {PluginState.ACTIVE, PluginState.WAITING}
            if plugin.reason and is_told and plugin not in before:
                _log.warning("Plugin %s: %s", plugin.name, plugin.reason)
            if plugin.notes and plugin not in before:
                _log.warning("Plugin %s: %s", plugin.name, "; ".join(plugin.notes))

    def _restart_where_settings_changed(self) -> None:
        for one in self._registry.all:
            if one.offer is not None and (form := one.offer.settings) is not None:
                read = self._settings.read(one.offer.plugin, form)
                before = self._settings_in_use.get(one.offer.plugin, read)
                if before.form is form and before is not read:
                    one.offer.restart()
                self._settings_in_use[one.offer.plugin] = read
