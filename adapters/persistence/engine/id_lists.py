"""A list of ids, or of rows, as one bound value of a statement, for both engines."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.persistence.engine.database import Engine


def each_id(engine: Engine, value: str, *, kind: str = "uuid") -> str:
    """Return the SQL that unnests a bound list of ids, for ``SELECT {this}``.

    ``kind`` is their type in PostgreSQL.
    """
    if engine == "postgresql":
        return f"unnest({value}::{kind}[])"
    return f"value FROM json_each({value})"


def list_of_ids(engine: Engine, ids: Sequence[str]) -> Any:
    """Return the list as the engine's driver accepts it."""
    return list(ids) if engine == "postgresql" else json.dumps(list(ids))


def rows_of(engine: Engine, value: str, columns: Mapping[str, str]) -> str:
    """Return the SQL of a bound list of rows as a table; ``columns`` names the type of each."""
    if engine == "postgresql":
        typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        return f"(SELECT * FROM json_to_recordset(({value}::text)::json) AS each({typed}))"  # noqa: S608
    each = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    return f"(SELECT {each} FROM json_each({value}))"  # noqa: S608  the names are ours


def list_of_rows(rows: Iterable[Mapping[str, str | int | None]]) -> str:
    """Return the rows as both engines' drivers accept them."""
    return json.dumps([dict(row) for row in rows])
