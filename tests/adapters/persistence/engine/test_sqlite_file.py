"""SQLite's file: who may read it, and what becomes of it while somebody else has it."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.persistence import Database, PoolLimits, Store, migrate
from domain.shared.errors import Unavailable
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import a_conversation
from tests.support.log_lines import log_lines

ANN = new_id()


@pytest.fixture(autouse=True)
def _only_on_sqlite(engine: str) -> None:
    if engine == "postgresql":
        pytest.skip("PostgreSQL keeps its own files")


@pytest.fixture
async def hasty(database_url: str) -> AsyncIterator[Database]:
    """A database with short timeouts."""
    database = Database(database_url, PoolLimits(acquire=0.3))
    await database.start()
    yield database
    await database.close()


async def test_a_file_that_another_process_keeps_locked_is_waited_for_once(
    hasty: Database,
) -> None:
    store = Store(hasty)
    with closing(sqlite3.connect(hasty.url.removeprefix("sqlite://"))) as other:
        other.execute("BEGIN IMMEDIATE")
        writes = (store.conversations.add(a_conversation(ANN)) for _ in range(20))
        with log_lines() as lines:
            told = await asyncio.gather(*writes, return_exceptions=True)
            assert await hasty.ping() is True
        assert len(lines) == 1
        assert hasty.health.storage_problem()
        assert all(isinstance(each, Unavailable) for each in told)
        reasons = [str(each) for each in told]
        # Those who stood behind the first did not wait as long again, one after the other.
        assert sum("another process keeps it locked" in each for each in reasons) < 10
        assert sum("it is too busy" in each for each in reasons) > 10
        other.rollback()
    await store.conversations.add(a_conversation(ANN))
    assert not hasty.health.storage_problem()


async def test_the_file_is_its_owners_alone(bare_url: str) -> None:
    file = Path(bare_url.removeprefix("sqlite://"))
    before = os.umask(0)
    try:
        await migrate(bare_url)
        made = _modes(file)
        for end in ("", "-wal", "-shm"):
            other = file.with_name(file.name + end)
            other.touch()
            other.chmod(0o666)
        database = Database(bare_url)
        await database.start()
        await Store(database).conversations.add(a_conversation(ANN))
        opened = _modes(file)
        await database.close()
    finally:
        os.umask(before)
    assert made == {"bare.db": 0o600}
    assert opened == {"bare.db": 0o600, "bare.db-wal": 0o600, "bare.db-shm": 0o600}


def _modes(file: Path) -> dict[str, int]:
    beside = file.parent.glob(f"{file.name}*")
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in beside}
