"""The observers together: each is told of everything, and what one raises harms nothing."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from typing_extensions import override

from domain.telemetry.ports import Observation, Telemetry, Work, WorkEnding

_log = logging.getLogger(__name__)


class _Unobserved(Observation):
    @override
    def first_piece(self) -> None:
        """Do nothing."""

    @override
    def end(self, ending: WorkEnding) -> None:
        """Do nothing."""


_UNOBSERVED: Final[Observation] = _Unobserved()


class TelemetryFanOut(Telemetry):
    """Passes everything on to the observers. The first failure of each is logged."""

    def __init__(self, observers: Sequence[Telemetry] = ()) -> None:
        self.observers = tuple(observers)
        self._failed: set[Telemetry] = set()

    @override
    def begin(self, work: Work) -> Observation:
        if not self.observers:
            return _UNOBSERVED
        begun = [(each, self.safely(each, each.begin, work)) for each in self.observers]
        return _Observations(self, [(each, one) for each, one in begun if one is not None])

    def safely(self, observer: Telemetry, call: Callable[..., Any], *values: Any) -> Any:
        """Return what the call returns, or None where it raises."""
        try:
            return call(*values)
        except Exception:  # noqa: BLE001  what is measured must not suffer from measuring
            if observer not in self._failed:
                self._failed.add(observer)
                _log.exception("%s fails; this is logged once", type(observer).__name__)
            return None


UNWATCHED: Final = TelemetryFanOut()


class _Observations(Observation):
    """What each of the observers made of one piece of work."""

    __slots__ = ("_begun", "_fan_out")

    def __init__(
        self, fan_out: TelemetryFanOut, begun: Sequence[tuple[Telemetry, Observation]]
    ) -> None:
        self._fan_out = fan_out
        self._begun = begun

    @override
    def first_piece(self) -> None:
        for observer, each in self._begun:
            self._fan_out.safely(observer, each.first_piece)

    @override
    def end(self, ending: WorkEnding) -> None:
        for observer, each in reversed(self._begun):
            self._fan_out.safely(observer, each.end, ending)
