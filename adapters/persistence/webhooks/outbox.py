"""The outbox: deliveries of notices, inserted by the statement or transaction that they tell of."""

from collections.abc import Sequence
from typing import Final

from typing_extensions import override

from adapters.persistence.engine.database import Database, Engine
from adapters.persistence.engine.formats import NOTICE
from adapters.persistence.engine.id_lists import list_of_rows, rows_of
from adapters.persistence.engine.leasing import FREE
from adapters.persistence.engine.statements import Write
from domain.notifications.lanes import lane_of
from domain.notifications.notices import Notice
from domain.notifications.ports import Outbox
from domain.shared.ids import new_id
from domain.webhooks.delivery import DeliveryStatus
from domain.webhooks.endpoint import ALL, family_of

# Each delivery's id has the time of its notice's (UUIDv7), and random bits of its own.
_ID: Final = {
    "postgresql": "CAST(substr(notice.id, 1, 15) || substr(gen_random_uuid()::text, 16) AS UUID)",
    "sqlite": """
        substr(notice.id, 1, 15) || lower(
            substr(hex(randomblob(2)), 2) || '-8' || substr(hex(randomblob(2)), 2) || '-' ||
            hex(randomblob(6)))
    """,
}
_COLUMNS: Final = {
    "id": "text",
    "type": "text",
    "family": "text",
    "lane": "text",
    "user_id": "uuid",
    "data": "text",
    "at": "timestamptz",
    "place": "int",
}
_INSERT: Final = """
    INSERT INTO deliveries (id, webhook_id, type, lane, user_id, data, created_at, status, attempt,
        worker_id, leased_until, tries, error)
    SELECT {id}, webhooks.id, notice.type, notice.lane, notice.user_id, notice.data, notice.at,
        '{pending}', 0, '', '{free}', 0, ''
    FROM {source} AS notice JOIN webhooks ON webhooks.disabled_at IS NULL AND (
        webhooks.events LIKE '% ' || notice.type || ' %' OR
        webhooks.events LIKE '% ' || notice.family || ' %' OR
        webhooks.events LIKE '% {all} %'
    ) {guard}
    ORDER BY notice.place
"""


class TortoiseOutbox(Outbox):
    """Inserts deliveries by one statement, which finds the endpoints itself."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = _insert(database.engine, "$1", "")

    @override
    async def write(self, notices: Sequence[Notice]) -> None:
        if notices:
            await self._database.fetch(self._insert, written(notices))


def outbox_write(engine: Engine, place: int, *, after: str) -> Write:
    """Return the insertion as one of a group of writes, if that called ``after`` found a row.

    The text of the notices (`written`) is bound at ``$place``.
    """
    guard = f"WHERE EXISTS (SELECT 1 FROM {after})"  # noqa: S608  ours
    return Write("deliveries_of_it", _insert(engine, f"${place}", guard))


def written(notices: Sequence[Notice]) -> str:
    """Return notices as the text that the insertion reads."""
    return list_of_rows(_row(each, place) for place, each in enumerate(notices))


def _insert(engine: Engine, notices: str, guard: str) -> str:
    return _INSERT.format(
        id=_ID[engine],
        source=rows_of(engine, notices, _COLUMNS),
        pending=DeliveryStatus.PENDING,
        free=FREE.isoformat(" "),
        all=ALL,
        guard=guard,
    )


def _row(notice: Notice, place: int) -> dict[str, str | int | None]:
    return {
        "id": new_id(),
        "type": notice.type.value,
        "family": family_of(notice.type),
        "lane": lane_of(notice),
        "user_id": notice.data.get("user_id"),
        "data": NOTICE.write(dict(notice.data)),
        "at": notice.at.isoformat(" "),  # as SQLite's driver writes times
        "place": place,
    }
