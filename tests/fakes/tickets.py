"""Tickets, in memory."""

from datetime import datetime

from typing_extensions import override

from domain.accounts.ports import Ticket, Tickets
from tests.fakes.memory import Memory


class FakeTickets(Tickets):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def add(self, ticket: Ticket, now: datetime) -> None:
        for old in list(self._memory.tickets.values()):
            if old.expires_at <= now:
                del self._memory.tickets[old.fingerprint]
        self._memory.tickets[ticket.fingerprint] = ticket

    @override
    async def take(self, fingerprint: str) -> Ticket | None:
        return self._memory.tickets.pop(fingerprint, None)
