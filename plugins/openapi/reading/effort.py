"""What a document has cost so far: however it is made, it cannot take work and time without end."""

import time

from plugins.openapi.reading.limits import Limits
from plugins.openapi.reading.problems import DocumentRefused, Reason


class Effort:
    """Counts work and watches the time, from when it is made."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._spent = 0
        self._deadline = time.monotonic() + limits.seconds

    def spend(self, steps: int = 1) -> None:
        """Count some steps.

        Raises:
            DocumentRefused: there were too many, or the time is over.

        """
        self._spent += steps
        if self._spent > self._limits.work:
            message = "The schemas of the document are too much work."
            raise DocumentRefused(Reason.TOO_MUCH_WORK, message)
        if time.monotonic() > self._deadline:
            message = f"The document takes more than {self._limits.seconds:g} seconds."
            raise DocumentRefused(Reason.TOO_LONG, message)
