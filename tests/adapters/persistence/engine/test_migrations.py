"""Migrations: under a lock, all or nothing, and never on what is not ours."""

import asyncio
import base64
import json
import sys
import zlib
from pathlib import Path

import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.recorder import MigrationRecorder

from adapters.persistence import Database, Store, migrate, plan
from adapters.persistence.migrate import _EDITOR, ORM, _transaction
from adapters.persistence.models import TABLES
from domain.learning.api.version import ApiScheme, SkippedOperation
from domain.runs.events import Chunk, Event
from domain.runs.ports import Ending
from domain.runs.states import RunStatus
from domain.shared.errors import NotFound, RunInProgress, Unavailable
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import MINUTE, NOW, UNKNOWN, a_direct_run, a_run, answered

ANN, CONVERSATION, MESSAGE, RUN = (f"{UNKNOWN[:-1]}{n}" for n in range(4))
AT = NOW.isoformat(" ")
OF_VERSION_1 = (
    f"INSERT INTO users VALUES ('{ANN}', 'ann@x.org', 'ann', 'Ann', 'user', 'hash', '{AT}')",
    f"""INSERT INTO conversations VALUES
        ('{CONVERSATION}', '{ANN}', 'Title', '{AT}', '{AT}', 1, 'Hi')""",
    f"""INSERT INTO messages (id, conversation_id, number, role, content, created_at, tool_calls,
        results) VALUES ('{MESSAGE}', '{CONVERSATION}', 1, 'user', 'Hi', '{AT}', '[]', '[]')""",
    f"""INSERT INTO runs (id, conversation_id, user_id, message_id, status, attempt, worker_id,
        leased_until, active_in, cancel_requested, created_at) VALUES ('{RUN}', '{CONVERSATION}',
        '{ANN}', '{MESSAGE}', 'running', 3, 'w1', '{AT}', '{CONVERSATION}', FALSE, '{AT}')""",
    f"""INSERT INTO run_events (run_id, first_number, last_number, attempt, bodies, created_at)
        VALUES ('{RUN}', 1, 1, 1, '[{{"type":"chunk","content":"4"}}]', '{AT}')""",
)
INDEXES = {
    "sqlite": "SELECT name FROM pragma_index_list('runs')",
    "postgresql": "SELECT indexname AS name FROM pg_indexes WHERE tablename = 'runs'",
}
ALL = [
    "0001_initial",
    "0002_consents",
    "0003_preferences",
    "0004_switches",
    "0005_artifacts",
    "0006_monitoring",
    "0007_learned_apis",
    "0008_run_outcomes",
    "0009_quarantines",
    "0010_learned_operations",
    "0011_disabled_users",
    "0012_consent_forms",
    "0013_tool_answers",
    "0014_guarded_messages",
    "0015_connected_accounts",
    "0016_plugin_settings",
    "0017_api_keys",
    "0018_logs",
    "0019_usage",
    "0020_retention",
    "0021_session_lists",
    "0022_webhooks",
    "0023_samples",
    "0024_buckets",
    "0025_foreign_identities",
    "0026_budgets",
    "0027_session_ends",
    "0028_session_limits",
    "0029_sampling",
]
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
    await answered(Store(database), new_id())
    await database.close()


async def test_what_version_1_kept_is_all_there_afterwards(engine: str, bare_url: str) -> None:
    async with _transaction(bare_url) as client:
        await MigrationRecorder(client).ensure_schema(_EDITOR[engine](client, atomic=False))
        first = MigrationTarget("puerto", "0001_initial")
        await MigrationExecutor(client, ORM["apps"]).migrate([first])
    await on(bare_url, *OF_VERSION_1)

    assert await migrate(bare_url) == ALL[1:]

    database = Database(bare_url)
    await database.start()
    store = Store(database)
    run = await store.runs.get(RUN)
    assert (run.conversation_id, run.message_id, run.attempt) == (CONVERSATION, MESSAGE, 3)
    assert (run.status, run.created_at, run.place) == (RunStatus.RUNNING, NOW, 1)
    assert list(await store.log.read(RUN, None, 9)) == [Event(1, 1, Chunk("4"))]
    assert (await store.conversations.messages(ANN, CONVERSATION, 9, None)).items[0].content == "Hi"
    indexes = " ".join(row["name"] for row in await database.fetch(INDEXES[engine]))
    assert "idx_runs_leased" in indexes
    assert "idx_runs_convers" in indexes
    with pytest.raises(RunInProgress):
        await store.runs.start(a_run(ANN, CONVERSATION), 9)
    assert list(await store.leases.claim("w2", NOW + MINUTE, NOW + MINUTE, 9)) == [(RUN, 4)]
    await store.runs.start(a_direct_run(ANN), 9)
    await store.log.append(RUN, 4, 2, [Chunk("2")], ending=Ending(RunStatus.FAILED, None, NOW))
    await store.conversations.delete(ANN, CONVERSATION)
    with pytest.raises(NotFound):
        await store.runs.get(RUN)
    assert list(await store.log.read(RUN, None, 9)) == []
    await database.close()


