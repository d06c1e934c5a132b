"""What plugins did wrong while they were in use: counted, with the last error and its place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from inspect import unwrap
from traceback import walk_tb
from typing import Any, Final, Protocol

from domain.plugins.plugin import ChatModelOffer, Registered
from domain.shared.clock import Clock
from domain.shared.untrusted import in_short, original

_MOST: Final = 1_000  # plugins and parts of them


class Part(StrEnum):
    """Which part of a plugin failed; ``task``: one that it started and left behind.

    ``process``: nothing of it failed, but it changed what the whole process shares.
    """

    VETO = "veto"
    OBSERVER = "observer"
    LIFESPAN = "lifespan"
    MODEL = "model"
    FIGURES = "figures"
    ALERTS = "alerts"
    TASK = "task"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Incident:
    """How often one part of a plugin failed in this process, and how it did last.

    ``where`` is a file and a line; it is empty where nobody knows.
    """

    part: Part
    count: int
    last_error: str
    where: str
    at: datetime


class ReportIncident(Protocol):
    """Takes down that a part of a plugin failed; ``function`` is what was called."""

    def __call__(
        self, plugin: str, part: Part, error: BaseException, function: object = None
    ) -> None:
        """Take it down."""
        ...


def no_report(plugin: str, part: Part, error: BaseException, function: object = None) -> None:
    """Take nothing down."""


class Incidents:
    """Keeps them by plugin and part, for as long as the process lives.

    ``offers`` returns the providers of models that plugins bring.
    """

    def __init__(
        self, clock: Clock, offers: Callable[[], Sequence[Registered[ChatModelOffer]]]
    ) -> None:
        self._clock = clock
        self._offers = offers
        self._kept: dict[tuple[str, Part], Incident] = {}

    def note(self, plugin: str, part: Part, error: BaseException, function: object = None) -> None:
        """Take down that a part of a plugin failed; ``function`` is what was called."""
        known = self._kept.get((plugin, part))
        if known is None and len(self._kept) >= _MOST:
            return
        raised = original(error)
        count = 1 if known is None else known.count + 1
        said = in_short(error)
        where = _place(raised, function)
        self._kept[plugin, part] = Incident(part, count, said, where, self._clock.now())

    def note_of_model(self, provider: str, error: BaseException) -> None:
        """Take down that a provider of models failed, if it is a plugin's."""
        for offer in self._offers():
            if offer.value.name == provider:
                self.note(offer.plugin, Part.MODEL, error, offer.value.factory)

    def of(self, plugin: str) -> Sequence[Incident]:
        """Return what one plugin did wrong, a line for each of its parts."""
        return [self._kept[plugin, part] for part in Part if (plugin, part) in self._kept]


def _place(error: BaseException, function: Any) -> str:
    """Return the innermost place in the package of the function, else the innermost of all."""
    top = _top(getattr(function, "__module__", None))
    places = [
        (_top(frame.f_globals.get("__name__")) == top, f"{frame.f_code.co_filename}:{line}")
        for frame, line in walk_tb(error.__traceback__)
    ]
    own = [place for is_own, place in places if is_own]
    if top and own:
        return own[-1]
    code = getattr(unwrap(function), "__code__", None) if callable(function) else None
    if top and code is not None:  # it never came to its code, or nobody knows how far
        return f"{code.co_filename}:{code.co_firstlineno}"
    return places[-1][1] if places else ""


def _top(module: object) -> str:
    return module.partition(".")[0] if isinstance(module, str) else ""
