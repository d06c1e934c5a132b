"""The port to the clock."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The source of the current time."""

    def now(self) -> datetime:
        """Return the current time, in UTC, with its zone."""
        ...
