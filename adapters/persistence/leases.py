"""Which worker drives which run."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from adapters.persistence.database import Database

# A lease is compared with the past, rather than with null, so that SQLite uses the index too.
_RENEW: Final = """
    UPDATE runs SET leased_until = $2 WHERE worker_id = $1 AND leased_until > $3
    RETURNING id, cancel_requested
"""
_PAST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CLAIM: Final = """
    UPDATE runs SET attempt = attempt + 1, worker_id = $1, leased_until = $3
    WHERE id IN (
        SELECT id FROM runs WHERE leased_until < $2 ORDER BY leased_until LIMIT $4 {lock}
    )
    RETURNING id, attempt
"""
_LOCK: Final = {"postgresql": "FOR UPDATE SKIP LOCKED", "sqlite": ""}


class TortoiseLeases:
    """The leases, in the rows of the runs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._claim = _CLAIM.format(lock=_LOCK[database.engine])

    async def renew(self, worker_id: str, until: datetime) -> Sequence[str]:
        """Extend the leases of this worker; return those of its runs that are to be cancelled."""
        rows = await self._database.fetch(_RENEW, worker_id, until, _PAST)
        return [str(row["id"]) for row in rows if row["cancel_requested"]]

    async def claim(
        self, worker_id: str, now: datetime, until: datetime, limit: int
    ) -> Sequence[tuple[str, int]]:
        """Take over runs whose lease ran out before ``now``; return each id and new attempt."""
        rows = await self._database.fetch(self._claim, worker_id, now, until, limit)
        return [(str(row["id"]), row["attempt"]) for row in rows]
