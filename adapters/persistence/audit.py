"""The repository of the audit: append-only."""

from collections.abc import Sequence
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import storable
from adapters.persistence.engine.database import Database
from adapters.persistence.engine.formats import ARGUMENTS
from adapters.persistence.engine.inserting import insert
from adapters.persistence.rows import to_decided
from domain.policy.audit import Audit, Decided
from domain.shared.list_cursors import keyset_page, read_place
from domain.shared.paging import Page

_COLUMNS: Final = (
    "id",
    "at",
    "user_id",
    "username",
    "run_id",
    "call_id",
    "tool",
    "effect",
    "params",
    "digest",
    "decision",
    "rule",
)
_PAGE: Final = "SELECT * FROM audit{after} ORDER BY at DESC, id DESC LIMIT $1"
_AFTER: Final = " WHERE (at, id) < ($2, $3)"


class TortoiseAudit(Audit):
    """The repository of the audit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def record(self, decisions: Sequence[Decided]) -> None:
        if decisions:
            await insert(self._database, "audit", _COLUMNS, [_values(one) for one in decisions])

    @override
    async def page(self, limit: int, cursor: str | None) -> Page[Decided]:
        place = () if cursor is None else read_place("audit", cursor)
        sql = _PAGE.format(after=_AFTER if place else "")
        rows = await self._database.fetch(sql, limit + 1, *place)
        return keyset_page("audit", rows, limit, to_decided, lambda each: (each.at, each.id))


def _values(decided: Decided) -> tuple[Any, ...]:
    return (
        decided.id,
        decided.at,
        decided.user_id,
        storable(decided.username),
        decided.run_id,
        storable(decided.call_id),
        storable(decided.tool),
        decided.effect,
        ARGUMENTS.write(decided.params),
        decided.digest,
        decided.decision,
        storable(decided.rule),
    )
