"""Loading of a plugin: import it, validate its hooks, and call them to register."""

import inspect
from collections.abc import Sequence
from time import perf_counter
from typing import Any, Final, NoReturn

import pluggy
from pluggy import HookImpl

from domain.plugins.timings import LoadTimes
from domain.shared.text import did_you_mean
from plugins.authoring.hookspecs import (
    HOOK_VERSION,
    PROJECT,
    SUCCESSORS,
    DeprecatedHookSpecs,
    HookSpecs,
)
from plugins.containment.process_state import check_process
from plugins.host.candidates import Candidate
from plugins.host.isolation import Unfit, in_isolation
from plugins.host.registrar import Registrar
from plugins.host.registrations import Registrations

VERSION_NAME: Final = "PUERTO_HOOK_VERSION"
HOOK: Final = HookSpecs.puerto_register.__name__
HOOKS: Final = (HOOK, *SUCCESSORS)
_VERSION_NOTE: Final = (
    f"{VERSION_NAME} is deprecated: say in the dependencies of the plugin's distribution which "
    "versions of Puerto it works with, and take it out"
)


def load_plugin(
    candidate: Candidate, seconds: float, registrar: Registrar | None = None
) -> Registrations:
    """Load a plugin and return its registrations; ``seconds`` limits its import and each hook.

    ``registrar`` takes them; without one the plugin has the context of one that is not in use.

    Raises:
        Unfit: the plugin is broken, and nothing of it must be used.

    """
    if candidate.problem:
        raise Unfit(candidate.problem)
    try:
        return _load(candidate, seconds, registrar or Registrar(candidate.name, candidate.release))
    finally:
        check_process(f"the plugin {candidate.name}", candidate.name)


def _load(candidate: Candidate, seconds: float, registrar: Registrar) -> Registrations:
    at, began = registrar.context.clock.now(), perf_counter()
    plugin = in_isolation(
        candidate.load, seconds, failed="it cannot be imported", late="its import"
    )
    imported = perf_counter()
    hooks = in_isolation(
        lambda: _hooks_of(plugin, candidate.name),
        seconds,
        failed="its hooks do not fit",
        late="looking at its hooks",
    )
    try:
        for name, hook in hooks:
            _call(name, hook, registrar, seconds)
    finally:
        registrar.close()
    load = LoadTimes(at, imported - began, perf_counter() - imported)
    registrar.registrations.load = load
    notes = registrar.registrations.notes
    notes += [_deprecated(name) for name, _ in hooks if name != HOOK]
    if hasattr(plugin, VERSION_NAME):
        notes.append(_VERSION_NOTE)
    return registrar.registrations


def _hooks_of(plugin: object, name: str) -> Sequence[tuple[str, HookImpl]]:
    """Return the hooks that the plugin implements, in the order of `HOOKS`.

    Each plugin has a plugin manager of its own, so that errors of one do not affect others.
    """
    _require_version(getattr(plugin, VERSION_NAME, HOOK_VERSION))
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(HookSpecs)
    manager.add_hookspecs(DeprecatedHookSpecs)
    manager.register(plugin, name)
    callers = manager.get_hookcallers(plugin) or []
    for caller in callers:
        if not caller.has_spec():
            _refuse_unknown(caller.name)
    _require_marked(plugin, {caller.name for caller in callers})
    if not callers:
        raise Unfit("it implements no hook; has the entry point the right object?")
    return [(name, hook) for name in HOOKS for hook in getattr(manager.hook, name).get_hookimpls()]


def _require_version(declared: object) -> None:
    if type(declared) is not int:
        raise Unfit(f"{VERSION_NAME} is not a whole number")
    if declared != HOOK_VERSION:
        older = "Puerto" if declared > HOOK_VERSION else "the plugin"
        raise Unfit(
            f"it needs hooks of version {declared}, this Puerto has {HOOK_VERSION}: update {older}"
        )


def _require_marked(plugin: object, marked: set[str]) -> None:
    for name in dir(plugin):
        if name.startswith(f"{PROJECT}_register") and name not in marked:
            if name not in HOOKS:
                _refuse_unknown(name)
            raise Unfit(f"{name!r} is not marked with @hookimpl")


def _refuse_unknown(hook: str) -> NoReturn:
    raise Unfit(f"there is no hook {hook!r}.{did_you_mean(hook, HOOKS, 1)}")


def _call(name: str, hook: HookImpl, registrar: Registrar, seconds: float) -> None:
    given = registrar if name == HOOK else getattr(registrar, SUCCESSORS[name])
    arguments = [given for _ in hook.argnames]
    function: Any = hook.function
    result = in_isolation(lambda: function(*arguments), seconds, failed=f"{name} raised", late=name)
    if inspect.iscoroutine(result):
        result.close()  # else Python warns that nobody awaited it
        raise Unfit(f"{name} is async; a hook only registers")
    if inspect.isgenerator(result) or inspect.isasyncgen(result):
        raise Unfit(f"{name} is a generator; a hook only registers")


def _deprecated(hook: str) -> str:
    return (
        f"{hook} is deprecated and goes with Puerto 0.2: write {HOOK}(registry), and call"
        f" registry.{SUCCESSORS[hook]} in it"
    )
