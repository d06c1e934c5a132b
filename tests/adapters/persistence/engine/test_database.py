"""What a real database adds: it is away, slow, locked, or left in the middle of a statement."""

import asyncio
import gc
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import closing, suppress
from typing import Any

import pytest

from adapters.persistence import Database, PoolLimits, Store
from domain.consents.consent import ConsentDecision, ConsentStatus
from domain.consents.service import expire_due
from domain.runs.events import Chunk
from domain.runs.ports import NewRun
from domain.shared.errors import (
    Conflict,
    Gone,
    InvalidRequest,
    LeaseLost,
    RunInProgress,
    Unavailable,
)
from domain.shared.idempotency import Idempotency
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import (
    DONE,
    MINUTE,
    NOW,
    a_consent,
    a_conversation,
    a_direct_run,
    a_key,
    a_run,
    a_user,
    an_ending,
    answered,
    reply,
)

ANN = new_id()


@pytest.fixture
async def hasty(database_url: str) -> AsyncIterator[Database]:
    """A database with short timeouts, with two connections where there is a pool."""
    database = Database(database_url, PoolLimits(largest=2, statement=0.3, acquire=0.3))
    await database.start()
    yield database
    await database.close()


@pytest.mark.parametrize(
    "url", ["", "mysql://x/y", "sqlite://", "sqlite://:memory:", "puerto.db", "postgres"]
)
def test_another_engine_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="DATABASE_URL"):
        Database(url)


async def test_a_database_that_is_not_there(engine: str, bare_url: str) -> None:
    gone = {
        "sqlite": bare_url.replace("bare.db", "no/such/folder/x.db"),
        "postgresql": "postgresql://nobody@127.0.0.1:1/nothing",
    }
    database = Database(gone[engine])

    with pytest.raises(Unavailable):
        await database.start()
    assert await database.ping() is False
    await database.close()


async def test_a_database_without_tables_is_no_crash(bare_url: str) -> None:
    database = Database(bare_url)
    await database.start()

    with pytest.raises(Unavailable):
        await Store(database).conversations.get(ANN, new_id())
    assert await database.ping() is True
    await database.close()


async def test_closing_waits_for_the_work_under_way(database: Database, database_url: str) -> None:
    store = Store(database)
    kept = a_conversation(ANN)
    is_inside, may_end = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        is_inside.set()
        await may_end.wait()
        await store.conversations.add(kept)

    caller = asyncio.create_task(store.unit_of_work.run(work))
    await is_inside.wait()
    closing_ = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    may_end.set()
    await asyncio.gather(caller, closing_)

    with pytest.raises(Unavailable):
        await store.unit_of_work.run(work)
    with pytest.raises(Unavailable):
        await store.conversations.get(ANN, kept.id)
    assert await database.ping() is False

    again = Database(database_url)
    await again.start()
    assert await Store(again).conversations.get(ANN, kept.id) == kept
    await again.close()


async def test_two_databases_in_one_process_do_not_mix(database: Database, shared_url: str) -> None:
    other = Database(shared_url)
    await other.start()
    kept = a_conversation(ANN)
    await Store(database).conversations.add(kept)

    async def work() -> None:
        assert (await Store(other).conversations.page(ANN, 9, None)).items == []
        assert (await Store(database).conversations.page(ANN, 9, None)).items == [kept]

    await other.unit_of_work.run(work)
    await other.close()


async def test_several_processes_take_turns(database: Database, database_url: str) -> None:
    other = Database(database_url)
    await other.start()
    stores = [Store(database), Store(other)]
    kept = [await answered(stores[0], ANN) for _ in range(10)]

    async def turns(store: Store, run: NewRun) -> None:
        for _ in range(3):
            with suppress(RunInProgress):
                await answered(store, ANN, run.started.conversation_id)

    await asyncio.gather(*(turns(store, run) for store in stores for run in kept))

    await other.close()
    for run in kept:
        conversation = await stores[0].conversations.get(ANN, run.started.conversation_id)
        said = await stores[0].conversations.messages(ANN, conversation.id, 100, None)
        assert conversation.message_count == len(said.items) >= 4


async def test_an_end_and_the_next_beginning_at_the_same_moment(database: Database) -> None:
    store = Store(database)

    async def begun(conversation_id: str) -> None:
        with suppress(RunInProgress):
            history = await store.runs.start(a_run(ANN, conversation_id), 10)
            assert [message.content for message in history] == ["How many?", "42"]

    for _ in range(20):
        runs = [a_run(ANN) for _ in range(10)]
        await asyncio.gather(*(store.runs.start(run, 10) for run in runs))
        ends = (store.log.append(run.id, 1, 2, [DONE], ending=an_ending(run)) for run in runs)
        begins = (begun(run.started.conversation_id) for run in runs)

        await asyncio.gather(
            *(action for pair in zip(ends, begins, strict=True) for action in pair)
        )


async def test_what_is_there_already_is_a_conflict(database: Database) -> None:
    store = Store(database)
    kept, user, run = a_conversation(ANN), a_user(), a_run(ANN)
    await store.conversations.add(kept)
    await store.users.add(user, "hash")
    await store.runs.start(run, 10)

    for again in (
        store.conversations.add(kept),
        store.users.add(user, "hash"),
        store.runs.start(run, 10),
    ):
        with pytest.raises(Conflict):
            await again


async def test_a_statement_that_takes_too_long(
    engine: str, hasty: Database, database_url: str
) -> None:
    store = Store(hasty)
    if engine == "postgresql":
        with pytest.raises(Unavailable):
            await hasty.fetch("SELECT pg_sleep(30)")
    else:
        with closing(sqlite3.connect(database_url.removeprefix("sqlite://"))) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable, match="locked"):
                await store.conversations.add(a_conversation(ANN))
            with pytest.raises(Unavailable, match="locked"):
                await store.runs.start(a_run(ANN), 10)

    await answered(store, ANN)


