"""What all plugins together offer at one moment: made anew after each change, then left alone."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from domain.agents.agent import Agent
from domain.plugins.plugin import ChatModelOffer, PluginInfo, PluginState, Registered
from domain.plugins.switches import Switch, Switchboard
from domain.tools.tool import missing
from plugins.authoring.hookspecs import Alerts, Figures, Lifespan, Observer, Veto
from plugins.host.admission import AdmittedTool
from plugins.host.candidates import Candidate
from plugins.host.registrations import Registrations

_TOLD: Final = 20  # reasons: a plugin may bring a thousand tools, all of them wrong

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a candidate. ``offer`` is what it registered, None if it is not in use."""

    candidate: Candidate
    state: PluginState
    reason: str = ""
    offer: Registrations | None = None


@dataclass(frozen=True, slots=True)
class AtHand:
    """What can be used now. Tools are sorted by name, the rest as the plugins are."""

    plugins: Sequence[PluginInfo] = ()
    tools: Mapping[str, AdmittedTool] = field(default_factory=dict)
    tools_off: Mapping[str, AdmittedTool] = field(default_factory=dict)
    why_off: Mapping[str, str] = field(default_factory=dict)
    listed: Sequence[AdmittedTool] = ()
    chat_models: Sequence[Registered[ChatModelOffer]] = ()
    agents: Sequence[Registered[Agent]] = ()
    figures: Sequence[Registered[Figures]] = ()
    alerts: Sequence[Registered[Alerts]] = ()
    vetoes: Sequence[Registered[Veto]] = ()
    observers: Sequence[Registered[Observer]] = ()
    lifespans: Sequence[Registered[Lifespan]] = ()


def arrange(
    loaded: Sequence[Loaded],
    board: Switchboard,
    environ: Mapping[str, str],
    reserved_models: Container[str] = (),
) -> AtHand:
    """Put together what the plugins offer; of two of one name the first plugin's is taken.

    ``environ`` holds the settings that tools may require; without them they are off.
    ``reserved_models`` are names of chat models that belong to no plugin.
    """
    settled = _Settled(board, environ, reserved_models)
    infos = [settled.take(one) for one in loaded]
    offers = [one.offer for one in loaded if one.offer is not None]

    def each(of: Callable[[Registrations], Iterable[T]]) -> tuple[Registered[T], ...]:
        return tuple(Registered(offer.plugin, value) for offer in offers for value in of(offer))

    tools = dict(sorted(settled.tools.items()))
    return AtHand(
        plugins=tuple(infos),
        tools=tools,
        tools_off=dict(sorted(settled.tools_off.items())),
        why_off=settled.why_off,
        listed=tuple(tools.values()),
        chat_models=tuple(settled.chat_models.values()),
        agents=tuple(settled.agents.values()),
        figures=each(lambda offer: offer.figures),
        alerts=each(lambda offer: offer.alerts),
        vetoes=each(lambda offer: offer.vetoes),
        observers=each(lambda offer: offer.observers),
        lifespans=each(lambda offer: offer.lifespans),
    )


class _Settled:
    """Whose each name is, as far as the plugins were looked at."""

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
        """Take what a plugin offers, and return what is to be seen of it."""
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
        refused = [*offer.refusals, *self._take_tools(offer), *self._take_models(offer)]
        refused += _take("agent", offer.plugin, offer.agents, self.agents)
        waiting = self._waiting_tools(offer)
        mine = sorted(name for name, tool in self.tools.items() if _is_of(tool, offer))
        reasons = filter(None, [one.reason, *refused, *waiting])
        return replace(info, reason=_joined(reasons), tools=tuple(mine), is_whole=not refused)

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
                    self.why_off[name] = switch.told(offer.plugin)
                    yield f"tool {name!r} is quarantined: {self.why_off[name]}"
            elif lacking := missing(tool.spec, self._environ):
                self.tools_off[name] = tool
                self.why_off[name] = f"it requires {', '.join(lacking)}, not set"
            else:
                self.tools[name] = tool

    def _waiting_tools(self, offer: Registrations) -> Iterable[str]:
        """Yield which tools wait for settings: nothing is wrong with them."""
        for name, tool in offer.tools.items():
            if self.tools_off.get(name) is tool and missing(tool.spec, self._environ):
                yield f"tool {name!r} is off: {self.why_off[name]}"

    def _switch(self, tool: AdmittedTool) -> Switch:
        """Return how the tool is set; another plugin's quarantine, or other code's, is none."""
        spec = tool.spec
        return self._board.tool(spec.name).of(spec.plugin, spec.release)


def _joined(reasons: Iterable[str]) -> str:
    told = list(reasons)
    more = [f"and {len(told) - _TOLD} more"] if len(told) > _TOLD else []
    return "; ".join([*told[:_TOLD], *more])


def _is_of(tool: AdmittedTool, offer: Registrations) -> bool:
    return tool.spec.plugin == offer.plugin


def _take(
    what: str, plugin: str, offered: Mapping[str, T], taken: dict[str, Registered[T]]
) -> Iterable[str]:
    for name, value in offered.items():
        if (owner := taken.setdefault(name, Registered(plugin, value))).value is not value:
            yield f"refused: {what} {name!r}: plugin {owner.plugin!r} has one of this name"
