"""Timings of plugins' code in this process: counted in memory, since it was loaded."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class CallTimes:
    """How often something was called and how long that took, in seconds; failures count, too."""

    count: int = 0
    total: float = 0.0
    slowest: float = 0.0
    last: float = 0.0

    def note(self, seconds: float) -> None:
        """Count a call that took so long."""
        self.count += 1
        self.total += seconds
        self.last = seconds
        self.slowest = max(self.slowest, seconds)

    @property
    def mean(self) -> float:
        """The mean of all calls, 0 before the first."""
        return self.total / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True)
class LoadTimes:
    """When a plugin was loaded, and how many seconds its import and its hooks took."""

    at: datetime
    importing: float
    registering: float
