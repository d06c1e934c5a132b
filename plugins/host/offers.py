"""Immutable snapshot of what all plugins offer, made anew after each change."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from domain.agents.agent import Agent
from domain.connected_accounts.account import Account
from domain.notifications.notices import Observer
from domain.plugins.guards import GuardOffer
from domain.plugins.plugin import (
    ChatModelOffer,
    Lifespan,
    PluginInfo,
    PluginState,
    Registered,
)
from domain.plugins.settings import CurrentSettings
from domain.plugins.switches import Switch, Switchboard
from domain.policy.policy import Veto
from domain.shared.text import shorten
from domain.tools.tool import missing
from plugins.authoring.registry import Alerts, Figures
from plugins.host.admission import AdmittedTool
from plugins.host.candidates import Candidate
from plugins.host.registrations import Registrations

_REASON_LENGTH: Final = 1_000
_MOST_REASONS: Final = 20  # that are listed: a plugin may have a thousand invalid tools

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A candidate and its state; ``offer`` holds its registrations, None if it is not in use."""

    candidate: Candidate
    state: PluginState
    reason: str = ""
    offer: Registrations | None = None


@dataclass(frozen=True, slots=True)
class PluginOffers:
    """What the plugins offer now. Tools are sorted by name, the rest in the order of the plugins.

    ``tools_off`` are tools that are switched off, quarantined or lack a setting; ``why_off`` has
    the reason by tool where it is not an operator's switch; ``listed`` are the values of ``tools``.
    """

    plugins: Sequence[PluginInfo] = ()
    tools: Mapping[str, AdmittedTool] = field(default_factory=dict)
    tools_off: Mapping[str, AdmittedTool] = field(default_factory=dict)
    why_off: Mapping[str, str] = field(default_factory=dict)
    listed: Sequence[AdmittedTool] = ()
    chat_models: Sequence[Registered[ChatModelOffer]] = ()
    agents: Sequence[Registered[Agent]] = ()
    accounts: Sequence[Registered[Account]] = ()
    figures: Sequence[Registered[Figures]] = ()
    alerts: Sequence[Registered[Alerts]] = ()
    vetoes: Sequence[Registered[Veto]] = ()
    guards: Sequence[Registered[GuardOffer]] = ()
    observers: Sequence[Registered[Observer]] = ()
    lifespans: Sequence[Registered[Lifespan]] = ()


def arrange(
    loaded: Sequence[Loaded],
    board: Switchboard,
    environ: Mapping[str, str],
    reserved_models: Container[str] = (),
    settings: CurrentSettings | None = None,
) -> PluginOffers:
    """Return what the plugins offer together; of two things of one name the first one is used.

    ``environ`` holds the settings that tools may require: a tool that lacks one is off.
    ``reserved_models`` are names of chat models that no plugin can have. A plugin whose
    ``settings`` do not fit offers nothing.
    """
    names = _Names(board, environ, reserved_models)
    ready = [_in_its_settings(one, settings or CurrentSettings(environ)) for one in loaded]
    infos = [names.take(one) for one in ready]
    offers = [one.offer for one in ready if one.offer is not None]

    def each(of: Callable[[Registrations], Iterable[T]]) -> tuple[Registered[T], ...]:
        return tuple(Registered(offer.plugin, value) for offer in offers for value in of(offer))

    tools = dict(sorted(names.tools.items()))
    return PluginOffers(
        plugins=tuple(infos),
        tools=tools,
        tools_off=dict(sorted(names.tools_off.items())),
        why_off=names.why_off,
        listed=tuple(tools.values()),
        chat_models=tuple(names.chat_models.values()),
        agents=tuple(names.agents.values()),
        accounts=each(lambda offer: offer.accounts.values()),
        figures=each(lambda offer: offer.figures),
        alerts=each(lambda offer: offer.alerts),
        vetoes=each(lambda offer: offer.vetoes),
        guards=each(lambda offer: offer.guards),
        observers=each(lambda offer: offer.observers),
        lifespans=each(lambda offer: offer.lifespans),
    )


