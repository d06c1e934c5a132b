"""Immutable snapshot of what all plugins offer, made anew after each change."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeVar

from domain.agents.agent import Agent
from domain.connected_accounts.account import Account
from domain.monitoring.readings import Alerts, Figures
from domain.notifications.notices import Observer
from domain.plugins.contents import PluginContents
from domain.plugins.guards import GuardOffer
from domain.plugins.plugin import (
    ChatModelOffer,
    Lifespan,
    PluginInfo,
    PluginProblem,
    PluginState,
    ProblemKind,
    Registered,
)
from domain.plugins.settings import CurrentSettings
from domain.plugins.switches import Switch, Switchboard
from domain.policy.policy import Veto
from domain.shared.text import shorten
from domain.tools.tool import missing
from plugins.host.admission import AdmittedTool
from plugins.host.candidates import Candidate
from plugins.host.compatibility import shown, supported
from plugins.host.registrations import Registrations, refused

_REASON_LENGTH: Final = 1_000
_MOST_REASONS: Final = 20  # that are listed: a plugin may have a thousand invalid tools

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A candidate and its state; ``offer`` holds its registrations, None if it is not in use.

    ``problems`` are what ``reason`` says of a failure, one by one.
    """

    candidate: Candidate
    state: PluginState
    reason: str = ""
    offer: Registrations | None = None
    problems: Sequence[PluginProblem] = ()


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

    def contents(self, one: Loaded) -> PluginContents:
        """Return what a plugin brings, for operators."""
        fitting = supported(one.candidate.requires or ())
        requires = "" if fitting is None else shown(fitting)
        if (offer := one.offer) is None:
            return PluginContents(requires)
        return PluginContents(
            requires,
            offer.load,
            offer.brought_tools(self.tools, self.tools_off, self.why_off),
            offer.functions,
            {name: each.default_model for name, each in offer.chat_models.items()},
            {name: each.description for name, each in offer.agents.items()},
            {name: each.title for name, each in offer.accounts.items()},
        )


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
            problems=tuple(one.problems),
        )
        if offer is None:
            return info
        failed = [*offer.refusals, *offer.live_refusals]
        failed += [*self._take_tools(offer), *self._take_models(offer)]
        failed += _take("agent", offer, offer.agents, self.agents)
        waiting = list(self._waiting_tools(offer))
        mine = sorted(name for name, tool in self.tools.items() if _is_of(tool, offer))
        words = (each.words for each in (*failed, *waiting))
        reasons = filter(None, [one.reason, *words])
        return replace(
            info,
            reason=_joined(reasons),
            tools=tuple(mine),
            is_whole=not failed,
            notes=tuple(offer.notes),
            problems=(*one.problems, *failed, *waiting),
        )

    def _take_models(self, offer: Registrations) -> Iterable[PluginProblem]:
        free = dict(offer.chat_models)
        for name in offer.chat_models:
            if name in self._reserved_models:
                del free[name]
                yield _taken(offer, f"chat model {name!r}: one of this name is built in")
        yield from _take("chat model", offer, free, self.chat_models)

    def _take_tools(self, offer: Registrations) -> Iterable[PluginProblem]:
        for name, tool in offer.tools.items():
            if (owner := self.tools.get(name) or self.tools_off.get(name)) is not None:
                why = f"tool {name!r}: plugin {owner.spec.plugin!r} has one of this name"
                yield _taken(offer, why, tool.where)
            elif not (switch := self._switch(tool)).is_on:
                self.tools_off[name] = tool
                if switch.reason:
                    self.why_off[name] = switch.describe(offer.plugin)
                    what = f"tool {name!r} is quarantined: {self.why_off[name]}"
                    yield quarantined(offer.plugin, what, switch, tool.where)
            elif lacking := missing(tool.spec, self._environ):
                self.tools_off[name] = tool
                self.why_off[name] = f"it requires {', '.join(lacking)}, not set"
            else:
                self.tools[name] = tool

    def _waiting_tools(self, offer: Registrations) -> Iterable[PluginProblem]:
        """Yield each tool that is off because a setting that it requires is missing."""
        for name, tool in offer.tools.items():
            lacking = missing(tool.spec, self._environ)
            if self.tools_off.get(name) is tool and lacking:
                what = f"tool {name!r} is off: {self.why_off[name]}"
                remedy = f"set {', '.join(lacking)} in the environment or in .env; then restart"
                yield PluginProblem(
                    ProblemKind.SETTING, what, tool.where, _loaded_at(offer), remedy=remedy
                )

    def _switch(self, tool: AdmittedTool) -> Switch:
        """Return the switch of the tool; a quarantine of another plugin or release is ignored."""
        spec = tool.spec
        return self._board.tool(spec.name).of(spec.plugin, spec.release)


def _in_its_settings(one: Loaded, settings: CurrentSettings) -> Loaded:
    """Return the plugin as waiting, if it declares settings that do not fit."""
    if one.offer is None or one.offer.settings is None:
        return one
    read = settings.read(one.offer.plugin, one.offer.settings)
    if not read.problem:
        return one
    reason = shorten(read.problem, _REASON_LENGTH)
    remedy = f"`puerto plugin settings {one.offer.plugin} --set NAME=VALUE`, or its variable"
    since = _loaded_at(one.offer)
    problems = [
        PluginProblem(ProblemKind.SETTING, shorten(each, _REASON_LENGTH), "", since, 1, remedy)
        for each in read.told
    ]
    return replace(one, state=PluginState.WAITING, reason=reason, offer=None, problems=problems)


def quarantined(plugin: str, what: str, switch: Switch, where: str = "") -> PluginProblem:
    """Return the problem that the service quarantined a plugin, or a tool of it."""
    remedy = f"`puerto plugin reload {plugin}` lifts it"
    kind = ProblemKind.QUARANTINED
    return PluginProblem(kind, what, where, switch.since, max(switch.tries, 1), remedy)


def _loaded_at(offer: Registrations) -> datetime | None:
    return None if offer.load is None else offer.load.at


def _taken(offer: Registrations, why: str, where: str = "") -> PluginProblem:
    return refused(offer.plugin, why, where, _loaded_at(offer))


def _joined(reasons: Iterable[str]) -> str:
    listed = list(reasons)
    more = [f"and {len(listed) - _MOST_REASONS} more"] if len(listed) > _MOST_REASONS else []
    return "; ".join([*listed[:_MOST_REASONS], *more])


def _is_of(tool: AdmittedTool, offer: Registrations) -> bool:
    return tool.spec.plugin == offer.plugin


def _take(
    what: str, offer: Registrations, offered: Mapping[str, T], taken: dict[str, Registered[T]]
) -> Iterable[PluginProblem]:
    for name, value in offered.items():
        if (owner := taken.setdefault(name, Registered(offer.plugin, value))).value is not value:
            why = f"{what} {name!r}: plugin {owner.plugin!r} has one of this name"
            yield _taken(offer, why)
