"""The ports to stored runs, their events, their leases, and news of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.accounts.users import User
from domain.consents.consent import Consent
from domain.conversations.conversation import Message
from domain.runs.cursors import Cursor
from domain.runs.events import Body, Event, RunStarted
from domain.runs.outcomes import RunOutcome
from domain.runs.states import RunStatus
from domain.shared.idempotency import RequestKey
from domain.shared.paging import Page


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to begin. ``new_title`` None means that the conversation exists already.

    The conversation, the user's message and the run are ids that the caller made;
    ``started.conversation_id`` and ``started.question_id`` name the first two. A direct run
    has neither; ``events`` follow on its start.
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
    """Whose run it is, and the conversation up to its question, oldest first."""

    user: User
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ends: its status, what came of it, and the answer to keep in the conversation.

    The answer of a run that failed or was cancelled before any text is empty. A direct run has
    none: it is in no conversation.
    """

    status: RunStatus
    answer: Message | None
    at: datetime
    outcome: RunOutcome | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What is known of a run without reading its events. ``attempt`` is its lease's number.

    ``place`` orders the runs of a conversation: it is the number of the run's question among the
    messages; 0 of a direct run. ``outcome`` is None while the run is active, and where an older
    version ended it.
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


class Runs(Protocol):
    """The runs, by id. All of one call is kept, or nothing."""

    async def start(self, new: NewRun, history_limit: int) -> Sequence[Message]:
        """Keep the message, the run (attempt 1) and its first events; return the conversation.

        What comes back are the last ``history_limit`` messages before the new one, oldest first.
        The request's key is kept in the same stroke.

        Raises:
            NotFound: the conversation is unknown, or another user's.
            RunInProgress: a run is still active in it; ``details.run_id`` names it.
            AlreadyDone: the same request came before; ``outcome`` is the id of its run.
            IdempotencyConflict: the key came before with another request.

        """
        ...

    async def context(self, run_id: str, limit: int) -> Context:
        """Return what a worker that takes the run over must know.

        The messages are the last ``limit`` up to the question; a direct run has none.

        Raises:
            NotFound: the run is unknown, or its user is.

        """
        ...

    async def get(self, run_id: str) -> RunRecord:
        """Return one run, whosever it is: for the worker that drives it.

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

        A run that waits for a human can be claimed from then on.
        """
        ...


class RunLog(Protocol):
    """The events of the runs: appended by the one worker that holds the lease, read by all."""

    async def append(
        self,
        run_id: str,
        attempt: int,
        first: int,
        bodies: Sequence[Body],
        *,
        ending: Ending | None = None,
        consents: Sequence[Consent] = (),
    ) -> None:
        """Keep events numbered from ``first``, and the consents that they request.

        With an ending the run ends in the same stroke, and what still waits is cancelled.

        Raises:
            LeaseLost: another worker drives the run now, or it has ended.

        """
        ...

    async def read(self, run_id: str, after: Cursor | None, limit: int) -> Sequence[Event]:
        """Return the next stored events, about ``limit`` of them: never none while there are more.

        An event is next when its number is greater than the cursor's, or when a later attempt
        wrote it: the pieces that the cursor saw were then never stored.
        """
        ...


class Leases(Protocol):
    """Which worker drives which run. Times are UTC."""

    async def renew(self, worker_id: str, run_ids: Sequence[str], until: datetime) -> Sequence[str]:
        """Extend the worker's leases of these runs; return those that are to be cancelled.

        Its other leases run out, so that nothing it lost sight of stands still for ever.
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
        """Take over runs whose lease ran out before ``now``; return each id and new attempt.

        With ``user_id`` only those of that user. They are `RUNNING` from then on. Waiting runs come
        up once there is an answer.
        """
        ...

    async def park(self, run_id: str, attempt: int, answers: int) -> bool:
        """Let a run wait for a human, with no worker: `WAITING_CONSENT`, without a lease.

        ``answers`` is how many of its consents the worker has seen answered. False, and nothing
        changes, when there are more by now, or a cancel: the worker is to look again.

        Raises:
            LeaseLost: another worker drives the run now, or it has ended.

        """
        ...

    async def release(self, run_id: str, attempt: int) -> None:
        """Hand a run back, for any worker to claim at once. A lost lease is no error."""
        ...

    async def free(self, worker_id: str) -> int:
        """Hand back all runs of a worker that is dead; return how many."""
        ...


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


class Signals(Protocol):
    """News of what other workers stored: hints to look, which may be lost or come twice."""

    async def start(self, heard: Callable[[str], None], work: Callable[[], None]) -> None:
        """Begin to listen.

        ``heard`` is called with the id of a run that has new events, or of a conversation in
        which one has begun; ``work`` when runs may be claimed or are to be cancelled.
        """
        ...

    async def stop(self) -> None:
        """Stop listening."""
        ...
