"""What is old is deleted in bounded batches; runs that have not ended keep all that is theirs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.persistence import Database, Store
from adapters.persistence.models import TABLES
from adapters.persistence.retention import KINDS
from domain.models.messages import Usage
from domain.monitoring.logs import LogEntry, LogQuery
from domain.retention.retention import Retention
from domain.runs.events import Answered, Body, Chunk
from domain.runs.outcomes import RunOutcome
from domain.runs.ports import NewRun, RunRecord
from domain.shared.ids import new_id
from domain.tools.artifacts import Artifact, KeptArtifact
from tests.adapters.persistence.stores import DONE, NOW, a_key, a_run, a_session, a_user, an_ending
from tests.adapters.persistence.test_audit import a_decision
from tests.fakes.clock import FakeClock

ANN = new_id()
DAY = timedelta(days=1)
OLD = NOW - 31 * DAY
AGES = dict.fromkeys(KINDS, 30 * DAY)
OUTCOME = RunOutcome("end", "offline", "offline-1", Usage(), None, ())
MOST = 500  # rows in a batch
_EVENT = """
    INSERT INTO run_events (run_id, first_number, last_number, attempt, bodies, created_at)
    VALUES ($1, $2, $2, 1, '[]', CURRENT_TIMESTAMP)
"""


@dataclass
class Deleting:
    """A retention at a time that stands still, and what it counted."""

    store: Store
    now: datetime = NOW
    ages: Mapping[str, timedelta] = field(default_factory=lambda: AGES)
    batches: list[tuple[str, int]] = field(default_factory=list)

    async def look(self) -> Mapping[str, int]:
        """Delete what is old; return how many rows of each kind."""
        retention = Retention(
            self.store.expiring,
            FakeClock(self.now),
            self.ages,
            count=lambda kind, number: self.batches.append((kind, number)),
            pause_seconds=0,
        )
        self.batches.clear()
        assert await retention.look()
        deleted = Counter[str]()
        for kind, number in self.batches:
            deleted[kind] += number
        return deleted


@pytest.fixture
async def real_store(shared: Database) -> Store:
    """An empty store over the database of this run."""
    for table in TABLES:
        await shared.fetch(f"DELETE FROM {table}")
    return Store(shared)


async def a_turn(store: Store, at: datetime, *, ends: bool = True) -> NewRun:
    """Store a turn with a file and a decision, all of that time; it ends unless it still runs."""
    run = a_run(ANN, at=at)
    await store.runs.start(run, 10)
    artifact = Artifact(b"1", "text/plain", "one.txt")
    await store.artifacts.add([KeptArtifact(new_id(), ANN, run.id, "c1", at, artifact)])
    await store.audit.record([replace(a_decision(run_id=run.id), at=at)])
    bodies: list[Body] = [Chunk("42"), Answered(run.started.message_id, "42"), DONE]
    if ends:
        ending = replace(an_ending(run, at=at), outcome=OUTCOME)
        await store.log.append(run.id, 1, 2, bodies, ending=ending)
    return run


async def record_of(store: Store, run: NewRun) -> RunRecord:
    return await store.runs.get(run.id)


async def number_of(database: Database, table: str, **column: Any) -> int:
    ((name, value),) = column.items()
    rows = await database.fetch(f"SELECT id FROM {table} WHERE {name} = $1", value)
    return len(rows)


async def left_of(database: Database, run: NewRun) -> Sequence[int]:
    tables = ("run_events", "artifacts", "audit")
    return [await number_of(database, table, run_id=run.id) for table in tables]


async def test_of_an_old_run_events_files_and_decisions_go(
    shared: Database, real_store: Store
) -> None:
    old = await a_turn(real_store, OLD)
    recent = await a_turn(real_store, NOW - DAY)
    active = await a_turn(real_store, OLD, ends=False)

    deleted = await Deleting(real_store).look()

    assert deleted == {"events": 2, "artifacts": 1, "audit": 1}
    assert await left_of(shared, old) == [0, 0, 0]
    assert await left_of(shared, recent) == [2, 1, 1]
    assert await left_of(shared, active) == [1, 1, 1]
    assert [(await record_of(real_store, run)).events_gone for run in (old, recent, active)] == [
        True,
        False,
        False,
    ]


async def test_the_conversation_and_the_outcome_of_an_old_run_stay(real_store: Store) -> None:
    old = await a_turn(real_store, OLD)
    before = await real_store.conversations.get(ANN, old.started.conversation_id)

    await Deleting(real_store).look()

    assert await real_store.conversations.get(ANN, old.started.conversation_id) == before
    page = await real_store.conversations.messages(ANN, old.started.conversation_id, 10, None)
    assert [message.content for message in page.items] == ["How many?", "42"]
    assert (await record_of(real_store, old)).outcome == OUTCOME


async def test_what_is_told_by_the_events_alone_keeps_them(
    shared: Database, real_store: Store
) -> None:
    """As of a run that a version ended which stored no outcome."""
    run = a_run(ANN, at=OLD)
    await real_store.runs.start(run, 10)
    await real_store.log.append(run.id, 1, 2, [DONE], ending=an_ending(run, at=OLD))

    assert "events" not in await Deleting(real_store).look()

    assert await number_of(shared, "run_events", run_id=run.id) == 2


async def test_a_batch_is_bounded(shared: Database, real_store: Store) -> None:
    runs = [await a_turn(real_store, OLD) for _ in range(2)]
    rows = [(run.id, number) for run in runs for number in range(10, 410)]
    await shared.repeat(_EVENT, rows)
    entries = [LogEntry(OLD, "INFO", "old", {"logger": "x"})] * 1100
    await real_store.log_entries.add(entries, 100_000)
    await real_store.log_entries.add([replace(entries[0], at=NOW)], 100_000)
    deleting = Deleting(real_store)

    deleted = await deleting.look()

    assert (deleted["events"], deleted["logs"]) == (804, 1100)
    assert max(number for _, number in deleting.batches) == MOST
    assert [number for kind, number in deleting.batches if kind == "logs"] == [500, 500, 100]
    assert len(await real_store.log_entries.newest(LogQuery(100))) == 1


async def test_who_dies_half_way_leaves_no_half_of_a_run(
    shared: Database, real_store: Store
) -> None:
    run = await a_turn(real_store, OLD)
    await shared.repeat(_EVENT, [(run.id, number) for number in range(10, 610)])

    assert await real_store.expiring.delete("events", NOW - 30 * DAY) == MOST

    assert await number_of(shared, "run_events", run_id=run.id) == 102
    assert (await record_of(real_store, run)).events_gone
    assert (await Deleting(real_store).look())["events"] == 102
    assert await number_of(shared, "runs", events_state="expired") == 1
    assert "events" not in await Deleting(real_store, NOW + DAY).look()


async def test_keys_of_requests_go_and_what_has_no_limit_stays(
    shared: Database, real_store: Store
) -> None:
    await a_turn(real_store, OLD)
    await real_store.answers.reserve(a_key(ANN, at=NOW - 2 * DAY))
    await real_store.answers.reserve(a_key(ANN, "k2", at=NOW))

    deleted = await Deleting(real_store, ages={"answers": DAY}).look()

    assert sum(deleted.values()) <= 1  # the second key may have taken the first with it
    assert [row["key"] for row in await shared.fetch("SELECT key FROM answers")] == ["k2"]


async def test_logins_that_are_over_go(shared: Database, real_store: Store) -> None:
    user = a_user()
    await real_store.users.add(user, "hash")
    ends = {"over": OLD, "over for a day": NOW - DAY, "good": NOW + DAY}
    for fingerprint, at in ends.items():
        session = replace(a_session(user, fingerprint), expires_at=at)
        await real_store.sessions.add(session)

    assert await Deleting(real_store).look() == {"sessions": 1}

    left = await shared.fetch("SELECT fingerprint FROM sessions ORDER BY expires_at")
    assert [row["fingerprint"] for row in left] == ["over for a day", "good"]


async def test_one_worker_deletes_in_an_hour(real_store: Store) -> None:
    rows, hour = real_store.expiring, timedelta(hours=1)
    assert [await rows.claim(NOW, NOW + hour) for _ in range(3)] == [True, False, False]
    assert await real_store.monitoring.claim(NOW, NOW + hour)  # another round of its own
    assert await rows.claim(NOW + hour, NOW + 2 * hour)
