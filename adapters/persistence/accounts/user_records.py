"""Everything that is stored of a user, table by table: the list is that of what is deleted."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final
from uuid import UUID

from tortoise import fields
from typing_extensions import override

from adapters.persistence.accounts.belongings import BELONGINGS, MERGED
from adapters.persistence.engine.codec import moment
from adapters.persistence.engine.database import Database, Row
from adapters.persistence.engine.formats import as_stored
from adapters.persistence.models import __models__
from domain.accounts.ports import UserRecord, UserRecords

FILES: Final = "files"

_BATCH: Final = 100
_PAGE: Final = "SELECT {columns} FROM {table} WHERE {whose}{after} ORDER BY id LIMIT $2"
_AFTER: Final = " AND id > $3"
_FILE: Final = "SELECT data FROM artifacts WHERE id = $1 AND user_id = $2"
_OWN: Final = "user_id = $1"
_TABLES: Final = {"users": "id = $1"} | BELONGINGS | dict.fromkeys((*MERGED, "audit"), _OWN)
_COLUMNS: Final = {
    "artifacts": "id, run_id, call_id, name, media_type, size, created_at",  # not the files
}
_SECRET: Final = frozenset({"fingerprint", "password_hash", "previous_fingerprint"})
_JSON: Final = frozenset(
    {
        *("answer", "bodies", "data", "form", "original_params", "outcome", "params", "results"),
        *("schemes", "tool_calls", "value"),
    }
)
_FIELDS: Final = {model._meta.db_table: model._meta.fields_map for model in __models__}  # noqa: SLF001  the ORM's documented access


class TortoiseUserRecords(UserRecords):
    """Reads the rows in batches, in the order of their ids."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def of_user(self, user_id: str) -> AsyncGenerator[UserRecord, None]:
        for table in _TABLES:
            async for row in self._rows(table, user_id):
                yield UserRecord(table, _shown(table, row))
        async for row in self._rows("artifacts", user_id):
            found = await self._database.fetch(_FILE, row["id"], user_id)
            for file in found:  # none: it was deleted meanwhile
                values = {"id": str(row["id"]), "name": row["name"]}
                yield UserRecord(FILES, values, bytes(file["data"]))

    async def _rows(self, table: str, user_id: str) -> AsyncGenerator[Row, None]:
        parts = {"columns": _COLUMNS.get(table, "*"), "table": table, "whose": _TABLES[table]}
        rows = await self._database.fetch(_PAGE.format(after="", **parts), user_id, _BATCH)
        while rows:
            for row in rows:
                yield row
            last = rows[-1]["id"]
            more = _PAGE.format(after=_AFTER, **parts)
            rows = await self._database.fetch(more, user_id, _BATCH, last)


def _shown(table: str, row: Row) -> Mapping[str, Any]:
    known = _FIELDS[table]
    return {
        name: _value(name, value, known.get(name))
        for name, value in row.items()
        if name not in _SECRET and not isinstance(known.get(name), fields.BinaryField)
    }


def _value(name: str, value: Any, field: Any) -> Any:
    if value is None:
        return None
    if isinstance(field, fields.DatetimeField):
        return moment(value)
    if isinstance(field, fields.BooleanField):
        return bool(value)
    if name in _JSON and isinstance(value, str):  # the answer to a delivery is a number
        return as_stored(value)
    return str(value) if isinstance(value, UUID) else value
