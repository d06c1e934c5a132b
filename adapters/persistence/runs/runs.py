"""The repository of runs: starting, reading and cancelling them."""

from collections.abc import Sequence
from typing import Final

from typing_extensions import override

from adapters.persistence.engine.codec import is_id, known_id, storable
from adapters.persistence.engine.database import Database, Row
from adapters.persistence.engine.errors import UniqueViolation
from adapters.persistence.engine.leasing import FREE
from adapters.persistence.engine.signals import events_notification, work_notification
from adapters.persistence.engine.statements import AtomicWrite, Write, perform
from adapters.persistence.idempotency import TortoiseIdempotencyStore
from adapters.persistence.rows import to_message, to_run, to_user
from adapters.persistence.runs.event_bodies import read_bodies, write_bodies
from adapters.persistence.webhooks.outbox import outbox_write, written
from domain.conversations.conversation import PREVIEW_LENGTH, Message
from domain.runs.events import RunStarted
from domain.runs.ports import Context, NewRun, RunRecord, Runs
from domain.runs.reports.run_notices import begun_with_conversation
from domain.runs.states import RunStatus
from domain.shared.errors import Conflict, NotFound, RunInProgress, run_in_progress
from domain.shared.idempotency import AlreadyDone, RequestKey
from domain.shared.text import shorten

_NEW_CONVERSATION: Final = """
    INSERT INTO conversations
        (id, user_id, title, created_at, updated_at, message_count, last_message_preview)
    VALUES ($1, $2, $15, $3, $3, 1, $4)
    RETURNING id, user_id, message_count
"""
_OLD_CONVERSATION: Final = """
    UPDATE conversations
    SET updated_at = $3, message_count = message_count + 1, last_message_preview = $4
    WHERE id = $1 AND user_id = $2
    RETURNING id, user_id, message_count
"""
_CONVERSATION: Final = "SELECT id, user_id, message_count FROM conversations WHERE id = $1"
_REST: Final = (
    Write(
        "question",
        """
        INSERT INTO messages
            (id, conversation_id, number, role, content, created_at, tool_calls, results)
        SELECT $5, id, message_count, 'user', $6, $3, '[]', '[]' FROM conversation
        """,
    ),
    Write(
        "run",
        f"""
        INSERT INTO runs (id, conversation_id, user_id, message_id, status, attempt,
            worker_id, leased_until, active_in, cancel_requested, created_at, place, key_id, agent)
        SELECT $7, id, user_id, $8, '{RunStatus.RUNNING}', 1, $9, $10, id, FALSE, $3,
            message_count, $13, $14
        FROM conversation
        """,  # noqa: S608  made of constants
    ),
    Write(
        "begun",
        """
        INSERT INTO run_events (run_id, first_number, last_number, attempt, bodies, created_at)
        SELECT $7, 1, $12, 1, $11, CURRENT_TIMESTAMP FROM conversation
        """,
    ),
)
_WITH_EARLIER: Final = """
    SELECT conversation.message_count AS message_number, earlier.*{notification}
    FROM conversation LEFT JOIN (
        SELECT * FROM messages WHERE conversation_id = $1 ORDER BY number DESC LIMIT $15
    ) AS earlier ON earlier.number < conversation.message_count
    ORDER BY earlier.number
"""
_START_DIRECT: Final = AtomicWrite(
    (
        Write(
            "run",
            f"""
            INSERT INTO runs (id, user_id, status, attempt, worker_id, leased_until,
                cancel_requested, created_at, key_id)
            VALUES ($1, $2, '{RunStatus.RUNNING}', 1, $3, $4, FALSE, $5, $8)
            RETURNING id
            """,  # noqa: S608  made of constants
            "SELECT id FROM runs WHERE id = $1",
        ),
        Write(
            "begun",
            """
            INSERT INTO run_events (run_id, first_number, last_number, attempt, bodies, created_at)
            SELECT id, 1, $7, 1, $6, CURRENT_TIMESTAMP FROM run
            """,
        ),
    ),
    "SELECT id FROM run",
)
_EARLIER: Final = """
    SELECT * FROM messages WHERE conversation_id = $1 AND number < $2
    ORDER BY number DESC LIMIT $3
"""
_GET: Final = "SELECT * FROM runs WHERE id = $1"
_OF_USER: Final = f"{_GET} AND user_id = $2"
_ACTIVE: Final = "SELECT id FROM runs WHERE active_in = $1"
_CANCEL: Final = f"""
    UPDATE runs SET cancel_requested = TRUE, status = '{RunStatus.RUNNING}', leased_until =
        CASE WHEN status = '{RunStatus.WAITING_CONSENT}' THEN $2 ELSE leased_until END
    WHERE user_id = $1{{which}} AND finished_at IS NULL RETURNING id
"""  # noqa: S608  made of constants
_BEGINNING: Final = """
    SELECT users.*, bodies FROM runs
    JOIN users ON users.id = runs.user_id
    JOIN run_events ON run_events.run_id = runs.id AND first_number = 1
    WHERE runs.id = $1
"""
_UP_TO: Final = """
    SELECT * FROM messages
    WHERE conversation_id = $1 AND number <= (SELECT number FROM messages WHERE id = $2)
    ORDER BY number DESC LIMIT $3
"""


