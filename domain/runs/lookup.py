"""The queries about runs: one run, a page of runs, and a conversation's messages with theirs."""

from dataclasses import dataclass

from domain.accounts.users import User
from domain.conversations.conversation import Message
from domain.conversations.ports import Conversations
from domain.runs.following import load_run
from domain.runs.outcomes import RunOutcome, outcome_of
from domain.runs.ports import RunLog, RunQueries, RunRecord, Runs
from domain.runs.states import RunStatus
from domain.shared.paging import Page


@dataclass(frozen=True, slots=True)
class Entry:
    """A message, and the run whose answer it is; None for a question."""

    message: Message
    run: RunRecord | None


class RunLookup:
    """Reads the runs of a user, and their outcomes."""

    def __init__(
        self, runs: Runs, queries: RunQueries, log: RunLog, conversations: Conversations
    ) -> None:
        self._conversations = conversations
        self._runs = runs
        self._queries = queries
        self._log = log

    async def get(self, user: User, run_id: str) -> RunRecord:
        """Return one of the user's runs.

        Raises:
            NotFound: unknown, or another user's.

        """
        return await self._runs.of_user(user.id, run_id)

    async def owner(self, run_id: str) -> User:
        """Return the user of any run, for administrators of the installation.

        Raises:
            NotFound: there is no such run.

        """
        return (await self._runs.context(run_id, 0)).user

    async def page(
        self,
        user: User,
        limit: int,
        cursor: str | None,
        *,
        conversation_id: str | None = None,
        status: RunStatus | None = None,
    ) -> Page[RunRecord]:
        """Return runs of the user, the newest first.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        return await self._queries.page(
            user.id, limit, cursor, conversation_id=conversation_id, status=status
        )

    async def outcome(self, record: RunRecord) -> RunOutcome:
        """Return the outcome of a run, so far if it is active.

        A run that has ended has it stored; for an active one the events are folded.

        Raises:
            NotFound: the run was deleted meanwhile.

        """
        if record.outcome is not None:
            return record.outcome
        return outcome_of(await load_run(self._log, record.id, record.attempt))

    async def history(
        self, user: User, conversation_id: str, limit: int, cursor: str | None
    ) -> Page[Entry]:
        """Return messages of a conversation, oldest first, each answer with its run.

        Without a cursor they are the newest; ``next_cursor`` leads to older ones.

        Raises:
            NotFound: there is no such conversation of this user.
            InvalidRequest: the cursor did not come from here.

        """
        page = await self._conversations.messages(user.id, conversation_id, limit, cursor)
        run_ids = {message.run_id for message in page.items if message.run_id is not None}
        runs = await self._queries.by_ids(user.id, run_ids) if run_ids else {}
        entries = [Entry(message, runs.get(message.run_id or "")) for message in page.items]
        return Page(entries, page.next_cursor)
