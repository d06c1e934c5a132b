"""The repository of consent requests and answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import is_id, known_id, storable
from adapters.persistence.engine.database import ROW_LOCK, Database
from adapters.persistence.engine.formats import ARGUMENTS, CONSENT_FORM, VALUES, Format
from adapters.persistence.engine.inserting import insert
from adapters.persistence.engine.leasing import FREE
from adapters.persistence.engine.signals import work_notification
from adapters.persistence.engine.status_pages import status_page
from adapters.persistence.rows import to_consent
from domain.consents.consent import Consent, ConsentStatus
from domain.consents.ports import Consents
from domain.runs.states import RunStatus
from domain.shared.errors import NotFound
from domain.shared.paging import Page

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
    "form",
    "answer",
)
_ALL: Final = """
    SELECT *, (SELECT conversation_id FROM runs WHERE runs.id = run_id) AS conversation_id
    FROM consents
"""
_GET: Final = f"{_ALL} WHERE id = $1 AND user_id = $2"
_PAGE: Final = f"{_ALL} WHERE user_id = $1"
_OF_RUN: Final = f"{_ALL} WHERE run_id = $1 ORDER BY created_at, id"
_DUE: Final = f"""
    {_ALL} WHERE status = 'waiting' AND expires_at <= $1 ORDER BY expires_at LIMIT $2
"""
# Settling a request locks its run first, as parking and ending the run do, so that none of them
# misses the other.
_RUN: Final = "SELECT id FROM runs WHERE id = $1"
_SETTLE: Final = """
    UPDATE consents SET status = $2, answered_at = $3, answer_reason = $4, digest = $5,
        params = $6, original_params = $7, answer = $8
    WHERE id = $1 AND status = 'waiting' RETURNING run_id
"""
_FREE_RUN: Final = f"""
    UPDATE runs SET leased_until = $2, status = '{RunStatus.RUNNING}'
    WHERE id = $1 AND status = '{RunStatus.WAITING_CONSENT}' RETURNING id
"""  # noqa: S608  made of constants


async def add_consents(database: Database, consents: Sequence[Consent]) -> None:
    """Store new requests, within the transaction that stores their events."""
    if consents:
        await insert(database, "consents", _COLUMNS, [_values(one) for one in consents])


class TortoiseConsents(Consents):
    """The repository of consent requests."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._run = _RUN + ROW_LOCK[database.engine]
        self._free_run = _FREE_RUN + work_notification(database.engine)

    @override
    async def get(self, user_id: str, consent_id: str) -> Consent:
        rows = await self._database.fetch(_GET, known_id(consent_id, "request"), user_id)
        if not rows:
            raise NotFound("There is no such request.")
        return to_consent(rows[0])

    @override
    async def page(
        self, user_id: str, status: ConsentStatus | None, limit: int, cursor: str | None
    ) -> Page[Consent]:
        return await status_page(
            self._database,
            (_PAGE, user_id),
            status,
            limit,
            cursor,
            kind="requests",
            read=to_consent,
            place=lambda each: (each.created_at, each.id),
        )

    @override
    async def of_run(self, run_id: str) -> Sequence[Consent]:
        if not is_id(run_id):
            return []
        return [to_consent(row) for row in await self._database.fetch(_OF_RUN, run_id)]

    @override
    async def due(self, now: datetime, limit: int) -> Sequence[Consent]:
        return [to_consent(row) for row in await self._database.fetch(_DUE, now, limit)]

    @override
    async def settle(self, consent: Consent) -> bool:
        async def work() -> bool:
            await self._database.fetch(self._run, consent.run_id)
            settled = await self._database.fetch(_SETTLE, *_settled(consent))
            if settled:
                await self._database.fetch(self._free_run, consent.run_id, FREE)
            return bool(settled)

        return await self._database.unit_of_work.run(work)


def _settled(consent: Consent) -> tuple[Any, ...]:
    return (
        consent.id,
        consent.status,
        consent.answered_at,
        storable(consent.answer_reason),
        consent.digest,
        ARGUMENTS.write(consent.params),
        _written(ARGUMENTS, consent.original_params),
        _written(VALUES, consent.values),
    )


def _written(form: Format, value: Any) -> str | None:
    return None if value is None else form.write(value)


def _values(consent: Consent) -> tuple[Any, ...]:
    return (
        consent.id,
        consent.run_id,
        storable(consent.call_id),
        consent.user_id,
        consent.kind,
        storable(consent.tool),
        storable(consent.version),
        ARGUMENTS.write(consent.params),
        _written(ARGUMENTS, consent.original_params),
        consent.effect,
        storable(consent.reason),
        storable(consent.preview),
        consent.digest,
        consent.created_at,
        consent.expires_at,
        consent.status,
        storable(consent.answer_reason),
        consent.answered_at,
        CONSENT_FORM.write(_form(consent)),
        _written(VALUES, consent.values),
    )


def _form(consent: Consent) -> dict[str, Any]:
    """Return what the person is shown beyond the columns."""
    form: dict[str, Any] = {"preview_lines": consent.preview_lines, "confirm": consent.confirm}
    if (question := consent.question) is not None:
        form["question"] = {"message": question.message, "fields": question.fields}
    return form
