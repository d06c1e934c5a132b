"""The port by which runs are looked for: nothing here changes one."""

from collections.abc import Collection, Mapping
from typing import Protocol

from domain.paging import Page
from domain.ports.runs import RunRecord
from domain.run_states import RunStatus


class RunQueries(Protocol):
    """The stored runs of a user: in lists, by id, and one after the other in a conversation."""

    async def page(
        self,
        user_id: str,
        limit: int,
        cursor: str | None,
        *,
        conversation_id: str | None = None,
        status: RunStatus | None = None,
    ) -> Page[RunRecord]:
        """Return runs of the user, the newest first.

        A conversation that is unknown, or another user's, has none.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        ...

    async def by_ids(self, user_id: str, run_ids: Collection[str]) -> Mapping[str, RunRecord]:
        """Return the runs of these ids, by id, without those that are unknown or another user's."""
        ...

    async def next_of(self, user_id: str, conversation_id: str, place: int) -> RunRecord | None:
        """Return the first run of the conversation beyond that place; None: there is none yet.

        Raises:
            NotFound: there is no such conversation of this user any more.

        """
        ...

    async def place_of(self, user_id: str, conversation_id: str, message_id: str) -> int | None:
        """Return the place after which the runs come that this message is no answer of.

        After a question comes the run that answers it. None: there is no such message in a
        conversation of that user and id.
        """
        ...

    async def by_cursor(self, user_id: str, conversation_id: str, cursor: str) -> RunRecord | None:
        """Return the run of the conversation whose event a cursor names; None: there is none."""
        ...
