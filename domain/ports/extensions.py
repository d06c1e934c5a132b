"""The ports to what plugins register beside tools, as it is now."""

from collections.abc import Sequence
from typing import Protocol

from domain.agents import Agent
from domain.notices import Observer
from domain.plugins import ChatModelOffer, Lifespan, Registered
from domain.policy import Veto


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
