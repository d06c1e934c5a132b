"""Bulk insert: several rows in one statement."""

from collections.abc import Sequence
from typing import Any

from adapters.persistence.engine.database import Database


async def insert(
    database: Database, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows, with their values in the order of the columns."""
    values = placeholders(len(rows), len(columns))
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values} RETURNING id"  # noqa: S608  ours
    await database.fetch(sql, *(value for row in rows for value in row))


def placeholders(rows: int, width: int) -> str:
    """Return the placeholders of several rows: ``($1, $2), ($3, $4)`` for two of two values."""
    each = (
        ", ".join(f"${number}" for number in range(first, first + width))
        for first in range(1, rows * width + 1, width)
    )
    return ", ".join(f"({row})" for row in each)