class TortoiseRuns(Runs):
    """The repository of runs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._answers = TortoiseIdempotencyStore(database)
        self._start_new = AtomicWrite(
            (
                Write("conversation", _NEW_CONVERSATION, _CONVERSATION),
                *_REST,
                outbox_write(database.engine, 16, after="conversation"),  # $15 is the title
            ),
            "SELECT id FROM conversation",
        )
        self._start_old = AtomicWrite(
            (Write("conversation", _OLD_CONVERSATION, _CONVERSATION), *_REST),
            _WITH_EARLIER.format(
                notification=events_notification(database.engine, "conversation.id")
            ),
        )
        notification = work_notification(database.engine)
        self._cancel = _CANCEL.format(which=" AND id = $3") + notification
        self._cancel_all = _CANCEL.format(which="") + notification

    @override
    async def start(self, new: NewRun, history_limit: int) -> Sequence[Message]:
        """Store the message, the run, its first events and the key; return the history.

        Raises:
            NotFound: the conversation is unknown, or another user's.
            RunInProgress: a run is still active in it; ``details.run_id`` names it.
            AlreadyDone: the same request came before; ``outcome`` is the id of its run.
            IdempotencyConflict: the key came before with another request.
            Conflict: one of the new ids is in use.

        """
        try:
            if new.key is None:
                return await self._start(new, history_limit)
            return await self._start_once(new, new.key, history_limit)
        except RunInProgress as error:
            # Only now: on PostgreSQL the failed transaction accepts no more statements.
            conversation_id = new.started.conversation_id
            active = await self._database.fetch(_ACTIVE, conversation_id)
            if active:
                raise run_in_progress(conversation_id, str(active[0]["id"])) from error
            raise  # it has ended meanwhile

    async def _start_once(
        self, new: NewRun, key: RequestKey, history_limit: int
    ) -> Sequence[Message]:
        async def work() -> Sequence[Message]:
            run_id = await self._answers.reserve(key, new.id)
            if run_id is not None:
                raise AlreadyDone(run_id)
            return await self._start(new, history_limit)

        return await self._database.unit_of_work.run(work)

    async def _start(self, new: NewRun, history_limit: int) -> Sequence[Message]:
        try:
            if new.started.is_direct:
                await self._start_direct(new)
                return []
            return await self._start_conversing(new, history_limit)
        except UniqueViolation as error:
            if "active_in" in error.constraint:
                raise RunInProgress("A run was active in this conversation. Try again.") from error
            raise Conflict("The conversation, message or run exists already.") from error

    async def _start_direct(self, new: NewRun) -> None:
        leased = (new.worker_id, new.leased_until, new.at)
        values = (new.id, new.started.user_id, *leased, *_events(new), new.started.key_id or None)
        await perform(self._database, _START_DIRECT, *values)

    async def _start_conversing(self, new: NewRun, history_limit: int) -> Sequence[Message]:
        conversation_id = known_id(new.started.conversation_id, "conversation")
        values = (
            conversation_id,
            new.started.user_id,
            new.at,
            storable(shorten(new.question, PREVIEW_LENGTH)),
            new.started.question_id,
            storable(new.question),
            new.id,
            new.started.message_id,
            new.worker_id,
            new.leased_until,
            *_events(new),
            new.started.key_id or None,
            storable(new.started.agent_name) or None,
        )
        if new.new_title is not None:
            told = written([begun_with_conversation(new.id, new.started, new.at)])
            title = storable(new.new_title)
            await perform(self._database, self._start_new, *values, title, told)
            return []
        rows = await perform(self._database, self._start_old, *values, history_limit + 1)
        if not rows:
            raise NotFound("There is no such conversation.")
        return await self._history(conversation_id, rows, history_limit)

    async def _history(
        self, conversation_id: str, rows: Sequence[Row], limit: int
    ) -> Sequence[Message]:
        number = rows[0]["message_number"]
        earlier = [row for row in rows if row["id"] is not None and row["number"] < number]
        if number > 1 and (not earlier or earlier[-1]["number"] < number - 1):
            # The statement waited for the end of another run, and did not see its answer.
            rows_before = await self._database.fetch(_EARLIER, conversation_id, number, limit)
            earlier = list(reversed(rows_before))
        return [to_message(row) for row in earlier[-limit:]] if limit else []

    @override
    async def context(self, run_id: str, limit: int) -> Context:
        rows = await self._database.fetch(_BEGINNING, known_id(run_id, "run"))
        if not rows:
            raise NotFound("There is no such run.")
        user, started = to_user(rows[0]), next(read_bodies(rows[0]["bodies"]))
        assert isinstance(started, RunStarted)  # noqa: S101  the first event of a run
        if not started.conversation_id:
            return Context(user, [])
        question = (started.conversation_id, started.question_id)
        messages = await self._database.fetch(_UP_TO, *question, limit)
        return Context(user, [to_message(row) for row in reversed(messages)])

    @override
    async def get(self, run_id: str) -> RunRecord:
        return _the_run(await self._database.fetch(_GET, known_id(run_id, "run")))

    @override
    async def of_user(self, user_id: str, run_id: str) -> RunRecord:
        return _the_run(await self._database.fetch(_OF_USER, known_id(run_id, "run"), user_id))

    @override
    async def request_cancel(self, user_id: str, run_id: str) -> bool:
        if not is_id(run_id):
            return False
        return bool(await self._database.fetch(self._cancel, user_id, FREE, run_id))

    @override
    async def request_cancel_all(self, user_id: str) -> Sequence[str]:
        rows = await self._database.fetch(self._cancel_all, user_id, FREE)
        return [str(row["id"]) for row in rows]


def _the_run(rows: Sequence[Row]) -> RunRecord:
    if not rows:
        raise NotFound("There is no such run.")
    return to_run(rows[0])


def _events(new: NewRun) -> tuple[str, int]:
    """Return the first events serialized, and the last one's number."""
    bodies = (new.started, *new.events)
    return write_bodies(bodies), len(bodies)
