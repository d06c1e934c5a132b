"""The plugin host: finds plugins, takes in the good ones, and says what is wrong with the rest.

A bad plugin is its own problem. Whatever it does while it is imported or asked what it brings,
it is set aside (quarantined) with a reason that an operator can read, and the others work.
There is no sandbox: a plugin runs in our process, with our rights.
"""

import logging
import os
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from domain.agents.agent import Agent
from domain.plugins.plugin import ChatModelOffer, PluginInfo, PluginState, Registered
from domain.plugins.switches import Switch, Switchboard, SwitchKind
from domain.shared.errors import UnknownTool
from domain.shared.text import shorten
from domain.tools.tool import Tool
from plugins.authoring.hookspecs import Alerts, Figures, Lifespan, Observer, Veto
from plugins.host.candidates import Candidate
from plugins.host.modules import is_beneath, root_of
from plugins.host.offers import AtHand, arrange
from plugins.host.preflight import Preflight
from plugins.host.roster import Roster
from plugins.host.suggestions import did_you_mean

__all__ = ["PluginHost", "PluginInfo", "PluginState"]

SECONDS: Final = 15.0

_CHANGING: Final = threading.Lock()  # one in the process, as there is one `sys.modules`
_log: Final = logging.getLogger(__name__)


class PluginHost:
    """The plugins of this process: a `Toolbox` of the tools that they bring, and what else.

    It begins empty: `discover` takes in what is installed and what lies in ``folder``,
    `register` one plugin at hand. ``blocked`` are names of plugins that must not be loaded;
    a plugin's import, and each of its hooks, may take ``seconds``; ``reserved_models`` are names
    of chat models that no plugin can have; ``environ`` holds the settings that tools require;
    ``preflight`` tries plugins before they are taken in.

    Changes are made one after the other, in whichever thread; what is at hand is read without
    waiting, as it was after the last of them.
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
    ) -> None:
        self._roster = Roster(blocked, folder, seconds, preflight)
        self._reserved_models = frozenset(reserved_models)
        self._environ = environ
        self._board: Switchboard | None = None
        self._at_hand = AtHand()

    @property
    def board(self) -> Switchboard | None:
        """How the switches were when they were last applied; None before the first time."""
        return self._board

    def discover(self) -> None:
        """Take in every plugin there is, whatever the switches say."""
        self.apply(Switchboard())

    def register(self, plugin: object, name: str) -> PluginInfo:
        """Take in one plugin that is at hand, as an entry point of that name would be."""
        with _CHANGING:
            self._roster.add(Candidate(name, lambda: plugin), self._board or Switchboard())
            self._arrange()
            return self._at_hand.plugins[-1]

    def apply(self, board: Switchboard) -> None:
        """Make it as the switches say, and import, drop and read again what that takes."""
        with _CHANGING:
            self._apply(board)

    def in_use(self, kind: SwitchKind, name: str) -> tuple[str, str]:
        """Return which plugin's code a plugin or tool of that name is now, and its release."""
        if kind is SwitchKind.TOOL:
            tool = self._at_hand.tools.get(name)
            return ("", "") if tool is None else (tool.spec.plugin, tool.spec.release)
        found = [one.candidate.release for one in self._roster.all if one.candidate.name == name]
        return name, found[0] if found else ""

    def set_aside(self, kind: SwitchKind, name: str, switch: Switch) -> None:
        """Stop using a plugin or tool, as this switch of it says."""
        with _CHANGING:
            self._apply((self._board or Switchboard()).having(kind, name, switch))

    def owner_of(self, module: str) -> str | None:
        """Return the plugin that a module belongs to."""
        for one in self._roster.all:
            found = one.candidate
            if found.module and is_beneath(module, root_of(found.module, found.distribution)):
                return found.name
        return None

    def plugins(self) -> Sequence[PluginInfo]:
        """Return what became of each plugin, in the order in which they are taken in."""
        return self._at_hand.plugins

    def tools(self) -> Sequence[Tool]:
        """Return the tools that can be called, sorted by name."""
        return self._at_hand.listed

    def tools_off(self) -> Sequence[Tool]:
        """Return the tools of active plugins that are off, sorted by name."""
        return tuple(self._at_hand.tools_off.values())

    def why_off(self, tool: str) -> str:
        """Return why a tool is off; empty when an operator switched it off."""
        return self._at_hand.why_off.get(tool, "")

    def get(self, name: str) -> Tool:
        """Return the tool of that name.

        Raises:
            UnknownTool: there is none, or it is switched off; the message names those with a
                similar name.

        """
        at_hand = self._at_hand
        try:
            return at_hand.tools[name]
        except KeyError:
            pass
        if name in at_hand.tools_off:
            why = f": {at_hand.why_off[name]}" if name in at_hand.why_off else ""
            raise UnknownTool(f"The tool {name!r} is switched off{why}.")
        hint = did_you_mean(name, at_hand.tools)
        raise UnknownTool(f"There is no tool {shorten(name, 64)!r}.{hint}")

    def chat_models(self) -> Sequence[Registered[ChatModelOffer]]:
        """Return the providers of models; no two have one name."""
        return self._at_hand.chat_models

    def agents(self) -> Sequence[Registered[Agent]]:
        """Return the agents; no two have one name."""
        return self._at_hand.agents

    def figures(self) -> Sequence[Registered[Figures]]:
        """Return what counts things."""
        return self._at_hand.figures

    def alerts(self) -> Sequence[Registered[Alerts]]:
        """Return what watches things."""
        return self._at_hand.alerts

    def vetoes(self) -> Sequence[Registered[Veto]]:
        """Return what is asked before every call of a tool."""
        return self._at_hand.vetoes

    def observers(self) -> Sequence[Registered[Observer]]:
        """Return what is told of everything that happens."""
        return self._at_hand.observers

    def lifespans(self) -> Sequence[Registered[Lifespan]]:
        """Return what makes the context managers of plugins' lives."""
        return self._at_hand.lifespans

    def _apply(self, board: Switchboard) -> None:
        before = self._board
        if before is None or board.generation != before.generation:
            self._roster.search(board, is_first=before is None)
        if before is not None:
            self._roster.follow(before, board)
        self._board = board
        self._arrange()

    def _arrange(self) -> None:
        before = self._at_hand.plugins
        self._at_hand = arrange(
            self._roster.all, self._board or Switchboard(), self._environ, self._reserved_models
        )
        for plugin in self._at_hand.plugins:
            if plugin.reason and plugin.state is PluginState.ACTIVE and plugin not in before:
                _log.warning("Plugin %s: %s", plugin.name, plugin.reason)
