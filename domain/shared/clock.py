"""The clock: the port, and that of this machine."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The source of the current time."""

    def now(self) -> datetime:
        """Return the current time, in UTC, with its zone."""
        ...


class SystemClock(Clock):
    """The time that the operating system tells."""

    def now(self) -> datetime:
        """Return the current time, in UTC, with its zone."""
        return datetime.now(UTC)
