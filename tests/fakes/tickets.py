"""Tickets, in memory."""

from datetime import datetime

from domain.accounts.ports import Ticket
from tests.fakes.memory import Memory


class FakeTickets:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def add(self, ticket: Ticket, now: datetime) -> None:
        for old in list(self._memory.tickets.values()):
            if old.expires_at <= now:
                del self._memory.tickets[old.fingerprint]
        self._memory.tickets[ticket.fingerprint] = ticket

    async def take(self, fingerprint: str) -> Ticket | None:
        return self._memory.tickets.pop(fingerprint, None)
