"""What the whole suite shares: which database it runs on.

``--database=postgresql`` runs the tests that use a database, and only those, on a real
PostgreSQL. One run is on one engine: the ORM's models cannot speak two dialects in a process.
"""

import gc
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import settings
from tortoise.apps import Apps

from adapters.persistence import migrate
from tests.parts import HTTP, OUTSIDE, WITHOUT_DATABASE
from tests.support.postgres import running_postgres
from tests.support.templates import migrated

# What is imported stays until the end: see `pytest_collection_finish`.
gc.disable()

# A loaded machine is slow: time is for benchmarks, not for tests. Every run tries other examples,
# so few a run are many in the end; the long tests try many at once.
settings.register_profile("short", deadline=None, max_examples=25)
settings.register_profile("long", deadline=None, max_examples=250)
settings.load_profile("short")

_DATABASE: Final = frozenset({"database_url", "own_url", "module_url", "shared_url", "bare_url"})

# Ends what the test before may have left open, and takes the rows of all tables in any order.
_EMPTY: Final = """
DO $$
DECLARE name text;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'tortoise_migrations'
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out the long ones
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("database") == "postgresql":
        for item in items:
            # What differs by engine is in the repositories.
            if item.nodeid.startswith((HTTP, *OUTSIDE)):
                item.add_marker(pytest.mark.long)
        used = [item for item in items if _uses_a_database(item) and not _on_one_engine(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in used])
        items[:] = used
    elif lost := [item.nodeid for item in items if _in_a_part_without(item)]:
        raise pytest.UsageError(f"the run on PostgreSQL looks for no tests here: {lost[0]}")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the garbage collector not go through all that was imported, again and again."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _uses_a_database(item: pytest.Item) -> bool:
    return not _DATABASE.isdisjoint(getattr(item, "fixturenames", ()))


def _on_one_engine(item: pytest.Item) -> bool:
    return item.get_closest_marker("one_engine") is not None


def _in_a_part_without(item: pytest.Item) -> bool:
    return _uses_a_database(item) and item.nodeid.startswith(WITHOUT_DATABASE)


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> str:
    """The engine that this run is on: sqlite or postgresql."""
    return str(pytestconfig.getoption("database"))


@pytest.fixture(scope="session", autouse=True)
def models_configured_once() -> Iterator[None]:
    """Let the ORM configure its models once, which it does whenever a database is opened.

    What it makes depends on the engine alone, and a run is on one.
    """
    configure, configured = Apps._build_initial_querysets, set[type]()

    def once(apps: Apps) -> None:
        models = {model for app in apps.apps.values() for model in app.values()}
        if not models <= configured:
            configure(apps)
            configured.update(models)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Apps, "_build_initial_querysets", once)
        yield


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this run's own."""
    with running_postgres() as url:
        yield url


@pytest.fixture(scope="session")
async def template(engine: str, request: pytest.FixtureRequest) -> str:
    """The URL of a migrated, empty database, of which the tests use copies."""
    if engine == "sqlite":
        return f"sqlite://{migrated()}"
    server = request.getfixturevalue("postgres_url")
    await _on(server, "CREATE DATABASE template_of_tests")
    url = named(server, "template_of_tests")
    await migrate(url)
    return url


@pytest.fixture
async def database_url(template: str, reused: "Reused | None", tmp_path: Path) -> str:
    """The URL of a migrated, empty database that no other test uses meanwhile.

    The schema must stay as it is: on PostgreSQL one database serves one test after the other,
    for to empty it is many times quicker than to copy one.
    """
    if reused is None:
        return copied(template, tmp_path / "puerto.db")
    await reused.empty()
    return reused.url


@pytest.fixture
async def own_url(engine: str, template: str, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a migrated, empty database that this test may spoil."""
    if engine == "sqlite":
        yield copied(template, tmp_path / "own.db")
    else:
        async with created(template, "template_of_tests") as url:
            yield url


@pytest.fixture(scope="module")
async def module_url(
    engine: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """The URL of a migrated database of one module's own: of a service that its tests share."""
    if engine == "sqlite":
        yield copied(template, tmp_path_factory.mktemp("module") / "puerto.db")
    else:
        async with created(template, "template_of_tests") as url:
            yield url


@pytest.fixture(scope="session")
async def shared_url(
    engine: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """The URL of a migrated database for many tests, each of which empties it first."""
    if engine == "sqlite":
        yield copied(template, tmp_path_factory.mktemp("shared") / "puerto.db")
    else:
        async with created(template, "template_of_tests") as url:
            yield url


class Reused:
    """A database that is emptied for each test, over a connection that is kept: that is cheaper."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection: asyncpg.Connection | None = None

    async def empty(self) -> None:
        """End whatever else uses the database, and delete all rows."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self.url)
        await self._connection.execute(_EMPTY)

    async def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            await self._connection.close()


@pytest.fixture(scope="session")
async def reused(engine: str, template: str) -> AsyncIterator[Reused | None]:
    """The database behind ``database_url``, where it is not a file."""
    if engine == "sqlite":
        yield None
    else:
        async with created(template, "template_of_tests") as url:
            database = Reused(url)
            yield database
            await database.close()


@pytest.fixture
async def bare_url(engine: str, template: str, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a database of this test's own that has no tables yet."""
    if engine == "sqlite":
        yield f"sqlite://{tmp_path / 'bare.db'}"
    else:
        async with created(template) as url:
            yield url


def copied(template: str, file: Path) -> str:
    """Copy the template of SQLite; return the URL of the copy."""
    shutil.copy(template.removeprefix("sqlite://"), file)
    return f"sqlite://{file}"


@asynccontextmanager
async def created(server: str, copy_of: str = "template1") -> AsyncIterator[str]:
    """Create a database on the PostgreSQL of this URL; yield its own URL; drop it."""
    name, server = f"test_{uuid4().hex}", named(server, "postgres")
    await _on(server, f"CREATE DATABASE {name} TEMPLATE {copy_of}")
    yield named(server, name)
    await _on(server, f"DROP DATABASE {name} WITH (FORCE)")


def named(url: str, database: str) -> str:
    """Return the URL of another database of the same server."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{database}"))


async def _on(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
