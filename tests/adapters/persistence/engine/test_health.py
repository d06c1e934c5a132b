"""What the log says of a database that goes away, and of one that cannot be written to."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.persistence import Database
from adapters.persistence.engine.health import RED_SECONDS, DatabaseHealth
from domain.shared.errors import StoreUnavailable
from tests.support.log_lines import log_lines, with_words

WRITE = "INSERT INTO totals (name, value) VALUES ($1, $2) RETURNING name"


class Watch:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_going_away_and_coming_back_are_a_line_each() -> None:
    health = DatabaseHealth()
    with log_lines() as lines:
        health.answered("SELECT 1")
        for _ in range(83):
            health.away("ConnectionRefusedError")
        for _ in range(83):
            health.answered("SELECT 1")
    away, back = lines
    assert "does not answer (ConnectionRefusedError)" in away
    assert "answers again" in back


def test_a_full_disk_stays_red_until_writes_succeed_for_a_while() -> None:
    watch = Watch()
    health = DatabaseHealth(watch)
    with log_lines() as lines:
        for _ in range(3):
            health.cannot_write("disk full")
            health.answered("INSERT 1")  # a small one still fits
        assert health.storage_problem() == "disk full"
        watch.now = RED_SECONDS
        health.answered("  SELECT 1")
        assert health.storage_problem()
        health.answered("UPDATE 1")
        assert not health.storage_problem()
    full, room = lines
    assert "cannot be written to (disk full)" in full
    assert "can be written to again" in room


def test_a_lock_is_told_once_and_over_with_the_next_write() -> None:
    health = DatabaseHealth(Watch())
    with log_lines() as lines:
        for _ in range(3):
            health.locked("another process keeps it locked")
            health.answered("SELECT 1")
        assert health.storage_problem()
        health.answered("INSERT 1")
        assert not health.storage_problem()
    locked, free = lines
    assert "cannot be written to (another process keeps it locked)" in locked
    assert "can be written to again" in free


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    await opened.start()
    yield opened
    await opened.close()


async def test_statements_tell_it_what_they_find(database: Database) -> None:
    if database.engine == "postgresql":
        await database.fetch("SET default_transaction_read_only = on")

        async def write() -> None:
            await database.fetch("SET TRANSACTION READ ONLY")
            await database.fetch(WRITE, "one", 1)
    else:
        await database.fetch("PRAGMA query_only = ON")

        async def write() -> None:
            await database.fetch(WRITE, "one", 1)

    with log_lines() as lines, pytest.raises(StoreUnavailable):
        await database.unit_of_work.run(write)
    assert len(with_words(lines, "cannot be written to")) == 1
    assert database.health.storage_problem()
    assert await database.ping()
    assert not database.health.is_away


async def test_a_file_without_room(database: Database) -> None:
    if database.engine == "postgresql":
        pytest.skip("PostgreSQL's disk is not ours to fill")
    await database.fetch("PRAGMA max_page_count = 1")  # as many as there are: it cannot grow

    async def fill() -> None:
        for number in range(10_000):
            await database.fetch(WRITE, f"{number} {'x' * 60}", number)

    with log_lines() as lines, pytest.raises(StoreUnavailable, match="full"):
        await fill()
    assert with_words(lines, "database or disk is full")
    assert "full" in database.health.storage_problem()


async def test_what_is_wrong_with_a_statement_says_nothing_of_the_database(
    database: Database,
) -> None:
    with log_lines() as lines, pytest.raises(Exception, match="cannot do this now"):
        await database.fetch("SELECT nothing FROM nowhere")
    assert lines == []


async def test_a_file_that_another_program_locks(database: Database) -> None:
    if database.engine == "postgresql":
        pytest.skip("PostgreSQL has no such lock")
    path = Path(database.url.removeprefix("sqlite://"))
    await database.fetch("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(path, isolation_level=None)
    with log_lines() as lines:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="locked"):
            await database.fetch(WRITE, "one", 1)
        other.execute("ROLLBACK")
        await database.fetch(WRITE, "one", 1)
    other.close()
    assert len(with_words(lines, "cannot be written to", "locked")) == 1
    assert len(with_words(lines, "can be written to again")) == 1
