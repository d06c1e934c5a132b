"""Cursors of lists: the key or the number of the last item, opaque to clients.

The form is the first letter of the list's name, then hexadecimal digits. Every text of that form is
a valid cursor, so nothing else needs validation.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from domain.shared.errors import FieldProblem, InvalidRequest
from domain.shared.paging import Page

T = TypeVar("T")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_PLACE: Final = re.compile(r"([a-z])([0-9a-f]{14})([0-9a-f]{32})", re.ASCII)  # to the year 4253
_NUMBER: Final = re.compile(r"([a-z])([1-9a-f][0-9a-f]{0,6})", re.ASCII)


def write_place(kind: str, at: datetime, row_id: str) -> str:
    """Return the cursor of a row in a list ordered by time, then id."""
    return f"{kind[0]}{(at - _EPOCH) // _MICROSECOND:014x}{UUID(row_id).hex}"


def read_place(kind: str, cursor: str) -> tuple[datetime, str]:
    """Return the time and id that `write_place` wrote.

    Raises:
        InvalidRequest: the cursor did not come from this kind of list.

    """
    _, microseconds, row_id = _read(_PLACE, kind, cursor)
    return _EPOCH + int(microseconds, 16) * _MICROSECOND, str(UUID(row_id))


def keyset_page(
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    limit: int,
    read: Callable[[Mapping[str, Any]], T],
    key: Callable[[T], tuple[datetime, str]],
) -> Page[T]:
    """Return a page of ``limit`` records, of rows that were queried for one more than that.

    ``read`` makes a record of a row. ``key`` returns the time and id by which the list is ordered.
    """
    records = [read(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(records)
    return Page(records, write_place(kind, *key(records[-1])))


def write_number(kind: str, number: int) -> str:
    """Return the cursor of an item in a list ordered by a number, from 1 on."""
    return f"{kind[0]}{number:x}"


def read_number(kind: str, cursor: str) -> int:
    """Return the number that `write_number` wrote.

    Raises:
        InvalidRequest: the cursor did not come from this kind of list.

    """
    _, number = _read(_NUMBER, kind, cursor)
    return int(number, 16)


def _read(form: re.Pattern[str], kind: str, cursor: str) -> tuple[str, ...]:
    match = form.fullmatch(cursor)
    if match is None or match[1] != kind[0]:
        raise not_a_cursor()
    return match.groups()


def not_a_cursor() -> InvalidRequest:
    """Return the error of a cursor that did not come from the list."""
    message = "This is not a cursor of this list. Send next_cursor as it came, or none."
    return InvalidRequest(message, [FieldProblem("cursor", message)])
