"""Pages of rows that have a status, the newest first."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from adapters.persistence.engine.database import Database
from domain.shared.list_cursors import keyset_page, read_place
from domain.shared.paging import Page

T = TypeVar("T")

_AFTER: Final = " AND (created_at, id) < ($3, $4)"
_ORDER: Final = " ORDER BY created_at DESC, id DESC LIMIT $2"


async def status_page(
    database: Database,
    query: tuple[str, str],
    status: str | None,
    limit: int,
    cursor: str | None,
    *,
    kind: str,
    read: Callable[[Mapping[str, Any]], T],
    place: Callable[[T], Any],
) -> Page[T]:
    """Return the rows of a status, or of any; ``place`` gives the time and id of an item.

    ``query`` is the SQL of the rows of one owner, $1, and who that is; ``kind`` names the list.

    Raises:
        InvalidRequest: the cursor did not come from this kind of list.

    """
    sql, owner = query
    values: list[Any] = [owner, limit + 1]
    if cursor is not None:
        values += read_place(kind, cursor)
        sql += _AFTER
    if status is not None:
        values.append(status)
        sql += f" AND status = ${len(values)}"
    rows = await database.fetch(sql + _ORDER, *values)
    return keyset_page(kind, rows, limit, read, place)
