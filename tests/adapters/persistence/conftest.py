"""The stores that the contracts are tested on."""

from collections.abc import AsyncIterator

import pytest

from adapters.persistence import Database, Store
from adapters.persistence.models import TABLES
from tests.fakes.persistence import FakeStore


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "store" in metafunc.fixturenames:
        on_sqlite = metafunc.config.getoption("database") == "sqlite"
        kinds = ["fake", "sqlite"] if on_sqlite else ["postgresql"]
        metafunc.parametrize("store", kinds, indirect=True)


@pytest.fixture(scope="session")
async def shared(shared_url: str) -> AsyncIterator[Database]:
    """An open database that the contracts' tests take in turn."""
    database = Database(shared_url)
    await database.start()
    yield database
    await database.close()


@pytest.fixture
async def store(request: pytest.FixtureRequest, shared: Database) -> Store:
    """An empty store: the fake, or the database of this run."""
    if request.param == "fake":
        return FakeStore()
    for table in TABLES:
        await shared.fetch(f"DELETE FROM {table}")
    return Store(shared)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open, empty database."""
    database = Database(database_url)
    await database.start()
    yield database
    await database.close()
