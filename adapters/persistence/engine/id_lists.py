"""Several ids as one value of a statement, in the way of each engine."""

import json
from collections.abc import Sequence
from typing import Any

from adapters.persistence.engine.database import Engine


def each_id(engine: Engine, value: str) -> str:
    """Return what to select the ids of a list from: ``SELECT {this}``."""
    if engine == "postgresql":
        return f"unnest({value}::uuid[])"
    return f"value FROM json_each({value})"


def list_of_ids(engine: Engine, ids: Sequence[str]) -> Any:
    """Return the list as the engine's driver takes it."""
    return list(ids) if engine == "postgresql" else json.dumps(list(ids))