class _Names:
    """Assigns names of tools, chat models and agents: the first plugin that has one gets it."""

    def __init__(
        self, board: Switchboard, environ: Mapping[str, str], reserved_models: Container[str]
    ) -> None:
        self.tools: dict[str, AdmittedTool] = {}
        self.tools_off: dict[str, AdmittedTool] = {}
        self.why_off: dict[str, str] = {}
        self.chat_models: dict[str, Registered[ChatModelOffer]] = {}
        self.agents: dict[str, Registered[Agent]] = {}
        self._board = board
        self._environ = environ
        self._reserved_models = reserved_models

    def take(self, one: Loaded) -> PluginInfo:
        """Add what a plugin offers, and return the plugin's entry for the list of plugins."""
        candidate, offer = one.candidate, one.offer
        info = PluginInfo(
            name=candidate.name,
            version=candidate.version,
            distribution=candidate.distribution,
            state=one.state,
            reason=one.reason,
            file=candidate.file,
        )
        if offer is None:
            return info
        refused = [*offer.refusals, *offer.live_refusals]
        refused += [*self._take_tools(offer), *self._take_models(offer)]
        refused += _take("agent", offer.plugin, offer.agents, self.agents)
        waiting = self._waiting_tools(offer)
        mine = sorted(name for name, tool in self.tools.items() if _is_of(tool, offer))
        reasons = filter(None, [one.reason, *refused, *waiting])
        return replace(
            info,
            reason=_joined(reasons),
            tools=tuple(mine),
            is_whole=not refused,
            notes=tuple(offer.notes),
        )

    def _take_models(self, offer: Registrations) -> Iterable[str]:
        free = dict(offer.chat_models)
        for name in offer.chat_models:
            if name in self._reserved_models:
                del free[name]
                yield f"refused: chat model {name!r}: one of this name is built in"
        yield from _take("chat model", offer.plugin, free, self.chat_models)

    def _take_tools(self, offer: Registrations) -> Iterable[str]:
        for name, tool in offer.tools.items():
            if (owner := self.tools.get(name) or self.tools_off.get(name)) is not None:
                yield f"refused: tool {name!r}: plugin {owner.spec.plugin!r} has one of this name"
            elif not (switch := self._switch(tool)).is_on:
                self.tools_off[name] = tool
                if switch.reason:
                    self.why_off[name] = switch.describe(offer.plugin)
                    yield f"tool {name!r} is quarantined: {self.why_off[name]}"
            elif lacking := missing(tool.spec, self._environ):
                self.tools_off[name] = tool
                self.why_off[name] = f"it requires {', '.join(lacking)}, not set"
            else:
                self.tools[name] = tool

    def _waiting_tools(self, offer: Registrations) -> Iterable[str]:
        """Yield a line for each tool that is off because a setting that it requires is missing."""
        for name, tool in offer.tools.items():
            if self.tools_off.get(name) is tool and missing(tool.spec, self._environ):
                yield f"tool {name!r} is off: {self.why_off[name]}"

    def _switch(self, tool: AdmittedTool) -> Switch:
        """Return the switch of the tool; a quarantine of another plugin or release is ignored."""
        spec = tool.spec
        return self._board.tool(spec.name).of(spec.plugin, spec.release)


def _in_its_settings(one: Loaded, settings: CurrentSettings) -> Loaded:
    """Return the plugin as waiting, if it declares settings that do not fit."""
    if one.offer is None or one.offer.settings is None:
        return one
    problem = settings.read(one.offer.plugin, one.offer.settings).problem
    if not problem:
        return one
    reason = shorten(problem, _REASON_LENGTH)
    return replace(one, state=PluginState.WAITING, reason=reason, offer=None)


def _joined(reasons: Iterable[str]) -> str:
    listed = list(reasons)
    more = [f"and {len(listed) - _MOST_REASONS} more"] if len(listed) > _MOST_REASONS else []
    return "; ".join([*listed[:_MOST_REASONS], *more])


def _is_of(tool: AdmittedTool, offer: Registrations) -> bool:
    return tool.spec.plugin == offer.plugin


def _take(
    what: str, plugin: str, offered: Mapping[str, T], taken: dict[str, Registered[T]]
) -> Iterable[str]:
    for name, value in offered.items():
        if (owner := taken.setdefault(name, Registered(plugin, value))).value is not value:
            yield f"refused: {what} {name!r}: plugin {owner.plugin!r} has one of this name"
