"""A list of ids as one bound value of a statement, for both engines."""

import json
from collections.abc import Sequence
from typing import Any

from adapters.persistence.engine.database import Engine


def each_id(engine: Engine, value: str) -> str:
    """Return the SQL that unnests a bound list of ids, for ``SELECT {this}``."""
    if engine == "postgresql":
        return f"unnest({value}::uuid[])"
    return f"value FROM json_each({value})"


def list_of_ids(engine: Engine, ids: Sequence[str]) -> Any:
    """Return the list as the engine's driver accepts it."""
    return list(ids) if engine == "postgresql" else json.dumps(list(ids))
