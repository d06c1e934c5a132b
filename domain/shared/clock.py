"""The port to time."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return the current time, in UTC, with its zone."""
        ...
