"""The port to what humans were asked. Requests are kept by `RunLog.append`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.consents import Answer, Consent, ConsentStatus
from domain.paging import Page


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

    async def answer(
        self, user_id: str, consent_id: str, answer: Answer, digest: str, now: datetime
    ) -> Consent:
        """Keep the answer to a waiting request, once; a run that waits is `RUNNING` and free.

        ``digest`` is that of what may run: another one when the arguments were edited.

        Raises:
            NotFound: there is none for this user.
            Conflict: it was answered before, or its run has ended.
            Gone: its time was over before this answer.

        """
        ...

    async def expire(self, now: datetime, limit: int) -> int:
        """End requests whose time is over, and let their runs be claimed; return how many."""
        ...
