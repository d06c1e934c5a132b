"""The ports to plugins, what they bring, and their switches."""

from collections.abc import Sequence
from typing import Protocol

from domain.agents.agent import Agent
from domain.notifications.notices import Observer
from domain.plugins.plugin import ChatModelOffer, Lifespan, PluginInfo, Registered
from domain.plugins.switches import Switch, Switchboard, SwitchKind
from domain.policy.policy import Veto
from domain.tools.tool import Tool


class Agents(Protocol):
    """The agents that a message can be addressed to."""

    def agents(self) -> Sequence[Registered[Agent]]:
        """Return the agents; no two have one name."""
        ...


class Vetoes(Protocol):
    """Who is asked before a call."""

    def vetoes(self) -> Sequence[Registered[Veto]]:
        """Return what is asked before every call of a tool."""
        ...


class Observers(Protocol):
    """Who is told what happens."""

    def observers(self) -> Sequence[Registered[Observer]]:
        """Return what is told of everything that happens."""
        ...


class Lives(Protocol):
    """What lasts as long as a plugin is in use."""

    def lifespans(self) -> Sequence[Registered[Lifespan]]:
        """Return what makes the context managers of plugins' lives."""
        ...


class ModelOffers(Protocol):
    """The providers of models that plugins bring."""

    def chat_models(self) -> Sequence[Registered[ChatModelOffer]]:
        """Return the providers of models; no two have one name."""
        ...


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


class Switches(Protocol):
    """The one switchboard of the installation."""

    async def load(self) -> Switchboard:
        """Return how everything is set now."""
        ...

    async def turn(self, kind: SwitchKind, name: str, *, is_on: bool) -> None:
        """Switch a plugin or tool, as an operator does: a quarantine is forgotten."""
        ...

    async def set_aside(self, kind: SwitchKind, name: str, switch: Switch) -> None:
        """Keep the switch of a plugin or tool that the service set aside; not its generation."""
        ...

    async def try_again(self, kind: SwitchKind, name: str, tries: int) -> bool:
        """Put in use again what was set aside so many times; False: another worker did.

        How often and when it was set aside is kept.
        """
        ...

    async def renew(self, plugin: str) -> None:
        """Ask every worker to read a plugin from disk again, also one that was set aside."""
        ...

    async def search(self) -> None:
        """Ask every worker to search its environment for plugins again."""
        ...
