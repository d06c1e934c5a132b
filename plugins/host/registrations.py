"""Registrations of one plugin: receives and validates what its hooks register."""

import inspect
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final

from domain.agents.agent import Agent
from domain.models.ports import ChatModel
from domain.plugins.plugin import ChatModelOffer
from domain.shared.json_values import storable
from domain.shared.text import shorten
from domain.tools.tool import Tool, ToolSpec
from plugins.authoring.errors import ToolDefinitionError
from plugins.authoring.hookspecs import Alerts, Figures, Lifespan, Observer, Veto
from plugins.containment.acting import watched_function, watched_lifespan, watched_model
from plugins.host.admission import AdmittedTool, admit

_REFUSAL_LENGTH: Final = 500
_NAME: Final = re.compile(r"[a-z][a-z0-9_.-]{0,63}", re.ASCII)
_log: Final = logging.getLogger(__name__)

AsyncFunction = Callable[..., Awaitable[Any]]


class Registrations:
    """What a plugin offers. ``refusals`` names what was refused, and why.

    ``before`` are its registrations before a reload: a tool that is the same object is reused
    without validation.
    """

    def __init__(
        self, plugin: str, release: str = "", before: "Registrations | None" = None
    ) -> None:
        self.plugin: Final = plugin
        self.tools: dict[str, AdmittedTool] = {}
        self.chat_models: dict[str, ChatModelOffer] = {}
        self.agents: dict[str, Agent] = {}
        self.figures: list[Figures] = []
        self.alerts: list[Alerts] = []
        self.vetoes: list[Veto] = []
        self.observers: list[Observer] = []
        self.lifespans: list[Lifespan] = []
        self.refusals: list[str] = []
        self.release: Final = release
        self._before = before.tools if before is not None and before.release == release else {}
        self._is_open = True

    def close(self) -> None:
        """Ignore further registrations: the hooks have returned."""
        self._is_open = False
        self._before = {}

    def taker(self, hook: str) -> Callable[..., None]:
        """Return the ``register`` function that a hook is called with."""
        take = self._takers()[hook]

        def register(*what: Any, **named: Any) -> None:
            if not self._is_open:
                _log.warning("Plugin %s registers after its time: ignored", self.plugin)
                return
            try:
                take(*what, **named)
            except (ToolDefinitionError, _Refused) as error:
                self.refusals.append(shorten(f"refused: {error}", _REFUSAL_LENGTH))

        return register

    def _takers(self) -> dict[str, Callable[..., None]]:
        return {
            "puerto_register_tools": self._take_tool,
            "puerto_register_chat_models": self._take_chat_model,
            "puerto_register_agents": self._take_agent,
            "puerto_register_figures": self._adding_to(
                self.figures, "figures", "question for figures"
            ),
            "puerto_register_alerts": self._adding_to(self.alerts, "alerts", "alerts"),
            "puerto_register_vetoes": self._adding_to(self.vetoes, "a veto", "veto"),
            "puerto_register_observers": self._adding_to(self.observers, "an observer", "observer"),
            "puerto_register_lifespan": self._take_lifespan,
        }

    def _take_tool(self, tool: Tool) -> None:
        admitted = self._reusable(tool) or admit(tool, self.plugin, self.release)
        if admitted.spec.name in self.tools:
            raise _Refused(f"tool {admitted.spec.name!r} is registered twice")
        self.tools[admitted.spec.name] = admitted

    def _reusable(self, tool: Tool) -> AdmittedTool | None:
        spec = getattr(tool, "spec", None)
        known = self._before.get(spec.name) if isinstance(spec, ToolSpec) else None
        return known if known is not None and known.tool is tool and known.given is spec else None

    def _take_chat_model(
        self, name: str, factory: Callable[[], ChatModel], *, default_model: str
    ) -> None:
        _require_name("chat model", name, self.chat_models)
        _require_callable(factory)
        given: Any = default_model  # as a plugin may have given it
        if not (isinstance(given, str) and given):
            raise _Refused(f"chat model {name!r} has no default model")
        self.chat_models[name] = ChatModelOffer(
            name, watched_model(self.plugin, factory), default_model
        )

    def _adding_to(
        self, functions: list[Any], what: str, each: str
    ) -> Callable[[AsyncFunction], None]:
        """Return a function that wraps an async function of the plugin and adds it to the list."""

        def take(function: AsyncFunction) -> None:
            _require_callable(function)
            if not _is_async(function):
                name = getattr(function, "__name__", type(function).__name__)
                raise _Refused(f"{what}, {name!r}: it is not async; write it as `async def`")
            functions.append(watched_function(self.plugin, each, function))

        return take

    def _take_lifespan(self, lifespan: Lifespan) -> None:
        _require_callable(lifespan)
        self.lifespans.append(watched_lifespan(self.plugin, lifespan))

    def _take_agent(self, agent: Agent) -> None:
        if not isinstance(agent, Agent):
            raise _Refused(f"{type(agent).__name__!r} is not an Agent")
        _require_name("agent", agent.name, self.agents)
        _require_texts(agent)
        self.agents[agent.name] = replace(
            agent,
            description=storable(agent.description),
            instructions=storable(agent.instructions),
            tools=tuple(map(storable, agent.tools)),
        )


class _Refused(Exception):
    """A registration is invalid; the message says why."""


def _require_callable(function: object) -> None:
    if not callable(function):
        raise _Refused(f"{type(function).__name__!r} is not a function")
    if isinstance(function, AbstractAsyncContextManager):
        raise _Refused("register the function that makes the context manager, not what it makes")


def _is_async(function: Any) -> bool:
    """Return whether a call returns a coroutine, as far as can be known without a call."""
    while isinstance(function, partial):
        function = function.func
    call = getattr(function, "__call__", None)  # noqa: B004  of an object with a method of its own
    with suppress(ValueError):  # of wrappers that lead in a circle
        function = inspect.unwrap(function)
    return any(map(inspect.iscoroutinefunction, (function, call)))


def _require_texts(agent: Agent) -> None:
    given: Any = agent  # as a plugin may have filled it
    if not (isinstance(given.instructions, str) and given.instructions.strip()):
        raise _Refused(f"agent {agent.name!r} has no instructions")
    if not isinstance(given.description, str):
        raise _Refused(f"agent {agent.name!r}: its description is no text")
    is_list = isinstance(given.tools, list | tuple)
    if not (is_list and all(isinstance(pattern, str) for pattern in given.tools)):
        raise _Refused(f"agent {agent.name!r}: its tools are no list of patterns, as ['jira_*']")


def _require_name(what: str, name: object, taken: dict[str, Any]) -> None:
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise _Refused(
            f"{what} {name!r}: a name is 1 to 64 lower-case letters, digits, '_', '.' and '-',"
            " and begins with a letter"
        )
    if name in taken:
        raise _Refused(f"{what} {name!r} is registered twice")
