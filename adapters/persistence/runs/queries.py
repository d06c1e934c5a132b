"""The queries over stored runs: pages, by id, and in a conversation's order."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import is_id, known_id
from adapters.persistence.engine.database import Database
from adapters.persistence.engine.id_lists import each_id, list_of_ids
from adapters.persistence.rows import to_run
from domain.conversations.conversation import MessageRole
from domain.runs.cursors import run_id_end
from domain.runs.ports import RunQueries, RunRecord
from domain.runs.states import RunStatus
from domain.shared.errors import NotFound
from domain.shared.list_cursors import keyset_page, read_place
from domain.shared.paging import Page

_PAGE: Final = "SELECT * FROM runs WHERE user_id = $1"
_ORDER: Final = " ORDER BY created_at DESC, id DESC LIMIT $2"
_SEVERAL: Final = "SELECT * FROM runs WHERE id IN (SELECT {each}) AND user_id = $2"
_NEXT: Final = """
    SELECT conversations.id AS present, runs.* FROM conversations
    LEFT JOIN runs ON runs.conversation_id = conversations.id AND place > $2
    WHERE conversations.id = $1 AND conversations.user_id = $3 ORDER BY place LIMIT 1
"""
_PLACE: Final = f"""
    SELECT CASE role WHEN '{MessageRole.USER}' THEN number - 1 ELSE number END AS place
    FROM messages JOIN conversations ON conversations.id = conversation_id
    WHERE messages.id = $1 AND conversation_id = $2 AND user_id = $3
"""  # noqa: S608  made of constants
_BY_END: Final = """
    SELECT * FROM runs
    WHERE conversation_id = $1 AND user_id = $3 AND CAST(id AS TEXT) LIKE $2 LIMIT 1
"""


class TortoiseRunQueries(RunQueries):
    """The queries over stored runs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._several = _SEVERAL.format(each=each_id(database.engine, "$1"))

    @override
    async def page(
        self,
        user_id: str,
        limit: int,
        cursor: str | None,
        *,
        conversation_id: str | None = None,
        status: RunStatus | None = None,
    ) -> Page[RunRecord]:
        sql, values = _PAGE, list[Any]([user_id, limit + 1])
        if cursor is not None:
            values += read_place("started", cursor)
            sql += " AND (created_at, id) < ($3, $4)"
        for column, value in (("conversation_id", conversation_id), ("status", status)):
            if value is not None:
                values.append(value)
                sql += f" AND {column} = ${len(values)}"
        if conversation_id is not None and not is_id(conversation_id):
            return Page([])
        rows = await self._database.fetch(sql + _ORDER, *values)
        return keyset_page("started", rows, limit, to_run, lambda each: (each.created_at, each.id))

    @override
    async def by_ids(self, user_id: str, run_ids: Collection[str]) -> Mapping[str, RunRecord]:
        ids = list_of_ids(self._database.engine, [one for one in run_ids if is_id(one)])
        rows = await self._database.fetch(self._several, ids, user_id)
        return {record.id: record for record in map(to_run, rows)}

    @override
    async def next_of(self, user_id: str, conversation_id: str, place: int) -> RunRecord | None:
        valid_id = known_id(conversation_id, "conversation")
        rows = await self._database.fetch(_NEXT, valid_id, place, user_id)
        if not rows:
            raise NotFound("There is no such conversation.")
        return None if rows[0]["id"] is None else to_run(rows[0])

    @override
    async def place_of(self, user_id: str, conversation_id: str, message_id: str) -> int | None:
        if not (is_id(message_id) and is_id(conversation_id)):
            return None
        rows = await self._database.fetch(_PLACE, message_id, conversation_id, user_id)
        return int(rows[0]["place"]) if rows else None

    @override
    async def by_cursor(self, user_id: str, conversation_id: str, cursor: str) -> RunRecord | None:
        valid_id = known_id(conversation_id, "conversation")
        rows = await self._database.fetch(_BY_END, valid_id, f"%{run_id_end(cursor)}", user_id)
        return to_run(rows[0]) if rows else None
