"""The port to the stored consent requests. New ones are stored by `RunLog.append`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.consents.consent import Consent, ConsentStatus
from domain.shared.paging import Page


class Consents(Protocol):
    """The repository of the consent requests of all runs."""

    async def get(self, user_id: str, consent_id: str) -> Consent:
        """Return one request.

        Raises:
            NotFound: there is none for this user.

        """
        ...

    async def page(
        self, user_id: str, status: ConsentStatus | None, limit: int, cursor: str | None
    ) -> Page[Consent]:
        """Return requests, the newest first.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        ...

    async def of_run(self, run_id: str) -> Sequence[Consent]:
        """Return all requests of a run, oldest first."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[Consent]:
        """Return overdue requests that still wait, the earliest ``expires_at`` first."""
        ...

    async def settle(self, consent: Consent) -> bool:
        """Store a request's new state if the stored one still waits; return whether it did.

        In the same write a run that waits for a human becomes `RUNNING` and can be claimed. It is
        a compare-and-set: of several at once one wins, and none can come between the last look of
        a run for answers and its parking.
        """
        ...
