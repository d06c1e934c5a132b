"""Several writes that are kept together: one statement on PostgreSQL, which saves round trips.

PostgreSQL lets the parts of a ``WITH`` write. SQLite does not, but has no round trips to save:
there the same writes run one after the other in a transaction, and read back the rows that the
ones before them wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.persistence.database import Database, Row


@dataclass(frozen=True, slots=True)
class Write:
    """One write, known to those that follow as a table ``name`` of what it returned.

    ``again`` is a query that finds the same rows afterwards; a write that nobody refers to
    needs none. The values are the stroke's: $1, $2 ...
    """

    name: str
    sql: str
    again: str = ""


@dataclass(frozen=True, slots=True)
class Stroke:
    """Some writes in their order, then a query. When the first write finds no row, none do."""

    writes: Sequence[Write]
    query: str

    @property
    def whole(self) -> str:
        """The stroke as one statement."""
        parts = ", ".join(f"{write.name} AS ({write.sql})" for write in self.writes)
        return f"WITH {parts} {self.query}"

    @property
    def steps(self) -> Sequence[str]:
        """The stroke as one statement after the other."""
        steps, known = [], ""
        for write in self.writes:
            steps.append(f"WITH {known} {write.sql}" if known else write.sql)
            if write.again:
                known += f"{', ' if known else ''}{write.name} AS ({write.again})"
        return [*steps, f"WITH {known} {self.query}"]


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
