"""Registrations of one plugin: what it offers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from domain.agents.agent import Agent
from domain.connected_accounts.account import Account
from domain.notifications.notices import Observer
from domain.plugins.guards import GuardOffer
from domain.plugins.plugin import ChatModelOffer, Lifespan
from domain.plugins.settings import SettingsForm
from domain.policy.policy import Veto
from plugins.authoring.registry import Alerts, Figures
from plugins.host.admission import AdmittedTool


@dataclass(slots=True)
class LiveSource:
    """The tools that came from one source while the plugin is in use, and what was refused."""

    tools: dict[str, AdmittedTool] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Registrations:
    """What a plugin offers. ``refusals`` names what was refused, and why.

    ``live`` holds the tools that come and go, by their source; ``notes`` are for its author;
    ``settings`` is the form of the settings that it declares.
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
    refusals: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    settings: SettingsForm | None = None

    @property
    def tools(self) -> Mapping[str, AdmittedTool]:
        """All tools by name, those that come and go among them."""
        if not self.live:
            return self.registered_tools
        sources = list(self.live.values())
        return self.registered_tools | {n: t for each in sources for n, t in each.tools.items()}

    def restart(self) -> None:
        """Make new objects of the lifespans, so that they are left and entered again."""
        self.lifespans = [partial(each) for each in self.lifespans]

    @property
    def live_refusals(self) -> list[str]:
        """What was refused of the tools that come and go."""
        return [why for each in list(self.live.values()) for why in each.refusals]
