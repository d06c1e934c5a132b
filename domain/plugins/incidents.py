"""Incidents: failures of plugins in use, counted, with the last error and its place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from domain.plugins.places import innermost_place, place_of_error, place_of_function
from domain.plugins.plugin import ChatModelOffer, Registered
from domain.shared.clock import Clock
from domain.shared.untrusted import in_short, original

_MOST: Final = 1_000  # entries, one for each part of a plugin


class PluginPart(StrEnum):
    """Which part of a plugin failed; ``task``: one that it started and left behind.

    ``tool``: not that a call failed, but that its error or preview was invalid. ``process``:
    nothing of it failed, but it changed what the whole process shares.
    """

    VETO = "veto"
    GUARD = "guard"
    OBSERVER = "observer"
    LIFESPAN = "lifespan"
    MODEL = "model"
    FIGURES = "figures"
    ALERTS = "alerts"
    TOOL = "tool"
    TASK = "task"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Incident:
    """The failures of one part of a plugin in this process: their count, and the last error.

    ``where`` is a file and a line; it is empty where they are not known. ``since`` is the time of
    the first failure, ``at`` that of the last.
    """

    part: PluginPart
    count: int
    last_error: str
    where: str
    at: datetime
    since: datetime


class ReportIncident(Protocol):
    """A callback that records a plugin's failure; ``function`` is the plugin's function."""

    def __call__(
        self, plugin: str, part: PluginPart, error: BaseException, function: object = None
    ) -> None:
        """Record the failure."""
        ...


def no_report(plugin: str, part: PluginPart, error: BaseException, function: object = None) -> None:
    """Record nothing."""


class Incidents:
    """The registry of incidents by plugin and part, for the life of the process.

    ``offers`` returns the model providers that plugins registered.
    """

    def __init__(
        self, clock: Clock, offers: Callable[[], Sequence[Registered[ChatModelOffer]]]
    ) -> None:
        self._clock = clock
        self._offers = offers
        self._incidents: dict[tuple[str, PluginPart], Incident] = {}

    def note(
        self, plugin: str, part: PluginPart, error: BaseException, function: object = None
    ) -> None:
        """Record a failure of a part of a plugin; ``function`` is the plugin's function."""
        known = self._incidents.get((plugin, part))
        if known is None and len(self._incidents) >= _MOST:
            return
        raised = original(error)
        count = 1 if known is None else known.count + 1
        text = in_short(error)
        where, now = _place(raised, function), self._clock.now()
        since = now if known is None else known.since
        self._incidents[plugin, part] = Incident(part, count, text, where, now, since)

    def note_of_model(self, provider: str, error: BaseException) -> None:
        """Record a failure of a model provider, if it is a plugin's."""
        for offer in self._offers():
            if offer.value.name == provider:
                self.note(offer.plugin, PluginPart.MODEL, error, offer.value.factory)

    def of(self, plugin: str) -> Sequence[Incident]:
        """Return the incidents of one plugin, one for each of its parts that failed."""
        return [
            self._incidents[plugin, part]
            for part in PluginPart
            if (plugin, part) in self._incidents
        ]


def _place(error: BaseException, function: Any) -> str:
    """Return the innermost place in the function's package, else of the function, else of all."""
    module = getattr(function, "__module__", None)
    own = place_of_error(error, module) or (place_of_function(function) if module else "")
    return own or innermost_place(error)