async def test_versions_of_learned_apis_become_rows(engine: str, bare_url: str) -> None:
    async with _transaction(bare_url) as client:
        await MigrationRecorder(client).ensure_schema(_EDITOR[engine](client, atomic=False))
        before = MigrationTarget("puerto", "0009_quarantines")
        await MigrationExecutor(client, ORM["apps"]).migrate([before])
    settings = '{"base_url":"","include":{},"exclude":{},"overrides":{},"per_user":false,'
    database = Database(bare_url)
    await database.start()
    await database.fetch(
        """INSERT INTO learned_apis (id, name, source, settings, user_id, created_at, learned_at,
            updated_by, title, digest, waiting, endpoints, tools, revision, problem, version,
            waiting_version) VALUES ($1, 'Pets', '', $2, $3, $4, $4, $3, 'Pets', 'd1', 'd2', 2, 1,
            7, '', $5, $6) RETURNING id""",
        *(RUN, settings + '"per_second":10.0}', ANN, NOW, packed("d1"), packed("d2")),
    )
    await database.fetch(
        "INSERT INTO learned_api_keys (api_id, owner, schemes, sealed, at)"
        " VALUES ($1, '', '[]', $2, $3) RETURNING id",
        *(RUN, b"sealed", NOW),
    )
    await database.close()

    assert await migrate(bare_url) == ALL[ALL.index("0010_learned_operations") :]

    database = Database(bare_url)
    await database.start()
    store = Store(database)
    version, waiting = await store.learned_apis.version(RUN), await store.learned_apis.waiting(RUN)
    assert (await store.learned_apis.get(RUN)).revision == 7
    assert waiting is not None
    assert (version.digest, waiting.digest) == ("d1", "d2")
    (tool,), (skipped,) = version.tools, version.skipped
    assert (tool.spec.name, tool.operation, tool.call) == ("pets", "GET /pets", b"\xff\0")
    assert skipped == SkippedOperation("PUT /pets", "invalid", "/paths", "No.")
    assert list(await store.learned_apis.schemes(RUN)) == [ApiScheme("key", "apiKey", "K")]
    assert await store.api_keys.get(RUN, "") is not None
    await store.learned_apis.remove(RUN)
    assert await database.fetch("SELECT id FROM learned_operations") == []
    assert await store.api_keys.get(RUN, "") is None
    await database.close()


def packed(digest: str) -> bytes:
    """Return a version as it was kept up to migration 0009."""
    tool = {
        "name": "pets",
        "description": "Pets.",
        "parameters": {"type": "object", "properties": {}},
        "effect": "read",
        "idempotent": True,
        "timeout": 30.0,
        "operation": "GET /pets",
        "operation_id": "pets",
        "tags": ["pets"],
        "places": ["https://a.example"],
        "asks": [],
        "is_open": True,
        "notes": [],
        "call": base64.b64encode(b"\xff\0").decode(),
    }
    skipped = {"operation": "PUT /pets", "reason": "invalid", "pointer": "/paths", "message": "No."}
    scheme = {"name": "key", "kind": "apiKey", "detail": "K"}
    about = {"digest": digest, "title": "Pets"}
    told = {**about, "tools": [tool], "skipped": [skipped], "schemes": [scheme]}
    return zlib.compress(json.dumps(told).encode())


async def test_planning_makes_nothing(bare_url: str, tmp_path: Path) -> None:
    assert await plan(bare_url) == ALL

    assert await plan(bare_url) == ALL
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240  nobody waits for a test


@pytest.mark.long
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


async def test_a_newer_database_is_refused(own_url: str) -> None:
    await on(
        own_url,
        "INSERT INTO tortoise_migrations (app, name, applied_at)"
        " VALUES ('puerto', '9999_future', CURRENT_TIMESTAMP)",
    )

    for use in (migrate, plan):
        with pytest.raises(Unavailable, match=r"newer version.*9999_future"):
            await use(own_url)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM tortoise_migrations",
        "DROP TABLE run_events",
        "ALTER TABLE messages DROP COLUMN results",
        "UPDATE tortoise_migrations SET name = '0000_other' WHERE name = '0001_initial'",
    ],
)
async def test_a_half_migrated_database_is_refused(own_url: str, damage: str) -> None:
    await on(own_url, damage)

    with pytest.raises(Unavailable, match="backup"):
        await migrate(own_url)


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
