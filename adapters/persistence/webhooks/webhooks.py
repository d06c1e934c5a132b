"""The repository of endpoints."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import known_id, moment, storable
from adapters.persistence.engine.database import Database
from adapters.persistence.engine.id_lists import each_id, list_of_ids
from adapters.persistence.webhooks.deliveries import park_all
from domain.shared.errors import NotFound
from domain.webhooks.endpoint import DisabledReason, Webhook, WebhookEdit
from domain.webhooks.ports import Webhooks

# Two requests at once may store one more than the limit: it bounds a list, nothing else.
_ADD: Final = """
    INSERT INTO webhooks (id, url, events, description, sealed, created_at)
    SELECT CAST($1 AS {id}), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT),
        CAST($5 AS {bytes}), CAST($6 AS {time})
    WHERE (SELECT count(*) FROM webhooks) < $7
    RETURNING id
"""
_TYPES: Final = {
    "sqlite": {"id": "TEXT", "bytes": "BLOB", "time": "TEXT"},
    "postgresql": {"id": "UUID", "bytes": "BYTEA", "time": "TIMESTAMPTZ"},
}
_ALL: Final = "SELECT * FROM webhooks ORDER BY created_at DESC, id DESC"
_GET: Final = "SELECT * FROM webhooks WHERE id = $1"
_BY_IDS: Final = "SELECT * FROM webhooks WHERE id IN (SELECT {each})"
_CHANGE: Final = """
    UPDATE webhooks SET url = coalesce($2, url), events = coalesce($3, events),
        description = coalesce($4, description){enabled}
    WHERE id = $1 RETURNING id
"""
_ENABLED: Final = ", disabled_at = NULL, disabled_reason = NULL, failing_since = NULL"
_REPLACE_KEYS: Final = "UPDATE webhooks SET sealed = $3 WHERE id = $1 AND sealed = $2 RETURNING id"
_DISABLE: Final = """
    UPDATE webhooks SET disabled_at = $2, disabled_reason = $3
    WHERE id = $1 AND disabled_at IS NULL RETURNING id
"""
_REMOVE: Final = "DELETE FROM webhooks WHERE id = $1 RETURNING id"
_REMOVE_DELIVERIES: Final = "DELETE FROM deliveries WHERE webhook_id = $1"


class TortoiseWebhooks(Webhooks):
    """The repository of endpoints."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._add_sql = _ADD.format(**_TYPES[database.engine])
        self._by_ids_sql = _BY_IDS.format(each=each_id(database.engine, "$1"))

    @override
    async def add(self, webhook: Webhook, *, most: int) -> bool:
        rows = await self._database.fetch(
            self._add_sql,
            webhook.id,
            webhook.url,
            _words(webhook.events),
            storable(webhook.description),
            webhook.sealed,
            webhook.created_at,
            most,
        )
        return bool(rows)

    @override
    async def all(self) -> Sequence[Webhook]:
        return [_webhook(row) for row in await self._database.fetch(_ALL)]

    @override
    async def get(self, webhook_id: str) -> Webhook:
        rows = await self._database.fetch(_GET, known_id(webhook_id, "webhook"))
        if not rows:
            raise _unknown()
        return _webhook(rows[0])

    @override
    async def by_ids(self, webhook_ids: Collection[str]) -> Mapping[str, Webhook]:
        ids = list_of_ids(self._database.engine, list(webhook_ids))
        rows = await self._database.fetch(self._by_ids_sql, ids)
        return {str(row["id"]): _webhook(row) for row in rows}

    @override
    async def change(self, webhook_id: str, edit: WebhookEdit) -> None:
        rows = await self._database.fetch(
            _CHANGE.format(enabled=_ENABLED if edit.enabled else ""),
            webhook_id,
            edit.url,
            None if edit.events is None else _words(edit.events),
            None if edit.description is None else storable(edit.description),
        )
        if not rows:
            raise _unknown()

    @override
    async def replace_keys(self, webhook: Webhook, sealed: bytes) -> bool:
        values = (webhook.id, webhook.sealed, sealed)
        return bool(await self._database.fetch(_REPLACE_KEYS, *values))

    @override
    async def disable(self, webhook_id: str, at: datetime, reason: DisabledReason) -> bool:
        async def work() -> bool:
            rows = await self._database.fetch(_DISABLE, webhook_id, at, reason)
            if rows:
                await park_all(self._database, webhook_id, at, "The webhook was disabled.")
            return bool(rows)

        return await self._database.unit_of_work.run(work)

    @override
    async def remove(self, webhook_id: str) -> None:
        known = known_id(webhook_id, "webhook")

        async def work() -> None:
            if not await self._database.fetch(_REMOVE, known):
                raise _unknown()
            await self._database.fetch(_REMOVE_DELIVERIES, known)

        await self._database.unit_of_work.run(work)


def _words(events: Sequence[str]) -> str:
    return f" {' '.join(dict.fromkeys(events))} "


def _unknown() -> NotFound:
    return NotFound("There is no such webhook.")


def _webhook(row: Mapping[str, Any]) -> Webhook:
    reason = row["disabled_reason"]
    return Webhook(
        id=str(row["id"]),
        url=row["url"],
        events=tuple(row["events"].split()),
        description=row["description"],
        sealed=bytes(row["sealed"]),
        created_at=moment(row["created_at"]),
        disabled_at=_moment(row["disabled_at"]),
        disabled_reason=None if reason is None else DisabledReason(reason),
        failing_since=_moment(row["failing_since"]),
    )


def _moment(value: Any) -> datetime | None:
    return None if value is None else moment(value)
