"""Loading a plugin for the check: imports it, calls its hooks as the host would, and times that."""

import inspect
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from domain.tools.context import context_apart
from plugins.checking.findings import NOWHERE, Finding, Level, SourcePlace
from plugins.checking.process_watch import watched_process
from plugins.checking.sealing import Attempts
from plugins.checking.settings import CheckSettings
from plugins.host.candidates import Candidate
from plugins.host.isolation import Unfit
from plugins.host.loading import load_plugin
from plugins.host.modules import is_beneath, root_of
from plugins.host.registrar import Registrar
from plugins.host.registrations import Registrations

SLOW_IMPORT: Final = 2.0  # seconds
SLOW_HOOKS: Final = 0.5

_OURS: Final = Path(__file__).parents[1]


@dataclass(slots=True)
class CheckedPlugin:
    """A loaded plugin and the findings so far; ``offer`` is None if it cannot be used.

    ``settings`` are what the plugin's context gives in trials.
    """

    candidate: Candidate
    plugin: object = None
    offer: Registrations | None = None
    findings: list[Finding] = field(default_factory=list)
    settings: CheckSettings = field(default_factory=CheckSettings)

    def owns(self, module: str) -> bool:
        """Return whether a module belongs to the plugin."""
        return is_beneath(module, root_of(self.candidate.module, self.candidate.distribution))

    def files(self) -> Sequence[Path]:
        """Return the source files of the plugin's imported modules."""
        modules = [module for name, module in list(sys.modules.items()) if self.owns(name)]
        paths = {getattr(module, "__file__", None) for module in modules}
        return sorted(Path(path) for path in paths if path and path.endswith(".py"))


def load_for_check(candidate: Candidate, attempts: Attempts, seconds: float) -> CheckedPlugin:
    """Import the plugin and call its hooks; ``seconds`` limits the import and each hook."""
    checked = CheckedPlugin(candidate)
    began = time.perf_counter()
    imported = began

    def load() -> object:
        nonlocal imported
        checked.plugin = candidate.load()
        imported = time.perf_counter()
        return checked.plugin

    context = replace(context_apart(candidate.name), read_settings=lambda: checked.settings.current)
    registrar = Registrar(candidate.name, candidate.release, context=context)
    where = SourcePlace(candidate.file) if candidate.file else NOWHERE
    try:
        with watched_process(candidate.name, "", where) as changes:
            checked.offer = load_plugin(replace(candidate, load=load), seconds, registrar)
    except Unfit as error:
        checked.findings.append(_unfit_finding(error, checked))
    else:
        ended = time.perf_counter()
        checked.findings += _slow_findings(imported - began, ended - imported)
        checked.findings += _offer_findings(checked.offer)
    checked.findings += [*changes, *_network_findings(checked, attempts)]
    return checked


def _unfit_finding(error: Unfit, checked: CheckedPlugin) -> Finding:
    return Finding(
        Level.ERROR,
        "plugin",
        "",
        f"the service would set it aside: {error}",
        place=_place_of(error.__cause__) or _place_of_hook(str(error), checked),
    )


def _place_of(error: BaseException | None) -> SourcePlace | None:
    """Return the innermost position in the author's code that an error came from."""
    if error is None:
        return None
    if isinstance(error, SyntaxError) and error.filename:
        return SourcePlace(error.filename, error.lineno or 0)
    return _innermost(traceback.extract_tb(error.__traceback__))


def _innermost(stack: Sequence[traceback.FrameSummary]) -> SourcePlace | None:
    for frame in reversed(stack):
        path = Path(frame.filename)
        if path.is_file() and not path.is_relative_to(_OURS) and not _is_library(path):
            return SourcePlace(frame.filename, frame.lineno or 0)
    return None


def _is_library(path: Path) -> bool:
    return "site-packages" in path.parts or path.is_relative_to(Path(inspect.__file__).parent)


def _place_of_hook(message: str, checked: CheckedPlugin) -> SourcePlace:
    """Return the position of the hook that the message names."""
    for name, value in getattr(checked.plugin, "__dict__", {}).items():
        code = getattr(value, "__code__", None)
        if name.startswith("puerto_") and name in message and code is not None:
            return SourcePlace.of(code)
    return SourcePlace(checked.candidate.file) if checked.candidate.file else NOWHERE


def _slow_findings(importing: float, registering: float) -> Iterator[Finding]:
    if importing > SLOW_IMPORT:
        yield Finding(
            Level.WARNING,
            "slow",
            "",
            f"its import takes {importing:.1f} s, at each start of the service",
            "import what is large inside of the functions that use it",
        )
    if registering > SLOW_HOOKS:
        yield Finding(
            Level.WARNING,
            "slow",
            "",
            f"its hooks take {registering:.1f} s",
            "a hook only registers: leave work and connections to what is registered",
        )


def _offer_findings(offer: Registrations) -> Iterator[Finding]:
    for refusal in offer.refusals:
        file, _, line = refusal.where.rpartition(":")
        place = SourcePlace(file, int(line)) if file else NOWHERE
        yield Finding(Level.ERROR, "refused", "", refusal.what, place=place)
    for note in offer.notes:
        yield Finding(Level.WARNING, "deprecated", "", note)
    watching = [offer.figures, offer.alerts, offer.observers, offer.lifespans]
    named = [offer.tools, offer.chat_models, offer.agents, offer.accounts]
    if not any([*watching, *named, offer.vetoes, offer.guards, offer.refusals]):
        yield Finding(
            Level.WARNING,
            "plugin",
            "",
            "it registers nothing",
            "call `registry.add_tools` and such in puerto_register",
        )


def _network_findings(checked: CheckedPlugin, attempts: Attempts) -> Iterator[Finding]:
    for stack in attempts:
        yield Finding(
            Level.WARNING,
            "network",
            "",
            "it reaches for the network while it is imported or registers",
            "connect when a tool is called first, or in a lifespan",
            _innermost(stack) or SourcePlace(checked.candidate.file),
        )