async def test_no_connection_is_free(engine: str, hasty: Database) -> None:
    if engine != "postgresql":
        pytest.skip("SQLite has one connection, which is waited for")
    may_end = asyncio.Event()
    holding = [asyncio.create_task(hasty.unit_of_work.run(may_end.wait)) for _ in range(2)]
    await asyncio.sleep(0.1)

    with pytest.raises(Unavailable):
        await hasty.fetch("SELECT 1")
    assert await hasty.ping() is False

    may_end.set()
    await asyncio.gather(*holding)
    assert await hasty.ping() is True


async def test_a_connection_that_breaks_is_replaced(
    engine: str, hasty: Database, database_url: str
) -> None:
    if engine != "postgresql":
        pytest.skip("SQLite has no connection that breaks")
    killer = Database(database_url)
    await killer.start()
    kill = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
    """

    async def work() -> None:
        await hasty.fetch("SELECT 1")
        await killer.fetch(kill)
        await hasty.fetch("SELECT 1")

    with pytest.raises(Unavailable):
        await hasty.unit_of_work.run(work)
    await answered(Store(hasty), ANN)
    await killer.close()


Action = Callable[[Store, str], Coroutine[Any, Any, Any]]


async def begin(store: Store, conversation_id: str) -> None:
    run = a_run(ANN, conversation_id)
    await store.runs.start(run, 5)
    await store.log.append(run.id, 1, 2, [Chunk("4")])
    await store.log.append(run.id, 1, 3, [Chunk("2")], ending=an_ending(run))


async def ask(store: Store, _: str) -> None:
    """Ask twice, wait, be answered and cancelled, and go on elsewhere."""
    run = a_direct_run(ANN, key=a_key(ANN, new_id()))
    await store.runs.start(run, 5)
    consents = [a_consent(run, expires_at=NOW + n * MINUTE) for n in range(2)]
    await store.log.append(run.id, 1, 4, [Chunk("?")], consents=consents)
    await store.leases.park(run.id, 1, 0)
    answer = ConsentDecision(ConsentStatus.APPROVED)
    await reply(store, ANN, consents[1].id, answer, NOW)
    await expire_due(store.consents, NOW, 2)
    await store.runs.request_cancel(ANN, run.id)
    await store.leases.claim("w2", NOW, NOW + MINUTE, 5)
    await store.leases.release(run.id, 2)


async def do_once(store: Store, _: str) -> None:
    async def work() -> str:
        return "done"

    await Idempotency(store.answers, store.unit_of_work).run(a_key(ANN, new_id()), work)


async def rename(store: Store, conversation_id: str) -> None:
    await store.conversations.change(ANN, conversation_id, NOW, {"title": "Renamed"})


async def edit(store: Store, _: str) -> None:
    await store.configurations.change(lambda configuration: configuration)


@pytest.fixture
async def unseen() -> AsyncIterator[list[dict[str, Any]]]:
    """What the event loop reports meanwhile, such as errors of tasks that nobody asked."""
    reported: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: reported.append(context))
    yield reported
    loop.set_exception_handler(None)


async def test_work_that_fails_after_its_caller_left_fails_in_silence(
    database: Database, unseen: list[dict[str, Any]]
) -> None:
    is_inside, may_end = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        is_inside.set()
        await may_end.wait()
        raise LookupError("nobody waits for this")

    caller = asyncio.create_task(database.unit_of_work.run(work))
    await is_inside.wait()
    caller.cancel()
    await asyncio.wait({caller})
    may_end.set()
    async with asyncio.timeout(60):
        while database.unit_of_work._running:
            await asyncio.sleep(0)

    del caller
    gc.collect()  # a task reports an error that nobody saw when it is forgotten
    assert unseen == []


async def test_callers_who_leave_at_any_moment_leave_it_unharmed(
    database: Database, unseen: list[dict[str, Any]]
) -> None:
    store, dice = Store(database), random.Random(7)
    conversations = [a_conversation(ANN) for _ in range(40)]
    for conversation in conversations:
        await store.conversations.add(conversation)

    async def caller(action: Action, conversation_id: str) -> None:
        await asyncio.sleep(dice.random() / 20)
        with suppress(RunInProgress, LeaseLost, Conflict, Gone):
            await action(store, conversation_id)

    tasks = [
        asyncio.create_task(
            caller(dice.choice([begin, begin, ask, ask, do_once, rename, edit]), one.id)
        )
        for one in dice.choices(conversations, k=300)
    ]
    for task in dice.sample(tasks, k=len(tasks)):
        await asyncio.sleep(dice.random() / 3000)
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    gc.collect()  # tasks report the errors that nobody saw when they are forgotten
    assert unseen == []
    assert {type(result) for result in results} <= {type(None), asyncio.CancelledError}
    async with asyncio.timeout(60):
        await everything_works(database, store)
        for conversation in (await store.conversations.page(ANN, 100, None)).items:
            said = await store.conversations.messages(ANN, conversation.id, 100, None)
            assert conversation.message_count == len(said.items)


async def everything_works(database: Database, store: Store) -> None:
    """Use every connection at once, then have a whole turn and give a lease to each run."""
    if database.engine == "postgresql":
        meeting = asyncio.Barrier(PoolLimits().largest)
        await asyncio.gather(
            *(database.unit_of_work.run(meeting.wait) for _ in range(PoolLimits().largest))
        )
    await answered(store, ANN)
    runs = await database.fetch("SELECT id FROM runs")
    await store.leases.renew("w1", [str(row["id"]) for row in runs], NOW)
