"""Registrations of one plugin: what it offers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial, update_wrapper
from typing import Final, TypeVar

from domain.agents.agent import Agent
from domain.connected_accounts.account import Account
from domain.monitoring.readings import Alerts, Figures
from domain.notifications.notices import Observer
from domain.plugins.contents import BroughtFunction, BroughtTool
from domain.plugins.guards import GuardOffer
from domain.plugins.plugin import ChatModelOffer, Lifespan, PluginProblem, ProblemKind
from domain.plugins.settings import SettingsForm
from domain.plugins.timings import LoadTimes
from domain.policy.policy import Veto
from domain.shared.json_values import storable
from domain.shared.text import shorten
from domain.shared.untrusted import in_short
from plugins.authoring.errors import ToolDefinitionError
from plugins.host.admission import AdmittedTool
from plugins.host.specifications import Unregistrable

MOST_REFUSALS: Final = 1_000  # that are kept
_REFUSAL_LENGTH: Final = 500

T = TypeVar("T")


@dataclass(slots=True)
class LiveSource:
    """The tools that came from one source while the plugin is in use, and what was refused."""

    tools: dict[str, AdmittedTool] = field(default_factory=dict)
    refusals: list[PluginProblem] = field(default_factory=list)


@dataclass(slots=True)
class Registrations:
    """What a plugin offers. ``refusals`` names what was refused, and why.

    ``live`` holds the tools that come and go, by their source; ``notes`` are for its author;
    ``settings`` is the form of the settings that it declares; ``functions`` lists its figures,
    alerts, vetoes, guards, observers and lifespans for operators.
    """

    plugin: str
    release: str = ""
    registered_tools: dict[str, AdmittedTool] = field(default_factory=dict)
    live: dict[str, LiveSource] = field(default_factory=dict)
    chat_models: dict[str, ChatModelOffer] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    figures: list[Figures] = field(default_factory=list)
    alerts: list[Alerts] = field(default_factory=list)
    vetoes: list[Veto] = field(default_factory=list)
    guards: list[GuardOffer] = field(default_factory=list)
    observers: list[Observer] = field(default_factory=list)
    lifespans: list[Lifespan] = field(default_factory=list)
    functions: list[BroughtFunction] = field(default_factory=list)
    refusals: list[PluginProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    settings: SettingsForm | None = None
    load: LoadTimes | None = None

    @property
    def tools(self) -> Mapping[str, AdmittedTool]:
        """All tools by name, those that come and go among them."""
        if not self.live:
            return self.registered_tools
        sources = list(self.live.values())
        return self.registered_tools | {n: t for each in sources for n, t in each.tools.items()}

    def brought_tools(
        self,
        on: Mapping[str, AdmittedTool],
        off: Mapping[str, AdmittedTool],
        why: Mapping[str, str],
    ) -> Sequence[BroughtTool]:
        """Return all tools but those that are refused for their names, sorted by name.

        ``on`` and ``off`` are the tools of all plugins; those of one that waits are in neither.
        """
        sources = {name: source for source, each in list(self.live.items()) for name in each.tools}
        return [
            BroughtTool(
                tool.spec,
                is_on=on.get(name) is tool,
                reason=why.get(name, ""),
                source=sources.get(name, ""),
                calls=tool.calls,
                previews=tool.previews,
            )
            for name, tool in sorted(self.tools.items())
            if (on.get(name) or off.get(name) or tool) is tool
        ]

    def restart(self) -> None:
        """Begin anew: lifespans are left and entered again, and chat models are made again."""
        self.lifespans = [_again(each) for each in self.lifespans]
        self.chat_models = {
            name: replace(offer, factory=_again(offer.factory))
            for name, offer in self.chat_models.items()
        }

    @property
    def live_refusals(self) -> list[PluginProblem]:
        """What was refused of the tools that come and go."""
        return [why for each in list(self.live.values()) for why in each.refusals]


def refused(plugin: str, why: object, where: str, since: datetime | None) -> PluginProblem:
    """Return the problem that something of a plugin is refused; an error raised by it is named."""
    is_ours = isinstance(why, str | ToolDefinitionError | Unregistrable)
    if isinstance(why, BaseException) and not is_ours:
        why = f"what was registered raised {in_short(why)}"
    return PluginProblem(
        ProblemKind.REFUSED,
        shorten(storable(str(why)), _REFUSAL_LENGTH),
        where,
        since,
        remedy=f"correct it in the plugin; then `puerto plugin reload {plugin}`",
    )


def _again(function: Callable[[], T]) -> Callable[[], T]:
    """Return another object that does the same: what was made of the one before is out of date."""
    before = function.func if isinstance(function, partial) else function
    other = partial(before)
    update_wrapper(other, before, updated=())  # incidents look for the plugin's frames by it
    return other
