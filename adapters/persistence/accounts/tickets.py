"""The repository of unused tickets."""

from datetime import datetime
from typing import Final

from typing_extensions import override

from adapters.persistence.engine.codec import moment, storable
from adapters.persistence.engine.database import Database
from domain.accounts.ports import Ticket, Tickets

_FORGET: Final = "DELETE FROM tickets WHERE expires_at <= $1 RETURNING id"
_ADD: Final = """
    INSERT INTO tickets (fingerprint, session_id, path, access_until, expires_at)
    VALUES ($1, $2, $3, $4, $5) RETURNING id
"""
_TAKE: Final = "DELETE FROM tickets WHERE fingerprint = $1 RETURNING *"


class TortoiseTickets(Tickets):
    """The repository of tickets; DELETE ... RETURNING makes each usable only once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def add(self, ticket: Ticket, now: datetime) -> None:
        await self._database.fetch(_FORGET, now)
        await self._database.fetch(
            _ADD,
            ticket.fingerprint,
            ticket.session_id,
            storable(ticket.path),
            ticket.access_until,
            ticket.expires_at,
        )

    @override
    async def take(self, fingerprint: str) -> Ticket | None:
        rows = await self._database.fetch(_TAKE, fingerprint)
        if not rows:
            return None
        row = rows[0]
        return Ticket(
            fingerprint=row["fingerprint"],
            session_id=str(row["session_id"]),
            path=row["path"],
            access_until=moment(row["access_until"]),
            expires_at=moment(row["expires_at"]),
        )
