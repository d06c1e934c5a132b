"""The registrar of one plugin: validates what it registers."""

import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel
from typing_extensions import override

from domain.agents.agent import Agent
from domain.connected_accounts.account import Account, KeyAccount, OAuthAccount
from domain.models.ports import ChatModel
from domain.notifications.notices import Observer
from domain.plugins.guards import GuardOffer, GuardPoint, MessageGuard
from domain.plugins.plugin import ChatModelOffer, Lifespan
from domain.policy.policy import Veto
from domain.shared.json_values import storable
from domain.shared.text import shorten
from domain.tools.context import PluginContext, context_apart
from domain.tools.tool import Tool, ToolSpec
from plugins.authoring.errors import ToolDefinitionError
from plugins.authoring.registry import (
    Alerts,
    AlertsInContext,
    Figures,
    FiguresInContext,
    LifespanInContext,
    MessageGuardInContext,
    ModelFactory,
    ModelFactoryInContext,
    ObserverInContext,
    Registry,
    VetoInContext,
)
from plugins.authoring.settings import PydanticSettings
from plugins.containment.acting import watched_function, watched_lifespan, watched_model
from plugins.host.admission import AdmittedTool, admit
from plugins.host.live_tools import ToolSources, nothing_changed
from plugins.host.registrations import Registrations

_REFUSAL_LENGTH: Final = 500
_MOST_ACCOUNTS: Final = 20  # of one plugin
_NAME: Final = re.compile(r"[a-z][a-z0-9_.-]{0,63}", re.ASCII)
_log: Final = logging.getLogger(__name__)

AsyncFunction = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=Callable[..., Any])


