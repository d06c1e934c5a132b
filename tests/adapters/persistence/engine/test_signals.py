"""News between two databases of one PostgreSQL; SQLite has none."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from adapters.persistence import Database, Store
from domain.consents.consent import ConsentDecision, ConsentStatus
from domain.consents.service import expire_due
from domain.runs.events import Chunk
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import (
    DONE,
    MINUTE,
    NOW,
    a_consent,
    a_direct_run,
    a_run,
    an_ending,
    answered,
    asked,
    reply,
)

ANN = new_id()
BREAK = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass
class Listener:
    """What a worker heard of others."""

    store: Store
    runs: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    work: asyncio.Event = field(default_factory=asyncio.Event)

    async def heard(self) -> str:
        async with asyncio.timeout(60):
            return await self.runs.get()

    async def works(self) -> None:
        """Return at the next news of work."""
        async with asyncio.timeout(60):
            await self.work.wait()
        self.work.clear()


@pytest.fixture
async def other(engine: str, database_url: str) -> AsyncIterator[Listener]:
    """Another worker on the same database, who listens."""
    database = Database(database_url)
    await database.start()
    listener = Listener(Store(database))
    if engine == "postgresql":
        await listener.store.signals.start(listener.runs.put_nowait, listener.work.set)
    yield listener
    await listener.store.signals.stop()
    await database.close()


@pytest.fixture
def teller(engine: str, database: Database) -> Store:
    """The worker who has something to tell."""
    if engine != "postgresql":
        pytest.skip("SQLite sends no news")
    return Store(database)


async def test_events_are_told_to_others(teller: Store, other: Listener) -> None:
    one, two = a_run(ANN), a_direct_run(ANN)
    for run in (one, two):
        await teller.runs.start(run, 9)

    await teller.log.append(one.id, 1, 2, [Chunk("4")])
    assert await other.heard() == one.id
    assert len(await other.store.log.read(one.id, None, 9)) == 2
    await teller.log.append(one.id, 1, 3, [DONE], ending=an_ending(one))
    assert await other.heard() == one.id
    await teller.log.append(two.id, 1, 4, [DONE], ending=an_ending(two, None))
    assert await other.heard() == two.id


async def test_a_run_that_begins_is_news_of_its_conversation(
    teller: Store, other: Listener
) -> None:
    run = await answered(teller, ANN)
    conversation_id = run.started.conversation_id
    await other.heard()
    await answered(teller, ANN, conversation_id)  # with messages before it: one news, not several

    assert await other.heard() == conversation_id
    assert await other.heard() != conversation_id


async def test_a_run_that_waits_is_news(teller: Store, other: Listener) -> None:
    run = a_direct_run(ANN)
    await asked(teller, run, a_consent(run))

    assert [await other.heard(), await other.heard()] == [run.id, run.id]


async def test_work_is_told_to_others(teller: Store, other: Listener) -> None:
    one, two = a_direct_run(ANN), a_direct_run(ANN)
    said, late = a_consent(one), a_consent(two, expires_at=NOW)
    await asked(teller, one, said)
    await asked(teller, two, late)
    assert not other.work.is_set()

    await reply(teller, ANN, said.id, ConsentDecision(ConsentStatus.APPROVED), NOW)
    await other.works()
    await expire_due(teller.consents, NOW, 9)
    await other.works()
    await teller.runs.request_cancel(ANN, one.id)
    await other.works()
    await teller.leases.claim("w2", NOW, NOW + MINUTE, 9)
    await teller.leases.release(one.id, 2)
    await other.works()


async def test_what_was_undone_is_no_news(teller: Store, other: Listener) -> None:
    runs = [a_direct_run(ANN) for _ in range(2)]
    for run in runs:
        await teller.runs.start(run, 9)

    async def fail() -> None:
        await teller.log.append(runs[0].id, 1, 4, [Chunk("4")])
        raise LookupError("changed my mind")

    with pytest.raises(LookupError):
        await teller.unit_of_work.run(fail)
    await teller.log.append(runs[1].id, 1, 4, [Chunk("4")])

    assert await other.heard() == runs[1].id


async def test_a_broken_connection_is_made_again_and_says_so(
    teller: Store, database: Database, other: Listener
) -> None:
    run = a_direct_run(ANN)
    await teller.runs.start(run, 9)

    for number in range(2):
        await database.fetch(BREAK)
        await other.works()
        await teller.log.append(run.id, 1, 4 + number, [Chunk("4")])
        assert await other.heard() == run.id


async def test_a_database_that_is_away_is_waited_for(engine: str) -> None:
    if engine != "postgresql":
        pytest.skip("SQLite sends no news")
    away = Database("postgresql://nobody@127.0.0.1:1/nothing")
    signals = Store(away).signals

    await signals.start(lambda _: None, lambda: None)
    await signals.stop()
    await signals.stop()


async def test_where_nobody_sends_news_there_are_none(engine: str, database: Database) -> None:
    if engine != "sqlite":
        pytest.skip("PostgreSQL sends news")
    store, heard = Store(database), list[str]()
    await store.signals.start(heard.append, lambda: heard.append("work"))
    run = a_direct_run(ANN)
    await asked(store, run, a_consent(run))
    await store.runs.request_cancel(ANN, run.id)
    await store.signals.stop()

    assert heard == []
