"""Switches: which plugins and tools are off, and how often they were to be read again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final


class SwitchKind(StrEnum):
    """What a switch belongs to."""

    PLUGIN = "plugin"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Switch:
    """How one plugin or tool is set.

    ``reason`` says why the service itself set it aside; it is empty when an operator did.
    ``generation`` grows each time that a plugin is to be read from disk again. ``waits_for``
    says what must be configured before it comes on; it is never stored.
    """

    is_on: bool = True
    reason: str = ""
    generation: int = 0
    waits_for: str = ""


ON: Final = Switch()


@dataclass(frozen=True, slots=True)
class Switchboard:
    """All switches, by name; what is not in it is on.

    ``generation`` grows each time that the environment is to be searched for plugins again.
    """

    plugins: Mapping[str, Switch] = field(default_factory=dict)
    tools: Mapping[str, Switch] = field(default_factory=dict)
    generation: int = 0

    def plugin(self, name: str) -> Switch:
        """Return the switch of a plugin."""
        return self.plugins.get(name, ON)

    def tool(self, name: str) -> Switch:
        """Return the switch of a tool."""
        return self.tools.get(name, ON)

    def without(self, kind: SwitchKind, name: str, reason: str) -> "Switchboard":
        """Return this board with one plugin or tool set aside for a reason."""
        if kind is SwitchKind.TOOL:
            switch = replace(self.tool(name), is_on=False, reason=reason)
            return replace(self, tools={**self.tools, name: switch})
        switch = replace(self.plugin(name), is_on=False, reason=reason)
        return replace(self, plugins={**self.plugins, name: switch})
