"""The hook between Puerto and a plugin, and the deprecated hooks of version 0.1.

A plugin is a module (or any object) that an entry point of the group ``puerto`` names. It
implements ``puerto_register``, marked with ``@hookimpl``. The hook only registers and returns at
once; what is registered does the work later.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import pluggy

from domain.agents.agent import Agent
from domain.models.ports import ChatModel
from domain.notifications.notices import Observer
from domain.plugins.plugin import Lifespan
from domain.policy.policy import Veto
from domain.tools.tool import Tool
from plugins.authoring.registry import Alerts, Figures, Registry

PROJECT: Final = "puerto"

HOOK_VERSION: Final = 1
"""The only value that a plugin's ``PUERTO_HOOK_VERSION`` may have.

It is deprecated: a plugin says in its dependencies which versions of Puerto it works with.
"""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

RegisterTool = Callable[[Tool], None]
"""Takes a function decorated with ``@tool``, or any object that satisfies `Tool`. Deprecated."""


class RegisterChatModel(Protocol):
    """Takes a model provider: its name, a factory, and its default model. Deprecated."""

    def __call__(self, name: str, factory: Callable[[], ChatModel], *, default_model: str) -> None:
        """Register one provider; ``factory`` is called when it is first needed."""
        ...


class HookSpecs:
    """The hook."""

    @hookspec
    def puerto_register(self, registry: Registry) -> None:
        """Register with ``registry`` everything that the plugin brings."""


class DeprecatedHookSpecs:
    """The hooks of version 0.1, each for one kind of thing. They go with version 0.2."""

    @hookspec
    def puerto_register_tools(self, register: RegisterTool) -> None:
        """Call ``register`` once for each tool."""

    @hookspec
    def puerto_register_chat_models(self, register: RegisterChatModel) -> None:
        """Call ``register`` once for each model provider."""

    @hookspec
    def puerto_register_agents(self, register: Callable[[Agent], None]) -> None:
        """Call ``register`` once for each agent that a message can be addressed to."""

    @hookspec
    def puerto_register_figures(self, register: Callable[[Figures], None]) -> None:
        """Call ``register`` with an async function that counts."""

    @hookspec
    def puerto_register_alerts(self, register: Callable[[Alerts], None]) -> None:
        """Call ``register`` with an async function that returns alerts."""

    @hookspec
    def puerto_register_vetoes(self, register: Callable[[Veto], None]) -> None:
        """Call ``register`` with an async function that is asked before every tool call."""

    @hookspec
    def puerto_register_observers(self, register: Callable[[Observer], None]) -> None:
        """Call ``register`` with an async function that receives every notice."""

    @hookspec
    def puerto_register_lifespan(self, register: Callable[[Lifespan], None]) -> None:
        """Call ``register`` with a function that returns an async context manager."""


SUCCESSORS: Final[Mapping[str, str]] = {
    "puerto_register_tools": "add_tools",
    "puerto_register_chat_models": "add_chat_model",
    "puerto_register_agents": "add_agents",
    "puerto_register_figures": "add_figures",
    "puerto_register_alerts": "add_alerts",
    "puerto_register_vetoes": "add_veto",
    "puerto_register_observers": "add_observer",
    "puerto_register_lifespan": "add_lifespan",
}
"""The method of `Registry` that takes the place of each deprecated hook."""
