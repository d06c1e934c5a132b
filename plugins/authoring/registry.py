"""The registry that a plugin is given, and the types of what it registers there."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal, Protocol

from pydantic import BaseModel

from domain.agents.agent import Agent
from domain.connected_accounts.account import Account
from domain.models.ports import ChatModel
from domain.monitoring.alerts import Alert
from domain.notifications.notices import Notice, Observer
from domain.plugins.guards import Block, GuardedMessage, GuardPoint, MessageGuard, Replace
from domain.plugins.plugin import Lifespan
from domain.policy.policy import Ask, Deny, Proposal, Veto
from domain.tools.context import PluginContext
from domain.tools.tool import Tool

Figures = Callable[[], Mapping[str, float] | Awaitable[Mapping[str, float]]]
"""Returns figures (metrics) by name, such as ``aws_instances``."""

Alerts = Callable[[], Sequence[Alert] | Awaitable[Sequence[Alert]]]
"""Returns the current alert of everything that it watches."""

ModelFactory = Callable[[], ChatModel]
"""Makes a chat model; it is called when the provider is first needed."""


class FiguresInContext(Protocol):
    """`Figures` that are given the plugin's context."""

    def __call__(
        self, *, context: PluginContext
    ) -> Mapping[str, float] | Awaitable[Mapping[str, float]]:
        """Return figures by name."""
        ...


class AlertsInContext(Protocol):
    """`Alerts` that are given the plugin's context."""

    def __call__(self, *, context: PluginContext) -> Sequence[Alert] | Awaitable[Sequence[Alert]]:
        """Return the current alerts."""
        ...


class VetoInContext(Protocol):
    """A `Veto` that is given the plugin's context."""

    def __call__(
        self, proposal: Proposal, /, *, context: PluginContext
    ) -> Awaitable[Deny | Ask | str | None]:
        """Return what it has against the call, or None; text alone means `Deny`."""
        ...


class MessageGuardInContext(Protocol):
    """A `MessageGuard` that is given the plugin's context."""

    def __call__(
        self, message: GuardedMessage, /, *, context: PluginContext
    ) -> Awaitable[Block | Replace | None]:
        """Return what becomes of a text, or None to let it pass."""
        ...


class ObserverInContext(Protocol):
    """An `Observer` that is given the plugin's context."""

    def __call__(self, notice: Notice, /, *, context: PluginContext) -> Awaitable[None]:
        """Receive a notice."""
        ...


class LifespanInContext(Protocol):
    """A `Lifespan` that is given the plugin's context."""

    def __call__(self, *, context: PluginContext) -> AbstractAsyncContextManager[None]:
        """Return the context manager that is entered while the plugin is in use."""
        ...


class ModelFactoryInContext(Protocol):
    """A `ModelFactory` that is given the plugin's context."""

    def __call__(self, *, context: PluginContext) -> ChatModel:
        """Make a chat model."""
        ...


class LiveTools(Protocol):
    """Tools that come and go while a plugin is in use: those that a bridge finds, say."""

    async def replace(self, source: str, tools: Iterable[Tool]) -> Sequence[str]:
        """Put these tools in the place of those that came from this source; none removes them.

        ``source`` is any name that tells this plugin's sources apart, such as that of a server. An
        invalid tool is refused and the others are taken; what comes back says which, and why. It
        can be called at any time after ``puerto_register``, on this worker's event loop; each
        worker has its own.
        """
        ...


class Registry(Protocol):
    """What ``puerto_register`` is given: it takes everything that a plugin brings.

    What is invalid, or whose name is taken, is refused; the list of plugins says why, and the rest
    of the plugin works. After the hook has returned, only ``tools`` and
    ``context`` can be used: the rest raises RuntimeError.

    A function or factory below that has a parameter called ``context`` is given the plugin's
    `PluginContext` there.
    """

    @property
    def context(self) -> PluginContext:
        """The plugin's context, for objects that need it when they are made."""
        ...

    @property
    def tools(self) -> LiveTools:
        """The tools that come and go while the plugin is in use."""
        ...

    def use_settings(self, model: type[BaseModel]) -> None:
        """Declare the plugin's settings: the fields of a pydantic model.

        A field's value is what an operator has set, else that of a variable in the environment or
        in ``.env`` (``CRM_TOKEN`` is the field ``token`` of the plugin ``crm``; a
        ``validation_alias`` names another), else its default. They are validated before anything
        of the plugin is used, and it is off until they fit. `PluginContext.settings` returns them.
        """
        ...

    def add_tools(self, *tools: Tool) -> None:
        """Take tools: functions decorated with ``@tool``, or any objects that satisfy `Tool`."""
        ...

    def add_chat_model(
        self, name: str, factory: ModelFactory | ModelFactoryInContext, *, default_model: str
    ) -> None:
        """Take a model provider; ``factory`` is called when it is first needed."""
        ...

    def add_agents(self, *agents: Agent) -> None:
        """Take agents that a message can be addressed to."""
        ...

    def add_account(self, account: Account) -> None:
        """Take an account that each user connects: the user's own access to a service."""
        ...

    def add_figures(self, function: Figures | FiguresInContext) -> None:
        """Take a function that counts; one that is not async runs in a thread.

        It is called every ``PUERTO_COLLECT_SECONDS``, by one worker.
        """
        ...

    def add_alerts(self, function: Alerts | AlertsInContext) -> None:
        """Take a function that returns alerts; one that is not async runs in a thread.

        It is called every ``PUERTO_COLLECT_SECONDS``, by one worker.
        """
        ...

    def add_veto(self, veto: Veto | VetoInContext) -> None:
        """Take an async function that is asked before every tool call."""
        ...

    def add_guard(
        self,
        guard: MessageGuard | MessageGuardInContext,
        *,
        at: GuardPoint | Literal["before_model", "before_client"],
        required: bool = False,
    ) -> None:
        """Take an async function that sees each user's message, or each answer of a model, first.

        Where one that is ``required`` fails, the run ends; else the text passes.
        """
        ...

    def add_observer(self, observer: Observer | ObserverInContext) -> None:
        """Take an async function that receives every notice."""
        ...

    def add_lifespan(self, lifespan: Lifespan | LifespanInContext) -> None:
        """Take a function that returns an async context manager.

        It is entered at the start and left at the stop, of the service or the plugin.
        """
        ...
