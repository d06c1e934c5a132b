"""What plugins register beside tools, as a test says."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from typing_extensions import override

from domain.agents.agent import Agent
from domain.notifications.notices import Notice, Observer
from domain.notifications.ports import Notices
from domain.plugins.guards import GuardOffer
from domain.plugins.plugin import ChatModelOffer, Lifespan, Registered
from domain.plugins.ports import Agents, Guards, LifespanOffers, ModelOffers, Observers, Vetoes
from domain.policy.policy import Veto


@dataclass
class FakeExtensions(Notices, Agents, Vetoes, Guards, Observers, LifespanOffers, ModelOffers):
    """Lists that a test fills; also a `Notices` that keeps what is published."""

    the_agents: list[Registered[Agent]] = field(default_factory=list)
    the_vetoes: list[Registered[Veto]] = field(default_factory=list)
    the_guards: list[Registered[GuardOffer]] = field(default_factory=list)
    the_observers: list[Registered[Observer]] = field(default_factory=list)
    the_lifespans: list[Registered[Lifespan]] = field(default_factory=list)
    the_models: list[Registered[ChatModelOffer]] = field(default_factory=list)
    published: list[Notice] = field(default_factory=list)

    @override
    def agents(self) -> Sequence[Registered[Agent]]:
        return tuple(self.the_agents)

    @override
    def vetoes(self) -> Sequence[Registered[Veto]]:
        return tuple(self.the_vetoes)

    @override
    def guards(self) -> Sequence[Registered[GuardOffer]]:
        return tuple(self.the_guards)

    @override
    def observers(self) -> Sequence[Registered[Observer]]:
        return tuple(self.the_observers)

    @override
    def lifespans(self) -> Sequence[Registered[Lifespan]]:
        return tuple(self.the_lifespans)

    @override
    def chat_models(self) -> Sequence[Registered[ChatModelOffer]]:
        return tuple(self.the_models)

    @override
    def publish(self, notice: Notice) -> None:
        self.published.append(notice)
