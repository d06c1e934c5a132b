"""Loading a plugin for the check: imports it, calls its hooks as the host would, and times that."""

import inspect
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from plugins.checking.findings import NOWHERE, Finding, Level, SourcePlace
from plugins.checking.sealing import Attempts
from plugins.host.candidates import Candidate
from plugins.host.intake import take_in
from plugins.host.isolation import Unfit
from plugins.host.modules import is_beneath, root_of
from plugins.host.registrations import Registrations

SLOW_IMPORT: Final = 2.0  # seconds
SLOW_HOOKS: Final = 0.5

_OURS: Final = Path(__file__).parents[1]


@dataclass(slots=True)
class TakenIn:
    """A loaded plugin and the findings so far; ``offer`` is None if it cannot be used."""

    candidate: Candidate
    plugin: object = None
    offer: Registrations | None = None
    findings: list[Finding] = field(default_factory=list)

    def owns(self, module: str) -> bool:
        """Return whether a module belongs to the plugin."""
        return is_beneath(module, root_of(self.candidate.module, self.candidate.distribution))

    def files(self) -> Sequence[Path]:
        """Return the source files of the plugin's imported modules."""
        modules = [module for name, module in list(sys.modules.items()) if self.owns(name)]
        paths = {getattr(module, "__file__", None) for module in modules}
        return sorted(Path(path) for path in paths if path and path.endswith(".py"))


def take(candidate: Candidate, attempts: Attempts, seconds: float) -> TakenIn:
    """Import the plugin and call its hooks; ``seconds`` limits the import and each hook."""
    taken = TakenIn(candidate)
    began = time.perf_counter()
    imported = began

    def load() -> object:
        nonlocal imported
        taken.plugin = candidate.load()
        imported = time.perf_counter()
        return taken.plugin

    try:
        taken.offer = take_in(replace(candidate, load=load), seconds)
    except Unfit as error:
        taken.findings.append(_unfit_finding(error, taken))
    else:
        ended = time.perf_counter()
        taken.findings += _slow_findings(imported - began, ended - imported)
        taken.findings += _offer_findings(taken.offer)
    taken.findings += _network_findings(taken, attempts)
    return taken


def _unfit_finding(error: Unfit, taken: TakenIn) -> Finding:
    return Finding(
        Level.ERROR,
        "plugin",
        "",
        f"the service would set it aside: {error}",
        place=_place_of(error.__cause__) or _place_of_hook(str(error), taken),
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


def _place_of_hook(message: str, taken: TakenIn) -> SourcePlace:
    """Return the position of the hook that the message names."""
    for name, value in getattr(taken.plugin, "__dict__", {}).items():
        code = getattr(value, "__code__", None)
        if name.startswith("puerto_") and name in message and code is not None:
            return SourcePlace.of(code)
    return SourcePlace(taken.candidate.file) if taken.candidate.file else NOWHERE


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
        yield Finding(Level.ERROR, "refused", "", refusal.removeprefix("refused: "))
    lists = [offer.figures, offer.alerts, offer.vetoes, offer.observers, offer.lifespans]
    if not any([offer.tools, offer.chat_models, offer.agents, *lists, offer.refusals]):
        yield Finding(
            Level.WARNING, "plugin", "", "its hooks register nothing", "call `register` in them"
        )


def _network_findings(taken: TakenIn, attempts: Attempts) -> Iterator[Finding]:
    for stack in attempts:
        yield Finding(
            Level.WARNING,
            "network",
            "",
            "it reaches for the network while it is imported or registers",
            "connect when a tool is called first, or in puerto_register_lifespan",
            _innermost(stack) or SourcePlace(taken.candidate.file),
        )
