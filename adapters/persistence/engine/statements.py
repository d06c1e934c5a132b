"""Several writes that are kept together: one statement on PostgreSQL, which saves round trips.

PostgreSQL lets the parts of a ``WITH`` write. SQLite does not, but has no round trips to save:
there the same writes run one after the other in a transaction, and read back the rows that the
ones before them wrote.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.persistence.engine.database import Database, Row


@dataclass(frozen=True, slots=True)
class Write:
    """One write, known to those that follow as a table ``name`` of what it returned.

    ``again`` is a query that finds the same rows afterwards; a write that nobody refers to
    needs none. A lock is only taken where others may write at the same time, on PostgreSQL.
    The values are the stroke's: $1, $2 ...
    """

    name: str
    sql: str
    again: str = ""
    is_lock: bool = False


@dataclass(frozen=True, slots=True)
class Stroke:
    """Some writes in their order, then a query. When the first write finds no row, none do.

    ``whole`` is the stroke as one statement, ``steps`` as one statement after the other.
    """

    writes: Sequence[Write]
    query: str
    whole: str = field(init=False)
    steps: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        parts = {write.name: write.sql for write in self.writes}
        object.__setattr__(self, "whole", _with(parts, self.query))
        object.__setattr__(self, "steps", tuple(self._steps()))

    def _steps(self) -> Iterator[str]:
        known: dict[str, str] = {}
        for write in self.writes:
            if not write.is_lock:
                yield _with(known, write.sql)
            if write.again:
                known[write.name] = write.again
        yield _with(known, self.query)


def _with(tables: Mapping[str, str], sql: str) -> str:
    named = ", ".join(f"{name} AS ({query})" for name, query in tables.items())
    return f"WITH {named} {sql}" if named else sql


async def perform(database: Database, stroke: Stroke, *values: Any) -> Sequence[Row]:
    """Make the writes, and return the rows of the query: none when the first found no row."""
    if database.engine == "postgresql":
        return await database.fetch(stroke.whole, *values)

    async def one_by_one() -> Sequence[Row]:
        first, *rest = stroke.steps
        rows = await database.fetch(first, *values)
        if rows:
            for step in rest:
                rows = await database.fetch(step, *values)
        return rows

    return await database.unit_of_work.run(one_by_one)
