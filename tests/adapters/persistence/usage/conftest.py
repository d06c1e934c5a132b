"""The stores that usage is tested on: the databases alone, since their statements are the point."""

import pytest

from adapters.persistence import Database, Store
from adapters.persistence.models import TABLES


@pytest.fixture
async def real_store(shared: Database) -> Store:
    """An empty store over the database of this run."""
    for table in TABLES:
        await shared.fetch(f"DELETE FROM {table}")
    return Store(shared)
