"""A clock that moves only when told to."""

from datetime import UTC, datetime, timedelta
from typing import Final

from domain.shared.clock import Clock

START: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class FakeClock(Clock):
    """Starts at a fixed time, or at ``start``, in UTC."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the clock's time."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock."""
        self._now += by
