"""How the database is, as seen by the statements that are sent to it: told once, not each time."""

import logging
import time
from collections.abc import Callable
from typing import Final

RED_SECONDS: Final = 60.0  # a full disk still takes small writes now and then

_log = logging.getLogger(__name__)


class DatabaseHealth:
    """Logs one line when the database goes away and one when it is back; likewise a full disk."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._away_since: float | None = None
        self._storage_problem = ""
        self._failed_at = 0.0

    @property
    def is_away(self) -> bool:
        """Tell whether the last statement found no database."""
        return self._away_since is not None

    def storage_problem(self) -> str:
        """Return why it cannot be written to; empty where it can, as far as is known."""
        return self._storage_problem

    def away(self, reason: str) -> None:
        """Take note that a statement was not answered."""
        if self._away_since is None:
            self._away_since = self._clock()
            _log.error(
                "the database does not answer (%s): requests get 503, and runs wait until it does",
                reason,
            )

    def cannot_write(self, reason: str) -> None:
        """Take note that a write was refused since there is no room, or none is allowed."""
        if not self._storage_problem:
            _log.error(
                "the database cannot be written to (%s): make room; until then nothing new is "
                "taken, and /api/ready says 503",
                reason,
            )
        self._storage_problem = reason
        self._failed_at = self._clock()

    def locked(self, reason: str) -> None:
        """Take note that somebody else keeps all others from writing, perhaps for a moment."""
        if not self._storage_problem:
            _log.error(
                "the database cannot be written to (%s): nothing new is taken until it can be, and "
                "/api/ready says 503",
                reason,
            )
            self._storage_problem = reason
            self._failed_at = -RED_SECONDS  # the next write that succeeds shows that it is over

    def answered(self, statement: str) -> None:
        """Take note that a statement did what it should."""
        if self._away_since is not None:
            seconds, self._away_since = self._clock() - self._away_since, None
            _log.warning("the database answers again, after %.1f s", seconds)
        if self._storage_problem and self._is_over(statement):
            self._storage_problem = ""
            _log.warning("the database can be written to again")

    def _is_over(self, statement: str) -> bool:
        is_write = not statement.lstrip().upper().startswith("SELECT")
        return is_write and self._clock() - self._failed_at >= RED_SECONDS
