"""The registrar of one plugin: validates what it registers."""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from typing import Any, Final, Literal

from pydantic import BaseModel
from typing_extensions import override

from domain.agents.agent import Agent
from domain.connected_accounts.account import Account, KeyAccount, OAuthAccount
from domain.models.ports import ChatModel
from domain.notifications.notices import Observer
from domain.plugins.contents import BroughtFunction
from domain.plugins.guards import GuardOffer, GuardPoint, MessageGuard
from domain.plugins.incidents import PluginPart
from domain.plugins.places import innermost, place_of_function
from domain.plugins.plugin import ChatModelOffer, Lifespan
from domain.plugins.timings import CallTimes
from domain.policy.policy import Veto
from domain.shared.json_values import storable
from domain.tools.context import PluginContext, context_apart
from domain.tools.tool import Tool, ToolSpec
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
from plugins.authoring.threads import threaded
from plugins.containment.acting import watched_function, watched_lifespan, watched_model
from plugins.host.admission import AdmittedTool, admit, place_of_tool
from plugins.host.live_tools import ToolSources, nothing_changed, require_room
from plugins.host.registrations import MOST_REFUSALS, Registrations, refused
from plugins.host.specifications import (
    Unregistrable,
    in_context,
    is_async,
    is_line,
    name_of,
    require_callable,
    require_few,
    require_name,
    require_texts,
)

_MOST_ACCOUNTS: Final = 20  # of one plugin
_LATE: Final = (
    "puerto_register has returned: what a plugin brings is registered in it; "
    "tools that come and go later are given to registry.tools.replace"
)
_WORDS: Final[Mapping[PluginPart, tuple[str, str]]] = {
    PluginPart.FIGURES: ("figures", "question for figures"),
    PluginPart.ALERTS: ("alerts", "alerts"),
    PluginPart.VETO: ("a veto", "veto"),
    PluginPart.GUARD: ("a guard", "guard"),
    PluginPart.OBSERVER: ("an observer", "observer"),
}  # what a refusal calls it, and what it is in "the veto of the plugin"
_MAY_BLOCK: Final = {PluginPart.FIGURES, PluginPart.ALERTS}

