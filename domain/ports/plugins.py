"""The port to the plugins of this process."""

from collections.abc import Sequence
from typing import Protocol

from domain.plugins import PluginInfo
from domain.switches import Switch, Switchboard, SwitchKind
from domain.tools import Tool


class Plugins(Protocol):
    """The plugins that were found here, and what became of them."""

    @property
    def board(self) -> Switchboard | None:
        """How the switches were when they were last applied; None before the first time."""
        ...

    def apply(self, board: Switchboard) -> None:
        """Make it so: find, import, drop and read again what the switches ask for.

        It may take as long as plugins take to be imported, so it is called in a thread. What is
        at hand changes at once, when all is done. No plugin makes it raise.
        """
        ...

    def in_use(self, kind: SwitchKind, name: str) -> tuple[str, str]:
        """Return which plugin's code a plugin or tool of that name is now, and its release."""
        ...

    def set_aside(self, kind: SwitchKind, name: str, switch: Switch) -> None:
        """Stop using a plugin or tool, as this switch of it says; in any thread."""
        ...

    def plugins(self) -> Sequence[PluginInfo]:
        """Return what became of each plugin, in the order in which they are taken in."""
        ...

    def tools_off(self) -> Sequence[Tool]:
        """Return the tools of active plugins that are off, sorted by name."""
        ...

    def why_off(self, tool: str) -> str:
        """Return why a tool is off; empty when an operator switched it off."""
        ...
