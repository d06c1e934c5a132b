"""Tickets: one-time credentials for a browser's `EventSource` and `WebSocket`.

These cannot send an ``Authorization`` header. A ticket stands in the URL, which proxies and browser
histories may store, so it is valid once, for seconds and for one path.
"""

from datetime import timedelta
from typing import Final

from domain.accounts.authentication import Authentication
from domain.accounts.identity import Identity
from domain.accounts.ports import Ticket, Tickets
from domain.accounts.secrets import fingerprint, new_secret
from domain.shared.clock import Clock
from domain.shared.errors import Unauthenticated

LIFE: Final = timedelta(seconds=30)


class TicketService:
    """Issues and redeems tickets."""

    def __init__(self, tickets: Tickets, authentication: Authentication, clock: Clock) -> None:
        self._tickets = tickets
        self._authentication = authentication
        self._clock = clock

    async def issue(self, identity: Identity, path: str) -> str:
        """Return a new ticket that allows the caller to GET the path once, within `LIFE`.

        Raises:
            Forbidden: the caller has an API key: programs can send a header.

        """
        identity.require_login()
        secret, now = new_secret(), self._clock.now()
        ticket = Ticket(
            fingerprint=fingerprint(secret),
            session_id=identity.session_id,
            path=path,
            access_until=identity.expires_at,
            expires_at=now + LIFE,
        )
        await self._tickets.add(ticket, now)
        return secret

    async def redeem(self, secret: str, path: str) -> Identity:
        """Return the caller that a ticket was issued to. It is used up even where this raises.

        Raises:
            Unauthenticated: unknown, used before, expired, or for another path; or its session
                is over.

        """
        ticket = await self._tickets.take(fingerprint(secret))
        if ticket is None or ticket.path != path or ticket.expires_at <= self._clock.now():
            raise Unauthenticated(
                "The ticket is not valid: it is good once, for seconds and for one path. "
                "Ask for another ticket."
            )
        return await self._authentication.of_session(ticket.session_id, ticket.access_until)
