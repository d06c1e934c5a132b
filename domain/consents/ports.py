"""The port to what humans were asked. Requests are kept by `RunLog.append`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.consents.consent import Consent, ConsentStatus
from domain.shared.paging import Page


class Consents(Protocol):
    """The consent requests of all runs."""

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
        """Return requests that wait although their time is over, the first to end first."""
        ...

    async def settle(self, consent: Consent) -> bool:
        """Keep what became of a request, if the kept one still waits; return whether it did.

        With it a run that waits for a human is `RUNNING` and free to be claimed. Of several at
        once one is kept; none of them comes between a run that parks and its last look.
        """
        ...
