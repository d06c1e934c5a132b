"""The repository of the event log: one row for each append, and what its events spend and tell."""

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from itertools import product
from typing import Any, Final, Self

from typing_extensions import override

from adapters.persistence.calls import write_calls, write_outcomes, write_run_outcome
from adapters.persistence.engine.codec import is_id, storable
from adapters.persistence.engine.database import Database, Engine, Row
from adapters.persistence.engine.errors import UniqueViolation
from adapters.persistence.engine.signals import events_notification
from adapters.persistence.engine.statements import AtomicWrite, Write, perform
from adapters.persistence.runs.consents import add_consents
from adapters.persistence.runs.event_bodies import read_so_many, write_bodies
from adapters.persistence.usage.counting import counting, write_spendings
from adapters.persistence.usage.settling import RELEASED, settling
from adapters.persistence.webhooks.outbox import outbox_write, written
from domain.consents.consent import Consent, ConsentStatus, withdrawn
from domain.conversations.conversation import PREVIEW_LENGTH
from domain.notifications.notices import Notice
from domain.runs.cursors import Cursor
from domain.runs.events import PROGRESS, Body, Event, QuestionGuarded
from domain.runs.ports import Ending, RunLog
from domain.shared.errors import LeaseLost
from domain.shared.text import shorten
from domain.usage.spending import Spending, spendings

Fetch = Callable[..., Awaitable[Sequence[Row]]]

# A worker may write while it holds the lease, and only events that follow on the last stored one.
_MAY_WRITE: Final = """
    id = $1 AND attempt = $2 AND finished_at IS NULL AND $3 - 1 =
        (SELECT last_number FROM run_events WHERE run_id = $1 ORDER BY first_number DESC LIMIT 1)
"""
_COLUMNS: Final = "run_events (run_id, first_number, last_number, attempt, bodies, created_at)"
_APPEND: Final = f"""
    INSERT INTO {_COLUMNS}
    SELECT id, $3, $4, $2, $5, CURRENT_TIMESTAMP FROM runs WHERE {_MAY_WRITE}
"""  # noqa: S608  made of constants
# The run's row is locked until the commit, so that no event is written after a takeover.
_LOCK: Final = {"postgresql": "FOR SHARE", "sqlite": ""}

# Starting a run locks the conversation before the run, so ending one does the same, against
# deadlocks. A direct run has no conversation.
_CONVERSATION_LOCKED: Final = Write(
    "place",
    """
    SELECT conversations.id FROM conversations JOIN runs ON conversation_id = conversations.id
    WHERE runs.id = $1 FOR UPDATE OF conversations
    """,
    "SELECT conversation_id AS id FROM runs WHERE id = $1",
    is_lock=True,
)
_RUN_ENDS: Final = Write(
    "run",
    f"""
    UPDATE runs SET status = $6, finished_at = $7, outcome = $8, active_in = NULL,
        leased_until = NULL
    WHERE {_MAY_WRITE} AND (conversation_id IS NULL OR conversation_id IN (SELECT id FROM place))
    RETURNING id, conversation_id
    """,  # noqa: S608  made of constants
    "SELECT id, conversation_id FROM runs WHERE id = $1",
)
_LAST_EVENTS: Final = Write(
    "written",
    f"INSERT INTO {_COLUMNS} SELECT id, $3, $4, $2, $5, CURRENT_TIMESTAMP FROM run",  # noqa: S608
)
_WITHDRAWN: Final = Write(
    "withdrawn",
    f"""
    UPDATE consents SET status = '{ConsentStatus.CANCELLED}', answered_at = $7
    WHERE run_id = (SELECT id FROM run) AND status = '{ConsentStatus.WAITING}'
    """,  # noqa: S608  made of constants
)
_WITHOUT_ANSWER: Final = Write(
    "conversation",
    "UPDATE conversations SET updated_at = $7 WHERE id = (SELECT conversation_id FROM run)",
)
_WITH_ANSWER: Final = (
    Write(
        "conversation",
        """
        UPDATE conversations
        SET updated_at = $7, message_count = message_count + 1,
            last_message_preview = COALESCE(NULLIF($9, ''), last_message_preview)
        WHERE id = (SELECT conversation_id FROM run)
        RETURNING id, message_count
        """,
        """
        SELECT id, message_count FROM conversations
        WHERE id = (SELECT conversation_id FROM run)
        """,
    ),
    Write(
        "answer",
        """
        INSERT INTO messages (id, conversation_id, number, role, content, created_at,
            run_id, tool_calls, results)
        SELECT $10, id, message_count, $11, $12, $13, $1, $14, $15 FROM conversation
        """,
    ),
)
_TOLD: Final = "SELECT id{} FROM run"
_VALUES: Final = {False: 8, True: 15}  # bound to an ending without an answer, and with one
_GUARDED: Final = "UPDATE messages SET model_text = $2 WHERE id = $1 RETURNING id"
_READ: Final = """
    SELECT first_number, last_number, attempt, bodies FROM run_events
    WHERE run_id = $1 AND (last_number > $2 OR attempt > $3)
    ORDER BY first_number LIMIT $4
"""


