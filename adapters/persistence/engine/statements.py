"""Atomic groups of writes: one statement on PostgreSQL, which saves round trips.

PostgreSQL allows writes in the parts of a ``WITH`` (common table expressions). SQLite does not, but
has no round trips to save: there the same writes run one after the other in a transaction, all in
one call of the connection's thread, and query the rows that earlier ones wrote.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.persistence.engine.database import Database, Row


@dataclass(frozen=True, slots=True)
class Write:
    """One write; later ones can use the rows it returned as a table called ``name``.

    ``again`` is a query that finds the same rows afterwards; it is needed only if a later write
    uses them. ``is_lock`` marks a row lock, which only PostgreSQL needs. The placeholders $1, $2
    ... are shared by all writes of the group.
    """

    name: str
    sql: str
    again: str = ""
    is_lock: bool = False


@dataclass(frozen=True, slots=True)
class AtomicWrite:
    """An atomic group of writes in order, then a query. If the first finds no row, nothing changes.

    ``whole`` is the group as one statement, ``steps`` as single statements.
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
        earlier: dict[str, str] = {}
        for write in self.writes:
            if not write.is_lock:
                yield _with(earlier, write.sql)
            if write.again:
                earlier[write.name] = write.again
        yield _with(earlier, self.query)


def _with(tables: Mapping[str, str], sql: str) -> str:
    named = ", ".join(f"{name} AS ({query})" for name, query in tables.items())
    return f"WITH {named} {sql}" if named else sql


async def perform(database: Database, atomic_write: AtomicWrite, *values: Any) -> Sequence[Row]:
    """Run the writes, and return the query's rows: none if the first write found no row."""
    if database.engine == "postgresql":
        return await database.fetch(atomic_write.whole, *values)

    async def in_order() -> Sequence[Row]:
        return await database.fetch_in_order(atomic_write.steps, *values)

    return await database.unit_of_work.run(in_order)
