"""The health of the database, from its statements' results; outages are logged once."""

import logging
import time
from collections.abc import Callable
from typing import Final

RED_SECONDS: Final = 60.0  # after a failed write; a full disk still takes small writes at times

_log = logging.getLogger(__name__)


class DatabaseHealth:
    """Logs the beginning and the end of an outage, and of a time without writes (full disk)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._away_since: float | None = None
        self._storage_problem = ""
        self._failed_at = 0.0

    @property
    def is_away(self) -> bool:
        """Tell whether the last statement was not answered."""
        return self._away_since is not None

    def storage_problem(self) -> str:
        """Return why the database cannot be written to; empty if it can, as far as is known."""
        return self._storage_problem

    def away(self, reason: str) -> None:
        """Record that a statement was not answered."""
        if self._away_since is None:
            self._away_since = self._clock()
            _log.error(
                "the database does not answer (%s): requests get 503, and runs wait until it does",
                reason,
            )

    def cannot_write(self, reason: str) -> None:
        """Record that a write failed: the disk is full, or the database read-only."""
        if not self._storage_problem:
            _log.error(
                "the database cannot be written to (%s): make room; until then nothing new is "
                "taken, and /api/ready says 503",
                reason,
            )
        self._storage_problem = reason
        self._failed_at = self._clock()

    def locked(self, reason: str) -> None:
        """Record that another process holds the write lock, perhaps for a moment."""
        if not self._storage_problem:
            _log.error(
                "the database cannot be written to (%s): nothing new is taken until it can be, and "
                "/api/ready says 503",
                reason,
            )
            self._storage_problem = reason
            self._failed_at = -RED_SECONDS  # so the next successful write ends it

    def answered(self, statement: str) -> None:
        """Record that a statement succeeded."""
        if self._away_since is not None:
            seconds, self._away_since = self._clock() - self._away_since, None
            _log.warning("the database answers again, after %.1f s", seconds)
        if self._storage_problem and self._is_over(statement):
            self._storage_problem = ""
            _log.warning("the database can be written to again")

    def _is_over(self, statement: str) -> bool:
        is_write = not statement.lstrip().upper().startswith("SELECT")
        return is_write and self._clock() - self._failed_at >= RED_SECONDS