class TortoiseRunLog(RunLog):
    """The repository of the event log."""

    def __init__(self, database: Database) -> None:
        self._database = database
        notify = events_notification(database.engine, "run_id")
        self._append = f"{_APPEND} {_LOCK[database.engine]} RETURNING first_number{notify}"
        self._append_more = {
            which: _appending(_more(database.engine, 6, *which), database.engine)
            for which in product(_Spent, (False, True))
        }
        self._end = {
            (has_answer, spent, tells): _ending(database.engine, has_answer, spent, tells)
            for has_answer, spent, tells in product((False, True), _Spent, (False, True))
        }

    @override
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
        values = (run_id, attempt, first, first + len(bodies) - 1, write_bodies(bodies))
        spent = spendings(bodies)
        told = [written(notices)] if notices else []
        guarded = {
            body.question_id: storable(body.content)
            for body in bodies
            if isinstance(body, QuestionGuarded) and body.question_id and body.content is not None
        }

        async def work() -> None:
            await self._store(self._database.fetch, values, ending, spent, told)
            await add_consents(self._database, _standing(consents, ending))
            for question_id, text in guarded.items():
                await self._database.fetch(_GUARDED, question_id, text)

        try:
            if consents or guarded:
                await self._database.unit_of_work.run(work)
            else:
                await self._store(self._fetch(bodies), values, ending, spent, told)
        except UniqueViolation as error:
            raise LeaseLost("These events of the run are written already.") from error

    def _fetch(self, bodies: Sequence[Body]) -> Fetch:
        """Return the function to write with: events of progress need no sync to disk."""
        is_progress = all(isinstance(body, PROGRESS) for body in bodies)
        return self._database.fetch_unsynced if is_progress else self._database.fetch

    async def _store(
        self,
        fetch: Fetch,
        values: tuple[str | int, ...],
        ending: Ending | None,
        spent: Sequence[Spending],
        told: Sequence[str],
    ) -> None:
        which = (_Spent.of(spent), bool(told))
        more = (*([write_spendings(spent)] if spent else []), *told)
        if ending is not None:
            writes = self._end[_has_answer(ending), *which]
            rows = await perform(self._database, writes, *values, *_final(ending), *more)
        elif more:
            rows = await perform(self._database, self._append_more[which], *values, *more)
        else:
            rows = await fetch(self._append, *values)
        if not rows:
            raise LeaseLost("Another worker drives the run, or it has ended.")

    @override
    async def read(self, run_id: str, after: Cursor | None, limit: int) -> Sequence[Event]:
        if not is_id(run_id):
            return []
        seen = after or Cursor(attempt=0, number=0)
        rows = await self._database.fetch(_READ, run_id, seen.number, seen.attempt, limit)
        events = (
            Event(number, row["attempt"], body)
            for row in rows
            for number, body in enumerate(_bodies_of(row), row["first_number"])
            if number > seen.number or row["attempt"] > seen.attempt
        )
        return [event for event, _ in zip(events, range(limit), strict=False)]


def _bodies_of(row: Row) -> Sequence[Body]:
    return read_so_many(row["bodies"], row["last_number"] - row["first_number"] + 1)


def _has_answer(ending: Ending) -> bool:
    return ending.answer is not None and bool(ending.answer.conversation_id)


def _final(ending: Ending) -> tuple[Any, ...]:
    """Return the values of an ending, those of its answer last."""
    outcome = None if ending.outcome is None else write_run_outcome(ending.outcome)
    final, answer = (ending.status, ending.at, outcome), ending.answer
    if answer is None or not _has_answer(ending):
        return final
    return (
        *final,
        storable(shorten(answer.content, PREVIEW_LENGTH)),
        answer.id,
        answer.role,
        storable(answer.content),
        answer.created_at,
        write_calls(answer.tool_calls),
        write_outcomes(answer.results),
    )


class _Spent(Enum):
    """What some events spend: calls of tools take nothing of a budget, answers of models do."""

    NOTHING = 0
    CALLS = 1
    ANSWERS = 2

    @classmethod
    def of(cls, spent: Sequence[Spending]) -> Self:
        """Return what is spent there."""
        return cls(max((2 if each.answers else 1 for each in spent), default=0))


def _more(engine: Engine, place: int, spent: _Spent, tells: bool) -> Sequence[Write]:  # noqa: FBT001
    """Return the writes that count and tell, after one called `run`; bound from ``$place`` on."""
    spends = spent is not _Spent.NOTHING
    counted = counting(engine, place) if spends else ()
    settled = settling(engine, place) if spent is _Spent.ANSWERS else ()
    told = [outbox_write(engine, place + spends, after="run")] if tells else []
    return [*counted, *settled, *told]


def _appending(more: Sequence[Write], engine: Engine) -> AtomicWrite:
    """Return the atomic writes that append events, with more."""
    append = f"{_APPEND} {_LOCK[engine]} RETURNING run_id AS id"
    appended = Write("run", append, "SELECT id FROM runs WHERE id = $1")
    return AtomicWrite((appended, *more), _TOLD.format(_notification(engine)))


def _ending(engine: Engine, has_answer: bool, spent: _Spent, tells: bool) -> AtomicWrite:  # noqa: FBT001
    """Return the atomic writes that end a run, with those for its conversation, and more.

    What is held for a step that has not ended is free.
    """
    writes = _WITH_ANSWER if has_answer else (_WITHOUT_ANSWER,)
    released = () if spent is _Spent.ANSWERS else (RELEASED,)
    more = [*released, *_more(engine, _VALUES[has_answer] + 1, spent, tells)]
    return AtomicWrite(
        (_CONVERSATION_LOCKED, _RUN_ENDS, _LAST_EVENTS, _WITHDRAWN, *writes, *more),
        _TOLD.format(_notification(engine)),
    )


def _notification(engine: Engine) -> str:
    return events_notification(engine, "id")


def _standing(consents: Sequence[Consent], ending: Ending | None) -> Sequence[Consent]:
    """Return the requests as they are to be stored: withdrawn if the run ends with them."""
    if ending is None:
        return consents
    return [withdrawn(one, ending.at) for one in consents]
