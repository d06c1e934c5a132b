"""The beginning of runs, and what is known of them without their events."""

from collections.abc import Sequence
from typing import Final

from adapters.persistence.codec import is_id, known_id, storable, to_text
from adapters.persistence.database import Database, Row
from adapters.persistence.errors import Taken
from adapters.persistence.rows import to_message, to_run
from adapters.persistence.strokes import Stroke, Write, perform
from domain.conversations import PREVIEW_LENGTH, Message, shorten
from domain.errors import Conflict, NotFound, RunInProgress
from domain.events import to_json
from domain.ports.runs import NewRun, RunRecord
from domain.runs import RunStatus

_NEW_CONVERSATION: Final = """
    INSERT INTO conversations
        (id, user_id, title, created_at, updated_at, message_count, last_message_preview)
    VALUES ($1, $2, $12, $3, $3, 1, $4)
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
            worker_id, leased_until, active_in, cancel_requested, created_at)
        SELECT $7, id, user_id, $8, '{RunStatus.RUNNING}', 1, $9, $10, id, FALSE, $3
        FROM conversation
        """,  # noqa: S608  made of constants
    ),
    Write(
        "begun",
        """
        INSERT INTO run_events (run_id, first_number, last_number, attempt, bodies, created_at)
        SELECT $7, 1, 1, 1, $11, CURRENT_TIMESTAMP FROM conversation
        """,
    ),
)
_START_NEW: Final = Stroke(
    (Write("conversation", _NEW_CONVERSATION, _CONVERSATION), *_REST),
    "SELECT message_count AS message_number, NULL AS id FROM conversation",
)
_START_OLD: Final = Stroke(
    (Write("conversation", _OLD_CONVERSATION, _CONVERSATION), *_REST),
    """
    SELECT conversation.message_count AS message_number, earlier.*
    FROM conversation LEFT JOIN (
        SELECT * FROM messages WHERE conversation_id = $1 ORDER BY number DESC LIMIT $12
    ) AS earlier ON earlier.number < conversation.message_count
    ORDER BY earlier.number
    """,
)
_EARLIER: Final = """
    SELECT * FROM messages WHERE conversation_id = $1 AND number < $2
    ORDER BY number DESC LIMIT $3
"""
_GET: Final = "SELECT * FROM runs WHERE id = $1"
_CANCEL: Final = """
    UPDATE runs SET cancel_requested = TRUE WHERE id = $1 AND finished_at IS NULL RETURNING id
"""


class TortoiseRuns:
    """The runs, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, new: NewRun, history_limit: int) -> Sequence[Message]:
        """Keep the message, the run and its first event; return the messages before.

        Raises:
            NotFound: the conversation is unknown, or another user's.
            RunInProgress: a run is still active in it.
            Conflict: one of the new ids is in use.

        """
        conversation_id = known_id(new.started.conversation_id, "conversation")
        is_new = new.new_title is not None
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
            to_text([to_json(new.started)]),
            storable(new.new_title) if new.new_title is not None else history_limit + 1,
        )
        try:
            rows = await perform(self._database, _START_NEW if is_new else _START_OLD, *values)
        except Taken as error:
            if "active_in" in error.constraint:
                raise RunInProgress("A run is still active in this conversation.") from error
            raise Conflict("The conversation, message or run exists already.") from error
        if not rows:
            raise NotFound("There is no such conversation.")
        return await self._history(conversation_id, rows, history_limit)

    async def _history(
        self, conversation_id: str, rows: Sequence[Row], limit: int
    ) -> Sequence[Message]:
        number = rows[0]["message_number"]
        earlier = [row for row in rows if row["id"] is not None and row["number"] < number]
        if number > 1 and (not earlier or earlier[-1]["number"] < number - 1):
            # The statement waited for another that ended a run here, and did not see its answer.
            found = await self._database.fetch(_EARLIER, conversation_id, number, limit)
            earlier = list(reversed(found))
        return [to_message(row) for row in earlier[-limit:]] if limit else []

    async def get(self, run_id: str) -> RunRecord:
        """Return one run.

        Raises:
            NotFound: unknown, or not an id at all.

        """
        rows = await self._database.fetch(_GET, known_id(run_id, "run"))
        if not rows:
            raise NotFound("There is no such run.")
        return to_run(rows[0])

    async def request_cancel(self, run_id: str) -> bool:
        """Store the intent to cancel; False when no run of this id is active."""
        return is_id(run_id) and bool(await self._database.fetch(_CANCEL, run_id))