AsyncFunction = Callable[..., Awaitable[Any]]


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
        self._tools = ToolSources(
            self.registrations, self._context.clock, self._when_closed(changed)
        )
        self._is_open = True

    @property
    @override
    def context(self) -> PluginContext:
        return self._context

    @property
    @override
    def tools(self) -> ToolSources:
        return self._tools

    def _when_closed(
        self, changed: Callable[[Registrations], None]
    ) -> Callable[[Registrations], None]:
        def told(registrations: Registrations) -> None:
            if not self._is_open:  # else it is not in use yet, and who loads it holds the lock
                changed(registrations)

        return told

    def close(self) -> None:
        """Take no further registrations: the hook has returned."""
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
        self._take(self._take_function, taken, PluginPart.FIGURES, function)

    @override
    def add_alerts(self, function: Alerts | AlertsInContext) -> None:
        taken = self.registrations.alerts
        self._take(self._take_function, taken, PluginPart.ALERTS, function)

    @override
    def add_veto(self, veto: Veto | VetoInContext) -> None:
        self._take(self._take_function, self.registrations.vetoes, PluginPart.VETO, veto)

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
        taken = self.registrations.observers
        self._take(self._take_function, taken, PluginPart.OBSERVER, observer)

    @override
    def add_lifespan(self, lifespan: Lifespan | LifespanInContext) -> None:
        self._take(self._take_lifespan, lifespan)

    @property
    def _plugin(self) -> str:
        return self.registrations.plugin

    def _take(self, take: Callable[..., None], *given: Any) -> None:
        """Take something, or note why it is refused.

        Raises:
            RuntimeError: the hook has returned.

        """
        if not self._is_open:
            raise RuntimeError(_LATE)
        refusals = self.registrations.refusals
        try:
            take(*given)
        except BaseException as error:  # noqa: BLE001  untrusted objects may raise anything
            if len(refusals) < MOST_REFUSALS:
                now, where = self._context.clock.now(), _place_of(given)
                refusals.append(refused(self._plugin, error, where, now))

    def _take_settings(self, model: type[BaseModel]) -> None:
        given: Any = model  # as a plugin may have given it
        if not (isinstance(given, type) and issubclass(given, BaseModel)):
            raise Unregistrable("its settings: they are a class of pydantic's BaseModel")
        if self.registrations.settings is not None:
            raise Unregistrable("its settings are declared twice: one model holds them all")
        self.registrations.settings = PydanticSettings(self._plugin, model)

    def _take_tool(self, tool: Tool) -> None:
        release = self.registrations.release
        admitted = self._reusable(tool) or admit(tool, self._plugin, release)
        taken = self.registrations.registered_tools
        require_room(admitted, taken)
        taken[admitted.spec.name] = admitted

    def _reusable(self, tool: Tool) -> AdmittedTool | None:
        spec = getattr(tool, "spec", None)
        known = self._before.get(spec.name) if isinstance(spec, ToolSpec) else None
        return known if known is not None and known.tool is tool and known.given is spec else None

    def _take_chat_model(
        self, name: str, factory: Callable[..., ChatModel], default_model: str
    ) -> None:
        taken = self.registrations.chat_models
        require_name("chat model", name, taken)
        require_callable(factory)
        given: Any = default_model  # as a plugin may have given it
        if not (is_line(given) and given):
            raise Unregistrable(f"chat model {name!r} has no default model")
        make = watched_model(self._plugin, in_context(factory, self._context))
        taken[name] = ChatModelOffer(name, make, storable(default_model))

    def _take_function(self, taken: list[Any], part: PluginPart, function: AsyncFunction) -> None:
        """Wrap an async function of the plugin, and add it to the list."""
        require_few(_WORDS[part][0], taken)
        taken.append(self._function(part, function))

    def _take_guard(self, function: AsyncFunction, at: Any, required: object) -> None:
        if at not in set(GuardPoint):
            places = " or ".join(repr(str(point)) for point in GuardPoint)
            raise Unregistrable(f"a guard, {name_of(function)!r}: it stands at {places}")
        if not isinstance(required, bool):
            raise Unregistrable(f"a guard, {name_of(function)!r}: required is True or False")
        require_few("a guard", self.registrations.guards)
        wrapped = self._function(PluginPart.GUARD, function)
        self.registrations.guards.append(GuardOffer(GuardPoint(at), wrapped, required))

    def _function(
        self, part: PluginPart, function: AsyncFunction
    ) -> Callable[..., Coroutine[Any, Any, Any]]:
        """Return a function of the plugin, wrapped; one that may block runs in a thread."""
        what, each = _WORDS[part]
        require_callable(function)
        given, name = in_context(function, self._context), name_of(function)
        if not is_async(function):
            if part not in _MAY_BLOCK:
                raise Unregistrable(f"{what}, {name!r}: it is not async; write it as `async def`")
            given = threaded(str(name), given)
        return watched_function(self._plugin, each, given, self._listed(part, function))

    def _listed(self, part: PluginPart, function: object) -> CallTimes:
        """List a function for operators; return where its calls are to be counted."""
        name, calls = str(name_of(innermost(function))), CallTimes()
        listed = BroughtFunction(part, name, place_of_function(function), calls)
        self.registrations.functions.append(listed)
        return calls

    def _take_lifespan(self, lifespan: Callable[..., AbstractAsyncContextManager[None]]) -> None:
        require_callable(lifespan)
        require_few("a lifespan", self.registrations.lifespans)
        entries = self._listed(PluginPart.LIFESPAN, lifespan)
        life = watched_lifespan(self._plugin, in_context(lifespan, self._context), entries)
        self.registrations.lifespans.append(life)

    def _take_agent(self, agent: Agent) -> None:
        if not isinstance(agent, Agent):
            raise Unregistrable(f"{type(agent).__name__!r} is not an Agent")
        taken = self.registrations.agents
        require_name("agent", agent.name, taken)
        require_texts(agent)
        taken[agent.name] = replace(
            agent,
            description=storable(agent.description),
            instructions=storable(agent.instructions),
            tools=tuple(map(storable, agent.tools)),
        )

    def _take_account(self, account: Account) -> None:
        if not isinstance(account, OAuthAccount | KeyAccount):
            raise Unregistrable(f"{type(account).__name__!r} is no OAuthAccount and no KeyAccount")
        taken = self.registrations.accounts
        if account.name in taken:
            raise Unregistrable(f"account {account.name!r} is registered twice")
        if len(taken) >= _MOST_ACCOUNTS:
            raise Unregistrable(f"account {account.name!r}: a plugin can have {_MOST_ACCOUNTS}")
        taken[account.name] = account


def _place_of(given: Sequence[object]) -> str:
    """Return the place of what was to be registered; where it has none, of the call that did it."""
    for each in given:
        with suppress(BaseException):  # of odd objects
            if place := place_of_tool(each):
                return place
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return "" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
