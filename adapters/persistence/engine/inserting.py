"""Bulk insert: several rows in one statement."""

from collections.abc import Sequence
from typing import Any

from adapters.persistence.engine.database import Database


async def insert(
    database: Database, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows, with their values in the order of the columns."""
    width = len(columns)
    places = (
        ", ".join(f"${number}" for number in range(first, first + width))
        for first in range(1, len(rows) * width + 1, width)
    )
    values = ", ".join(f"({place})" for place in places)
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values} RETURNING id"  # noqa: S608  ours
    await database.fetch(sql, *(value for row in rows for value in row))
