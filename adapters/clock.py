"""The clock of this machine."""

from datetime import UTC, datetime

from domain.shared.clock import Clock


class SystemClock(Clock):
    """The time that the operating system tells."""

    def now(self) -> datetime:
        """Return the current time, in UTC, with its zone."""
        return datetime.now(UTC)