class Registrar(Registry):
    """Takes what a plugin registers, until it is closed.

    ``before`` are its registrations before a reload: a tool that is the same object is reused
    without validation. ``changed`` is called when tools came or went while it is in use.
    """

    def __init__(
        self,
        plugin: str,
        release: str = "",
        *,
        context: PluginContext | None = None,
        before: Registrations | None = None,
        changed: Callable[[Registrations], None] = nothing_changed,
    ) -> None:
        self.registrations: Final = Registrations(plugin, release)
        self._context = context or context_apart(plugin)
        is_same = before is not None and before.release == release
        self._before = before.registered_tools if before is not None and is_same else {}
        self._tools = ToolSources(self.registrations, changed)
        self._is_open = True

    @property
    @override
    def context(self) -> PluginContext:
        return self._context

    @property
    @override
    def tools(self) -> ToolSources:
        return self._tools

    def close(self) -> None:
        """Ignore further registrations: the hook has returned."""
        self._is_open = False
        self._before = {}

    @override
    def use_settings(self, model: type[BaseModel]) -> None:
        self._take(self._take_settings, model)

    @override
    def add_tools(self, *tools: Tool) -> None:
        for tool in tools:
            self._take(self._take_tool, tool)

    @override
    def add_chat_model(
        self, name: str, factory: ModelFactory | ModelFactoryInContext, *, default_model: str
    ) -> None:
        self._take(self._take_chat_model, name, factory, default_model)

    @override
    def add_agents(self, *agents: Agent) -> None:
        for agent in agents:
            self._take(self._take_agent, agent)

    @override
    def add_account(self, account: Account) -> None:
        self._take(self._take_account, account)

    @override
    def add_figures(self, function: Figures | FiguresInContext) -> None:
        taken = self.registrations.figures
        self._take(self._take_function, taken, "figures", "question for figures", function)

    @override
    def add_alerts(self, function: Alerts | AlertsInContext) -> None:
        self._take(self._take_function, self.registrations.alerts, "alerts", "alerts", function)

    @override
    def add_veto(self, veto: Veto | VetoInContext) -> None:
        self._take(self._take_function, self.registrations.vetoes, "a veto", "veto", veto)

    @override
    def add_guard(
        self,
        guard: MessageGuard | MessageGuardInContext,
        *,
        at: GuardPoint | Literal["before_model", "before_client"],
        required: bool = False,
    ) -> None:
        self._take(self._take_guard, guard, at, required)

    @override
    def add_observer(self, observer: Observer | ObserverInContext) -> None:
        self._take(
            self._take_function, self.registrations.observers, "an observer", "observer", observer
        )

    @override
    def add_lifespan(self, lifespan: Lifespan | LifespanInContext) -> None:
        self._take(self._take_lifespan, lifespan)

    @property
    def _plugin(self) -> str:
        return self.registrations.plugin

    def _take(self, take: Callable[..., None], *given: Any) -> None:
        """Take something, or note why it is refused."""
        if not self._is_open:
            _log.warning("Plugin %s registers after its time: ignored", self._plugin)
            return
        try:
            take(*given)
        except (ToolDefinitionError, _Refused) as error:
            self.registrations.refusals.append(shorten(f"refused: {error}", _REFUSAL_LENGTH))

    def _take_settings(self, model: type[BaseModel]) -> None:
        given: Any = model  # as a plugin may have given it
        if not (isinstance(given, type) and issubclass(given, BaseModel)):
            raise _Refused("its settings: they are a class of pydantic's BaseModel")
        if self.registrations.settings is not None:
            raise _Refused("its settings are declared twice: one model holds them all")
        self.registrations.settings = PydanticSettings(self._plugin, model)

    def _take_tool(self, tool: Tool) -> None:
        release = self.registrations.release
        admitted = self._reusable(tool) or admit(tool, self._plugin, release)
        taken = self.registrations.registered_tools
        if admitted.spec.name in taken:
            raise _Refused(f"tool {admitted.spec.name!r} is registered twice")
        taken[admitted.spec.name] = admitted

    def _reusable(self, tool: Tool) -> AdmittedTool | None:
        spec = getattr(tool, "spec", None)
        known = self._before.get(spec.name) if isinstance(spec, ToolSpec) else None
        return known if known is not None and known.tool is tool and known.given is spec else None

    def _take_chat_model(
        self, name: str, factory: Callable[..., ChatModel], default_model: str
    ) -> None:
        taken = self.registrations.chat_models
        _require_name("chat model", name, taken)
        _require_callable(factory)
        given: Any = default_model  # as a plugin may have given it
        if not (isinstance(given, str) and given):
            raise _Refused(f"chat model {name!r} has no default model")
        make = watched_model(self._plugin, self._in_context(factory))
        taken[name] = ChatModelOffer(name, make, default_model)

    def _take_function(
        self, taken: list[Any], what: str, each: str, function: AsyncFunction
    ) -> None:
        """Wrap an async function of the plugin, and add it to the list."""
        taken.append(self._function(what, each, function))

    def _take_guard(self, function: AsyncFunction, at: Any, required: object) -> None:
        wrapped = self._function("a guard", "guard", function)
        if at not in set(GuardPoint):
            places = " or ".join(repr(str(point)) for point in GuardPoint)
            raise _Refused(f"a guard, {_name_of(function)!r}: it stands at {places}")
        if not isinstance(required, bool):
            raise _Refused(f"a guard, {_name_of(function)!r}: required is True or False")
        self.registrations.guards.append(GuardOffer(GuardPoint(at), wrapped, required))

    def _function(
        self, what: str, each: str, function: AsyncFunction
    ) -> Callable[..., Coroutine[Any, Any, Any]]:
        """Return an async function of the plugin, wrapped."""
        _require_callable(function)
        if not _is_async(function):
            raise _Refused(
                f"{what}, {_name_of(function)!r}: it is not async; write it as `async def`"
            )
        return watched_function(self._plugin, each, self._in_context(function))

    def _take_lifespan(self, lifespan: Callable[..., AbstractAsyncContextManager[None]]) -> None:
        _require_callable(lifespan)
        life = watched_lifespan(self._plugin, self._in_context(lifespan))
        self.registrations.lifespans.append(life)

    def _take_agent(self, agent: Agent) -> None:
        if not isinstance(agent, Agent):
            raise _Refused(f"{type(agent).__name__!r} is not an Agent")
        taken = self.registrations.agents
        _require_name("agent", agent.name, taken)
        _require_texts(agent)
        taken[agent.name] = replace(
            agent,
            description=storable(agent.description),
            instructions=storable(agent.instructions),
            tools=tuple(map(storable, agent.tools)),
        )

    def _take_account(self, account: Account) -> None:
        if not isinstance(account, OAuthAccount | KeyAccount):
            raise _Refused(f"{type(account).__name__!r} is no OAuthAccount and no KeyAccount")
        taken = self.registrations.accounts
        if account.name in taken:
            raise _Refused(f"account {account.name!r} is registered twice")
        if len(taken) >= _MOST_ACCOUNTS:
            raise _Refused(f"account {account.name!r}: a plugin can have {_MOST_ACCOUNTS}")
        taken[account.name] = account

    def _in_context(self, function: F) -> F:
        """Return a function that is given the context, if it has a parameter of that name."""
        try:
            parameters: Mapping[str, Any] = inspect.signature(function).parameters
        except (TypeError, ValueError):  # it has no signature that Python can tell
            return function
        if "context" not in parameters:
            return function
        given: Any = partial(function, context=self._context)
        given.__module__ = function.__module__  # incidents look for the plugin's frames by it
        given.__wrapped__ = function
        return given  # type: ignore[no-any-return]  # a partial of the same function


class _Refused(Exception):
    """A registration is invalid; the message says why."""


def _name_of(function: object) -> object:
    return getattr(function, "__name__", type(function).__name__)


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


def _require_name(what: str, name: object, taken: Mapping[str, Any]) -> None:
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise _Refused(
            f"{what} {name!r}: a name is 1 to 64 lower-case letters, digits, '_', '.' and '-',"
            " and begins with a letter"
        )
    if name in taken:
        raise _Refused(f"{what} {name!r} is registered twice")
