"""The whole contract between Puerto and a plugin.

A plugin is a module (or any object) that an entry point of the group ``puerto`` names. It
implements any of the hooks below, under these names, each marked with ``@hookimpl``. A hook only
registers and returns at once; the registered functions do the work later.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

import pluggy

from domain.agents.agent import Agent
from domain.models.ports import ChatModel
from domain.monitoring.alerts import Alert
from domain.notifications.notices import Notice
from domain.policy.policy import Ask, Deny, Proposal
from domain.tools.tool import Tool

PROJECT: Final = "puerto"

HOOK_VERSION: Final = 1
"""Grows by one when a change of a hook requires plugins to change."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

RegisterTool = Callable[[Tool], None]
"""Takes a function decorated with ``@tool``, or any object that satisfies `Tool`."""

RegisterAgent = Callable[[Agent], None]

Figures = Callable[[], Awaitable[Mapping[str, float]]]
"""Returns figures (metrics) by name, such as ``aws_instances``."""

Alerts = Callable[[], Awaitable[Sequence[Alert]]]
"""Returns the current alert of everything that it watches."""

Veto = Callable[[Proposal], Awaitable[Deny | Ask | str | None]]
"""Returns what it has against a call, or None; text alone means `Deny`."""

Observer = Callable[[Notice], Awaitable[None]]

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


class RegisterChatModel(Protocol):
    """Takes a model provider: its name, a factory, and its default model."""

    def __call__(self, name: str, factory: Callable[[], ChatModel], *, default_model: str) -> None:
        """Register one provider; ``factory`` is called when it is first needed."""
        ...


class HookSpecs:
    """The hooks, each with its argument and what it must do."""

    @hookspec
    def puerto_register_tools(self, register: RegisterTool) -> None:
        """Call ``register`` once for each tool.

        A tool that is invalid, or whose name is taken, is refused. The list of plugins says why;
        the plugin's other tools work.
        """

    @hookspec
    def puerto_register_chat_models(self, register: RegisterChatModel) -> None:
        """Call ``register`` once for each model provider."""

    @hookspec
    def puerto_register_agents(self, register: RegisterAgent) -> None:
        """Call ``register`` once for each agent that a message can be addressed to."""

    @hookspec
    def puerto_register_figures(self, register: Callable[[Figures], None]) -> None:
        """Call ``register`` with an async function that counts.

        It is called every ``PUERTO_COLLECT_SECONDS``, by one worker.
        """

    @hookspec
    def puerto_register_alerts(self, register: Callable[[Alerts], None]) -> None:
        """Call ``register`` with an async function that returns alerts.

        It is called every ``PUERTO_COLLECT_SECONDS``, by one worker.
        """

    @hookspec
    def puerto_register_vetoes(self, register: Callable[[Veto], None]) -> None:
        """Call ``register`` with an async function that is asked before every tool call."""

    @hookspec
    def puerto_register_observers(self, register: Callable[[Observer], None]) -> None:
        """Call ``register`` with an async function that receives every notice."""

    @hookspec
    def puerto_register_lifespan(self, register: Callable[[Lifespan], None]) -> None:
        """Call ``register`` with a function that returns an async context manager.

        It is entered at the start and left at the stop, of the service or the plugin.
        """
