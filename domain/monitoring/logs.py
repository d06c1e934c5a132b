"""Log entries: records of the log that are kept in the database, for operators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

REQUEST_ID: Final = "request_id"
RUN_ID: Final = "run_id"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A record of the log, bounded and without secrets; ``at`` is in UTC.

    ``metadata`` has ``logger`` and, where they are known, ``request_id``, ``run_id``, ``user``,
    ``user_id``, ``worker``, ``client``, ``exception`` (a traceback) and ``stack``.
    """

    at: datetime
    level: str
    message: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which entries are wanted: the newest ``limit`` of this level, request and run."""

    limit: int
    level: str | None = None
    request_id: str | None = None
    run_id: str | None = None


class LogEntries(Protocol):
    """The repository of log entries, of all workers."""

    async def add(self, entries: Sequence[LogEntry], most: int) -> None:
        """Store entries, and delete the oldest beyond ``most``, some more than were stored."""
        ...

    async def newest(self, query: LogQuery) -> Sequence[LogEntry]:
        """Return the entries that the query asks for, the newest first."""
        ...
