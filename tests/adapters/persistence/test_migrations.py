"""Migrations: under a lock, all or nothing, and never on what is not ours."""

import asyncio
import sys
from pathlib import Path

import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector

from adapters.persistence import Database, Store, migrate, plan
from adapters.persistence.migrate import ORM
from adapters.persistence.models import TABLES
from domain.errors import Unavailable
from domain.ids import new_id
from tests.adapters.persistence.stores import answered

ALL = ["0001_initial"]
MIGRATE = """
import asyncio, sys
from adapters.persistence import migrate
print(asyncio.run(migrate(sys.argv[1])))
"""


async def on(url: str, *statements: str) -> None:
    database = Database(url)
    await database.start()
    try:
        for statement in statements:
            await database.fetch(statement)
    finally:
        await database.close()


async def test_an_empty_database_gets_all_of_them_once(bare_url: str) -> None:
    assert await plan(bare_url) == ALL
    assert await migrate(bare_url) == ALL
    assert await plan(bare_url) == []
    assert await migrate(bare_url) == []

    database = Database(bare_url)
    await database.start()
    await answered(Store.over(database), new_id())
    await database.close()


async def test_planning_makes_nothing(bare_url: str, tmp_path: Path) -> None:
    assert await plan(bare_url) == ALL

    assert await plan(bare_url) == ALL
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240  nobody waits for a test


async def test_of_several_processes_at_once_one_does_the_work(bare_url: str) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", MIGRATE, bare_url, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(4)
    ]
    outputs = [(await process.communicate())[0].decode().strip() for process in processes]

    assert [process.returncode for process in processes] == [0] * 4
    assert sorted(outputs) == sorted([str(ALL), "[]", "[]", "[]"])


async def test_a_newer_database_is_refused(database_url: str) -> None:
    await on(
        database_url,
        "INSERT INTO tortoise_migrations (app, name, applied_at)"
        " VALUES ('puerto', '9999_future', CURRENT_TIMESTAMP)",
    )

    for use in (migrate, plan):
        with pytest.raises(Unavailable, match=r"newer version.*9999_future"):
            await use(database_url)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM tortoise_migrations",
        "DROP TABLE run_events",
        "ALTER TABLE messages DROP COLUMN results",
        "UPDATE tortoise_migrations SET name = '0000_other'",
    ],
)
async def test_a_half_migrated_database_is_refused(database_url: str, damage: str) -> None:
    await on(database_url, damage)

    with pytest.raises(Unavailable, match="backup"):
        await migrate(database_url)


async def test_a_migration_that_fails_leaves_nothing_behind(bare_url: str) -> None:
    await on(bare_url, "CREATE TABLE users (somebody_elses INTEGER)")

    with pytest.raises(Unavailable, match="half migrated"):
        await migrate(bare_url)

    assert await plan(bare_url) == ALL
    for table in TABLES.keys() - {"users"}:
        with pytest.raises(Unavailable):
            await on(bare_url, f"SELECT 1 FROM {table}")


async def test_a_database_that_is_not_there(engine: str, bare_url: str) -> None:
    gone = {
        "sqlite": bare_url.replace("bare.db", "no/such/folder/x.db"),
        "postgresql": "postgresql://nobody@127.0.0.1:1/nothing",
    }
    with pytest.raises(Unavailable):
        await migrate(gone[engine])


async def test_the_migrations_make_what_the_models_say() -> None:
    context = TortoiseContext()
    with context:
        await context.init(config=ORM, init_connections=False)
        assert context.apps is not None
        changes = await MigrationAutodetector(context.apps, ORM["apps"]).changes()
        await context.close_connections()

    assert changes == []
