"""Budget of work and time for one document, which no document can exceed."""

import time

from plugins.openapi.reading.limits import ReadingLimits
from plugins.openapi.reading.problems import DocumentRefused, Reason


class Effort:
    """Counts work, and the time since it was created."""

    def __init__(self, limits: ReadingLimits) -> None:
        self._limits = limits
        self._spent = 0
        self._deadline = time.monotonic() + limits.seconds

    def spend(self, steps: int = 1) -> None:
        """Add steps of work.

        Raises:
            DocumentRefused: the limit of work or time is exceeded.

        """
        self._spent += steps
        if self._spent > self._limits.work:
            message = "The schemas of the document are too much work."
            raise DocumentRefused(Reason.TOO_MUCH_WORK, message)
        if time.monotonic() > self._deadline:
            message = f"The document takes more than {self._limits.seconds:g} seconds."
            raise DocumentRefused(Reason.TOO_LONG, message)
