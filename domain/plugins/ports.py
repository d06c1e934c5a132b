"""The ports to plugins, what they register, and their switches."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.agents.agent import Agent
from domain.notifications.notices import Observer
from domain.plugins.contents import PluginContents
from domain.plugins.guards import GuardOffer
from domain.plugins.plugin import ChatModelOffer, Lifespan, PluginInfo, Registered
from domain.plugins.settings import SettingsForm
from domain.plugins.switches import Switch, Switchboard, SwitchKind
from domain.policy.policy import Veto
from domain.tools.tool import Tool


class Agents(Protocol):
    """The agents that plugins registered, to which a message can be addressed."""

    def agents(self) -> Sequence[Registered[Agent]]:
        """Return the agents; names are unique."""
        ...


class Vetoes(Protocol):
    """The vetoes that plugins registered."""

    def vetoes(self) -> Sequence[Registered[Veto]]:
        """Return the functions that are called before every tool call."""
        ...


class Guards(Protocol):
    """The guards of messages that plugins registered."""

    def guards(self) -> Sequence[Registered[GuardOffer]]:
        """Return the guards, in the order in which they see a text."""
        ...


class Observers(Protocol):
    """The observers that plugins registered."""

    def observers(self) -> Sequence[Registered[Observer]]:
        """Return the functions that are called with every notice."""
        ...


class LifespanOffers(Protocol):
    """The lifespans that plugins registered."""

    def lifespans(self) -> Sequence[Registered[Lifespan]]:
        """Return the functions that make the plugins' lifespan context managers."""
        ...


class ModelOffers(Protocol):
    """The model providers that plugins registered."""

    def chat_models(self) -> Sequence[Registered[ChatModelOffer]]:
        """Return the model providers; names are unique."""
        ...


class Plugins(Protocol):
    """The registry of the plugins in this process, and their states."""

    @property
    def board(self) -> Switchboard | None:
        """The switchboard that was last applied; None before the first time."""
        ...

    def apply(self, board: Switchboard) -> None:
        """Apply the switches: discover, import, drop and reload plugins.

        Call it in a thread: importing plugins may take long. The registered objects are replaced
        all at once at the end. No plugin can make it raise.
        """
        ...

    def in_use(self, kind: SwitchKind, name: str) -> tuple[str, str]:
        """Return the plugin that a plugin's or tool's name belongs to now, and its release."""
        ...

    def set_aside(self, kind: SwitchKind, name: str, switch: Switch) -> None:
        """Quarantine a plugin or tool with this switch. Thread-safe."""
        ...

    def plugins(self) -> Sequence[PluginInfo]:
        """Return the state of each plugin, in the order of loading."""
        ...

    def contents(self, plugin: str) -> PluginContents:
        """Return what a plugin brings; nothing if it is not loaded."""
        ...

    def tools_off(self) -> Sequence[Tool]:
        """Return the tools of active plugins that are off, sorted by name."""
        ...

    def why_off(self, tool: str) -> str:
        """Return why a tool is off; empty when an operator switched it off."""
        ...

    def forms(self) -> Sequence[Registered[SettingsForm]]:
        """Return the settings that loaded plugins declare, also those that wait for them."""
        ...


class StoredSettings(Protocol):
    """The repository of what operators have set, encrypted."""

    async def load(self) -> Mapping[str, bytes]:
        """Return the sealed settings by plugin."""
        ...

    async def put(self, plugin: str, sealed: bytes) -> None:
        """Store the sealed settings of a plugin, in the place of those before."""
        ...


class Switches(Protocol):
    """The repository of the installation's switchboard, shared by all workers."""

    async def load(self) -> Switchboard:
        """Return the stored switchboard."""
        ...

    async def turn(self, kind: SwitchKind, name: str, *, is_on: bool) -> None:
        """Switch a plugin or tool for an operator: its quarantine is deleted."""
        ...

    async def set_aside(self, kind: SwitchKind, name: str, switch: Switch) -> None:
        """Store the switch of a plugin or tool that the service quarantined; not its generation."""
        ...

    async def try_again(self, kind: SwitchKind, name: str, tries: int) -> bool:
        """Enable what was quarantined ``tries`` times, on trial; False: another worker did.

        The count and the time of the quarantine stay.
        """
        ...

    async def renew(self, plugin: str) -> None:
        """Ask every worker to reload a plugin from disk, also a quarantined one."""
        ...

    async def note_settings(self, plugin: str) -> None:
        """Count a change of a plugin's settings, so that every worker reads them again."""
        ...

    async def search(self) -> None:
        """Ask every worker to search its environment for plugins again."""
        ...
