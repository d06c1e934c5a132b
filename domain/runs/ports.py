"""The ports to stored runs, their events, their leases, and signals between workers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.accounts.users import User
from domain.consents.consent import Consent
from domain.conversations.conversation import Message
from domain.notifications.notices import Notice
from domain.runs.cursors import Cursor
from domain.runs.events import Body, Event, RunStarted
from domain.runs.outcomes import RunOutcome
from domain.runs.states import RunStatus
from domain.shared.idempotency import RequestKey
from domain.shared.paging import Page


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be stored. ``new_title`` None means that the conversation exists already.

    The caller made the ids of the run, the conversation and the user's message; the last two are
    ``started.conversation_id`` and ``started.question_id``. A direct run has neither; its
    ``events`` follow on its start.
    """

    id: str
    started: RunStarted
    question: str
    new_title: str | None
    at: datetime
    worker_id: str
    leased_until: datetime
    events: Sequence[Body] = ()
    key: RequestKey | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """A run's user, and the conversation's messages up to its question, oldest first."""

    user: User
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a run: its status, its outcome, and the answer to store in the conversation.

    The answer's content is empty if the run failed or was cancelled before any text. A direct run
    has no answer: it is in no conversation.
    """

    status: RunStatus
    answer: Message | None
    at: datetime
    outcome: RunOutcome | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The stored row of a run, without its events. ``attempt`` is its lease's number.

    ``place`` orders the runs of a conversation: the number of the run's question among the
    messages; 0 for a direct run. ``outcome`` is None while the run is active, and for runs that an
    older version of Puerto ended. ``events_gone`` says that its events were deleted, being old.
    """

    id: str
    user_id: str
    conversation_id: str
    message_id: str
    status: RunStatus
    attempt: int
    cancel_requested: bool
    created_at: datetime
    finished_at: datetime | None
    place: int = 0
    outcome: RunOutcome | None = None
    events_gone: bool = False


class Runs(Protocol):
    """The repository of runs. Each method is one transaction."""

    async def start(self, new: NewRun, history_limit: int) -> Sequence[Message]:
        """Store the message, the run (attempt 1) and its first events; return the history.

        That is the last ``history_limit`` messages before the new one, oldest first. The request's
        idempotency key is stored in the same transaction.

        Raises:
            NotFound: the conversation is unknown, or another user's.
            RunInProgress: a run is still active in it; ``details.run_id`` names it.
            AlreadyDone: the same request came before; ``outcome`` is the id of its run.
            IdempotencyConflict: the key came before with another request.

        """
        ...

    async def context(self, run_id: str, limit: int) -> Context:
        """Return what a worker needs to take the run over.

        The messages are the last ``limit`` up to the question; a direct run has none.

        Raises:
            NotFound: the run is unknown, or its user is.

        """
        ...

    async def get(self, run_id: str) -> RunRecord:
        """Return any user's run, for the worker that drives it.

        Raises:
            NotFound: unknown, or not an id at all.

        """
        ...

    async def of_user(self, user_id: str, run_id: str) -> RunRecord:
        """Return one of the user's runs.

        Raises:
            NotFound: unknown, or another user's, or not an id at all.

        """
        ...

    async def request_cancel(self, user_id: str, run_id: str) -> bool:
        """Store the intent to cancel; False when no run of this user and id is active.

        A waiting run can be claimed from then on.
        """
        ...

    async def request_cancel_all(self, user_id: str) -> Sequence[str]:
        """Store the intent to cancel all active runs of a user; return their ids."""
        ...


class RunLog(Protocol):
    """The event log of the runs: appended to by the worker that holds the lease, read by all."""

    async def append(
        self,
        run_id: str,
        attempt: int,
        first: int,
        bodies: Sequence[Body],
        *,
        ending: Ending | None = None,
        consents: Sequence[Consent] = (),
        notices: Sequence[Notice] = (),
    ) -> None:
        """Append events numbered from ``first``, and store the consents that they request.

        With an ending the run ends in the same transaction, and its waiting consents are
        cancelled. The notices are written to the outbox, in the same transaction, too.

        Raises:
            LeaseLost: another worker drives the run now, or it has ended.

        """
        ...

    async def read(self, run_id: str, after: Cursor | None, limit: int) -> Sequence[Event]:
        """Return the next stored events, about ``limit`` of them; empty only at the end.

        These have a number greater than the cursor's, or a later attempt: in that case the pieces
        up to the cursor were never stored.
        """
        ...


@dataclass(frozen=True, slots=True)
class Backlog:
    """Runs ``queued`` for a worker to claim them, and ``consents`` that wait for an answer."""

    queued: int
    consents: int


class Leases(Protocol):
    """The leases of runs: each is held by the worker that drives the run. Times are UTC."""

    async def renew(self, worker_id: str, run_ids: Sequence[str], until: datetime) -> Sequence[str]:
        """Extend the worker's leases of these runs; return the runs to be cancelled.

        Its other leases expire, so that a run it no longer drives is claimed by another.
        """
        ...

    async def claim(
        self,
        worker_id: str,
        now: datetime,
        until: datetime,
        limit: int,
        user_id: str | None = None,
    ) -> Sequence[tuple[str, int]]:
        """Take the leases that expired before ``now``; return each run's id and new attempt.

        With ``user_id`` only those of that user's runs. They are `RUNNING` from then on. Waiting
        runs can be claimed once there is an answer.
        """
        ...

    async def park(self, run_id: str, attempt: int, answers: int) -> bool:
        """Let a run wait for a human: set `WAITING_CONSENT` and give its lease up.

        ``answers`` is the number of answered consents that the worker has seen (compare-and-set):
        False, and nothing changes, when there are more by now, or a cancel. The worker then
        decides again.

        Raises:
            LeaseLost: another worker drives the run now, or it has ended.

        """
        ...

    async def release(self, run_id: str, attempt: int) -> None:
        """Give a lease up, so that any worker can claim the run at once. A lost one is no error."""
        ...

    async def free(self, worker_id: str) -> int:
        """Release all leases of a dead worker; return how many."""
        ...

    async def backlog(self, now: datetime) -> Backlog:
        """Return how much waits for a worker, and for humans."""
        ...


class RunQueries(Protocol):
    """Queries over the stored runs of a user: pages, by id, and in a conversation's order."""

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
        """Return the runs with these ids, by id; unknown and other users' ids are missing."""
        ...

    async def next_of(self, user_id: str, conversation_id: str, place: int) -> RunRecord | None:
        """Return the first run of the conversation after that place; None: there is none yet.

        Raises:
            NotFound: there is no such conversation of this user any more.

        """
        ...

    async def place_of(self, user_id: str, conversation_id: str, message_id: str) -> int | None:
        """Return the place after which the runs come that are newer than this message.

        The run that answers a question is newer than it. None: there is no such message in the
        user's conversation.
        """
        ...

    async def by_cursor(self, user_id: str, conversation_id: str, cursor: str) -> RunRecord | None:
        """Return the conversation's run that a cursor belongs to; None: there is none."""
        ...


class Signals(Protocol):
    """Signals between workers after a commit: hints, which may be lost or come twice."""

    async def start(self, heard: Callable[[str], None], work: Callable[[], None]) -> None:
        """Begin to listen.

        ``heard`` is called with the id of a run that has new events, or of a conversation with a
        new run; ``work`` when runs may be claimed or are to be cancelled.
        """
        ...

    async def stop(self) -> None:
        """Stop listening."""
        ...
