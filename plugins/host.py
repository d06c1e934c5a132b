"""The plugin host: finds plugins, takes in the good ones, and says what is wrong with the rest.

A bad plugin is its own problem. Whatever it does while it is imported or asked for its
tools, it is set aside (quarantined) with a reason that an operator can read, and the others
work. There is no sandbox: a plugin runs in our process, with our rights.
"""

import inspect
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

import pluggy

from domain.conversations import shorten
from domain.errors import UnknownTool
from domain.tools import Tool
from plugins.admission import Registration
from plugins.discovery import Candidate, candidates
from plugins.errors import in_short
from plugins.hookspecs import PROJECT, HookSpecs
from plugins.suggestions import did_you_mean

_log: Final = logging.getLogger(__name__)
_HOOKS: Final = tuple(name for name in vars(HookSpecs) if name.startswith(f"{PROJECT}_"))


class PluginState(StrEnum):
    """What became of a plugin."""

    ACTIVE = "active"
    QUARANTINED = "quarantined"  # it is broken; the reason says how
    BLOCKED = "blocked"  # the operator does not want it; it was not even imported


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """What an operator sees of a plugin.

    ``reason`` says why it does not work, or which of its tools were refused and why; it is
    empty if all is well. ``tools`` are the names of its tools that can be called.
    """

    name: str
    version: str
    distribution: str
    state: PluginState
    reason: str = ""
    tools: tuple[str, ...] = ()


class PluginHost:
    """The `Toolbox` of the tools that plugins bring.

    It begins empty: `discover` takes in what is installed, `register` one plugin at hand.
    ``blocked`` are names of plugins that must not be loaded.
    """

    def __init__(self, blocked: Collection[str] = ()) -> None:
        self._pluggy = pluggy.PluginManager(PROJECT)
        self._pluggy.add_hookspecs(HookSpecs)
        self._blocked = frozenset(blocked)
        self._plugins: list[PluginInfo] = []
        self._tools: dict[str, Tool] = {}
        self._sorted: tuple[Tool, ...] = ()

    def discover(self) -> None:
        """Take in every plugin that an installed distribution names in the group ``puerto``."""
        for candidate in candidates():
            self._take_in(candidate)

    def register(self, plugin: object, name: str) -> PluginInfo:
        """Take in one plugin that is at hand, as an entry point of that name would be."""
        return self._take_in(Candidate(name, lambda: plugin))

    def plugins(self) -> Sequence[PluginInfo]:
        """Return what became of each plugin, in the order in which they were taken in."""
        return tuple(self._plugins)

    def tools(self) -> Sequence[Tool]:
        """Return the tools that can be called, sorted by name."""
        return self._sorted

    def get(self, name: str) -> Tool:
        """Return the tool of that name.

        Raises:
            UnknownTool: there is none; the message names those with a similar name.

        """
        try:
            return self._tools[name]
        except KeyError:
            hint = did_you_mean(name, self._tools)
            raise UnknownTool(f"There is no tool {shorten(name, 64)!r}.{hint}") from None

    def _take_in(self, candidate: Candidate) -> PluginInfo:
        info = PluginInfo(
            candidate.name, candidate.version, candidate.distribution, PluginState.ACTIVE
        )
        if candidate.name in self._blocked:
            info = replace(info, state=PluginState.BLOCKED, reason="blocked by the operator")
        else:
            info = self._try_to_admit(candidate, info)
        self._plugins.append(info)
        return info

    def _try_to_admit(self, candidate: Candidate, info: PluginInfo) -> PluginInfo:
        try:
            registration = self._admit(candidate)
        except _Unfit as error:
            _log.warning("Plugin %s is quarantined: %s", info.name, error, exc_info=error.__cause__)
            return replace(info, state=PluginState.QUARANTINED, reason=str(error))
        for refusal in registration.refusals:
            _log.warning("Plugin %s: %s", info.name, refusal)
        self._tools |= registration.tools
        self._sorted = tuple(tool for _, tool in sorted(self._tools.items()))
        reason = "; ".join(registration.refusals)
        return replace(info, reason=reason, tools=tuple(sorted(registration.tools)))

    def _admit(self, candidate: Candidate) -> Registration:
        """Import the plugin and collect its tools.

        Raises:
            _Unfit: it is broken; nothing of it is left behind.

        """
        name = candidate.name
        if self._pluggy.has_plugin(name):
            raise _Unfit(f"another plugin is called {name!r}; names of entry points are unique")
        try:
            plugin = candidate.load()
        except (Exception, SystemExit) as error:
            raise _Unfit("it cannot be imported", error) from error
        try:
            self._pluggy.register(plugin, name)
            self._require_known_hooks(plugin)
            return self._collect(plugin, name)
        except _Unfit:
            self._forget(name)
            raise
        except (Exception, SystemExit) as error:
            self._forget(name)
            raise _Unfit("its hooks do not fit", error) from error

    def _forget(self, name: str) -> None:
        if self._pluggy.has_plugin(name):
            self._pluggy.unregister(name=name)

    def _require_known_hooks(self, plugin: object) -> None:
        callers = self._pluggy.get_hookcallers(plugin) or []
        try:
            self._pluggy.check_pending()  # all plugins before this one have passed
        except pluggy.PluginValidationError as error:
            strange = next(caller.name for caller in callers if not caller.has_spec())
            hint = did_you_mean(strange, _HOOKS)
            raise _Unfit(f"there is no hook {strange!r}.{hint}") from error
        marked = {caller.name for caller in callers}
        unmarked = [hook for hook in _HOOKS if hasattr(plugin, hook) and hook not in marked]
        if unmarked:
            raise _Unfit(f"{unmarked[0]!r} is not marked with @hookimpl")
        if not callers:
            raise _Unfit("it implements no hook; has the entry point the right object?")

    def _collect(self, plugin: object, name: str) -> Registration:
        registration = Registration(name, self._tools)
        for implementation in self._pluggy.hook.puerto_register_tools.get_hookimpls():
            if implementation.plugin is plugin:
                given = [registration for _ in implementation.argnames]
                _require_nothing(_call_hook(implementation.function, given))
        return registration


class _Unfit(Exception):
    """A plugin cannot be used, and why."""

    def __init__(self, what: str, error: BaseException | None = None) -> None:
        super().__init__(what if error is None else f"{what}: {in_short(error)}")


def _call_hook(function: Any, arguments: Sequence[object]) -> object:
    try:
        return function(*arguments)
    except (Exception, SystemExit) as error:
        raise _Unfit("puerto_register_tools raised", error) from error


def _require_nothing(result: object) -> None:
    """Refuse hooks that would only do their work later, when nobody listens."""
    if inspect.iscoroutine(result):
        result.close()  # else Python warns that nobody awaited it
        raise _Unfit("puerto_register_tools is async; a hook only registers")
    if inspect.isgenerator(result):
        raise _Unfit("puerto_register_tools is a generator; a hook only registers")
