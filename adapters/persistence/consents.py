"""What humans were asked, and what they answered."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from adapters.persistence.codec import is_id, known_id, storable
from adapters.persistence.database import Database
from adapters.persistence.formats import ARGUMENTS
from adapters.persistence.inserting import insert
from adapters.persistence.keys import read_place, write_place
from adapters.persistence.leases import FREE
from adapters.persistence.rows import to_consent
from adapters.persistence.signals import telling_work
from domain.consents import Answer, Consent, ConsentStatus
from domain.errors import Conflict, Gone, NotFound
from domain.paging import Page
from domain.run_states import RunStatus

_COLUMNS: Final = (
    "id",
    "run_id",
    "call_id",
    "user_id",
    "kind",
    "tool",
    "version",
    "params",
    "original_params",
    "effect",
    "reason",
    "preview",
    "digest",
    "created_at",
    "expires_at",
    "status",
    "answer_reason",
    "answered_at",
)
_ALL: Final = """
    SELECT *, (SELECT conversation_id FROM runs WHERE runs.id = run_id) AS conversation_id
    FROM consents
"""
_GET: Final = f"{_ALL} WHERE id = $1 AND user_id = $2"
_ANY: Final = f"{_ALL} WHERE id = $1"
_PAGE: Final = f"{_ALL} WHERE user_id = $1"
_ORDER: Final = " ORDER BY created_at DESC, id DESC LIMIT $2"
_OF_RUN: Final = f"{_ALL} WHERE run_id = $1 ORDER BY created_at, id"
_DUE: Final = """
    SELECT id FROM consents WHERE status = 'waiting' AND expires_at <= $1
    ORDER BY expires_at LIMIT $2
"""
# Who settles a request locks its run first, as those do who park or end the run: so none of
# them misses the other.
_RUN: Final = "SELECT id FROM runs WHERE id = (SELECT run_id FROM consents WHERE id = $1)"
_LOCK: Final = {"postgresql": " FOR UPDATE", "sqlite": ""}
_SETTLE: Final = """
    UPDATE consents SET status = $2, answered_at = $3, answer_reason = $4, digest = $5,
        params = $6, original_params = $7
    WHERE id = $1 AND status = 'waiting' RETURNING run_id
"""
_FREE_RUN: Final = f"""
    UPDATE runs SET leased_until = $2, status = '{RunStatus.RUNNING}'
    WHERE id = $1 AND status = '{RunStatus.WAITING_CONSENT}' RETURNING id
"""  # noqa: S608  made of constants


async def add_consents(database: Database, consents: Sequence[Consent]) -> None:
    """Keep new requests: within the transaction that keeps the events that tell of them."""
    if consents:
        await insert(database, "consents", _COLUMNS, [_values(one) for one in consents])


class TortoiseConsents:
    """The consent requests, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._run = _RUN + _LOCK[database.engine]
        self._free_run = _FREE_RUN + telling_work(database.engine)

    async def get(self, user_id: str, consent_id: str) -> Consent:
        """Return one request.

        Raises:
            NotFound: there is none for this user.

        """
        rows = await self._database.fetch(_GET, known_id(consent_id, "request"), user_id)
        if not rows:
            raise NotFound("There is no such request.")
        return to_consent(rows[0])

    async def page(
        self, user_id: str, status: ConsentStatus | None, limit: int, cursor: str | None
    ) -> Page[Consent]:
        """Return requests, the newest first.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        sql = _PAGE
        values: list[Any] = [user_id, limit + 1]
        if cursor is not None:
            values += read_place("requests", cursor)
            sql += " AND (created_at, id) < ($3, $4)"
        if status is not None:
            values.append(status)
            sql += f" AND status = ${len(values)}"
        rows = await self._database.fetch(sql + _ORDER, *values)
        page = [to_consent(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(page)
        return Page(page, write_place("requests", page[-1].created_at, page[-1].id))

    async def of_run(self, run_id: str) -> Sequence[Consent]:
        """Return all requests of a run, oldest first."""
        if not is_id(run_id):
            return []
        return [to_consent(row) for row in await self._database.fetch(_OF_RUN, run_id)]

    async def answer(
        self, user_id: str, consent_id: str, answer: Answer, digest: str, now: datetime
    ) -> Consent:
        """Keep the answer to a waiting request, once; its run can be claimed if it waits.

        Raises:
            NotFound: there is none for this user.
            Conflict: it was answered before, or its run has ended.
            Gone: its time was over before this answer.

        """
        known = known_id(consent_id, "request")

        async def work() -> Consent:
            await self._database.fetch(self._run, known)
            consent = await self.get(user_id, known)
            if consent.status is ConsentStatus.EXPIRED:
                return consent
            if consent.status is not ConsentStatus.WAITING:
                raise Conflict("This request was answered before, or its run has ended.")
            settled = (
                _expired(consent, now)
                if consent.expires_at <= now
                else _answered(consent, answer, digest, now)
            )
            await self._settle(settled)
            return settled

        kept = await self._database.unit_of_work.run(work)
        if kept.status is ConsentStatus.EXPIRED:
            raise Gone("The time to answer this request is over.")
        return kept

    async def expire(self, now: datetime, limit: int) -> int:
        """End requests whose time is over, and let their runs be claimed; return how many."""
        due = await self._database.fetch(_DUE, now, limit)
        ended = [await self._expire(str(row["id"]), now) for row in due]
        return sum(ended)

    async def _expire(self, consent_id: str, now: datetime) -> bool:
        async def work() -> bool:
            await self._database.fetch(self._run, consent_id)
            rows = await self._database.fetch(_ANY, consent_id)
            return bool(rows) and await self._settle(_expired(to_consent(rows[0]), now))

        return await self._database.unit_of_work.run(work)

    async def _settle(self, consent: Consent) -> bool:
        """Keep a request that waits no more, if it did; its run is locked."""
        original = consent.original_params
        settled = await self._database.fetch(
            _SETTLE,
            consent.id,
            consent.status,
            consent.answered_at,
            consent.answer_reason,
            consent.digest,
            ARGUMENTS.write(consent.params),
            None if original is None else ARGUMENTS.write(original),
        )
        if settled:
            await self._database.fetch(self._free_run, consent.run_id, FREE)
        return bool(settled)


def _expired(consent: Consent, now: datetime) -> Consent:
    return replace(consent, status=ConsentStatus.EXPIRED, answered_at=now)


def _answered(consent: Consent, answer: Answer, digest: str, now: datetime) -> Consent:
    answered = replace(
        consent,
        status=answer.status,
        answer_reason=storable(answer.reason),
        answered_at=now,
        digest=digest,
    )
    if answer.params is None:
        return answered
    return replace(answered, params=answer.params, original_params=consent.params)


def _values(consent: Consent) -> tuple[Any, ...]:
    original = consent.original_params
    return (
        consent.id,
        consent.run_id,
        storable(consent.call_id),
        consent.user_id,
        consent.kind,
        storable(consent.tool),
        storable(consent.version),
        ARGUMENTS.write(consent.params),
        None if original is None else ARGUMENTS.write(original),
        consent.effect,
        storable(consent.reason),
        storable(consent.preview),
        consent.digest,
        consent.created_at,
        consent.expires_at,
        consent.status,
        storable(consent.answer_reason),
        consent.answered_at,
    )
