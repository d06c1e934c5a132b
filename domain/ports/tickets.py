"""The port to the stored tickets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Ticket:
    """What opens one stream, once. Only the fingerprint of it is stored.

    It stands for the session until ``access_until``: when the access token runs out that it was
    bought with. It has to be used before ``expires_at``.
    """

    fingerprint: str
    session_id: str
    path: str
    access_until: datetime
    expires_at: datetime


class Tickets(Protocol):
    """The tickets that were not used yet."""

    async def add(self, ticket: Ticket, now: datetime) -> None:
        """Keep a ticket, and forget those that have expired by now."""
        ...

    async def take(self, fingerprint: str) -> Ticket | None:
        """Return a ticket and forget it; None: there is none, or it was taken before.

        Of several who take one at the same moment, on any worker, one gets it.
        """
        ...
