"""PostgreSQL behind PgBouncer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.persistence import Database, PoolLimits, Store, migrate
from domain.shared.errors import Unavailable
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import a_user, answered
from tests.support.pooler import running_pooler

PATIENCE = 120


@asynccontextmanager
async def opened(url: str, direct_url: str | None = None) -> AsyncIterator[Database]:
    database = Database(url, PoolLimits(statement=1.0), direct_url=direct_url)
    await database.start()
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture(autouse=True)
def _only_on_postgresql(engine: str) -> None:
    if engine == "sqlite":
        pytest.skip("SQLite has no pooler")


async def test_in_session_mode_it_is_as_without(bare_url: str) -> None:
    with running_pooler(bare_url, "session", 4) as url:
        await migrate(url)
        async with opened(url) as database:
            await converse(database)
            (found,) = await database.fetch("SHOW statement_timeout")
            assert list(found.values()) == ["1s"]
            await news(database)


async def test_in_transaction_mode_nothing_rests_on_a_session(own_url: str) -> None:
    with running_pooler(own_url, "transaction", 2) as url:
        async with opened(url, own_url) as database, opened(url, own_url) as other:
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(converse(each) for each in (database, other) * 10))
            with pytest.raises(Unavailable):
                await database.fetch("SELECT pg_sleep(600)")
            await news(database)


async def converse(database: Database) -> None:
    store = Store(database)
    user = a_user(new_id())
    await store.users.add(user, "hashed")
    run = await answered(store, user.id)
    kept = await store.conversations.get(user.id, run.started.conversation_id)
    assert kept.message_count == 2
    assert len(await store.log.read(run.id, None, 10)) == 4


async def news(database: Database) -> None:
    store = Store(database)
    heard: asyncio.Queue[str] = asyncio.Queue()
    await store.signals.start(heard.put_nowait, lambda: None)
    try:
        user = a_user(new_id())
        await store.users.add(user, "hashed")
        run = await answered(store, user.id)
        async with asyncio.timeout(PATIENCE):
            while await heard.get() != run.id:
                pass
    finally:
        await store.signals.stop()
