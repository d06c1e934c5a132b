"""The buckets of rate limits: exact on any number of workers, and true to a bucket of tokens."""

import asyncio
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.persistence import Database, Store
from adapters.persistence.limits import TortoiseBuckets
from adapters.persistence.retention import TortoiseExpiringRows
from domain.limits.policy import SECOND, LimitPolicy
from tests.fakes.limits import FakeBuckets

SLOW = LimitPolicy("default", 60, window=1_000_000)  # so slow that no token comes back meanwhile
START = 1_800_000_000 * SECOND
PROCESS = """
import asyncio, sys
from adapters.persistence import Database
from adapters.persistence.limits import TortoiseBuckets
from domain.limits.policy import LimitPolicy

async def main() -> None:
    database = Database(sys.argv[1])
    await database.start()
    buckets, policy = TortoiseBuckets(database), LimitPolicy("default", 60, window=1_000_000)
    print("ready", flush=True)
    sys.stdin.readline()
    print(sum([(await buckets.take("hot", policy)).is_allowed for _ in range(100)]))
    await database.close()

asyncio.run(main())
"""


async def test_as_many_pass_as_there_are_tokens(store: Store) -> None:
    verdicts = [await store.buckets.take("user 1", SLOW) for _ in range(62)]

    assert [each.is_allowed for each in verdicts] == [True] * 60 + [False] * 2
    assert [each.remaining for each in verdicts] == [*reversed(range(60)), 0, 0]
    assert (await store.buckets.take("user 2", SLOW)).remaining == 59
    wait = SLOW.interval
    assert wait - 60 * SECOND < verdicts[-1].wait <= wait
    assert verdicts[-1].retry_after >= verdicts[-1].wait / SECOND


@given(
    st.integers(1, 70),
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5), st.integers(0, SECOND))),
)
async def test_any_sequence_is_true_to_a_bucket_of_tokens(
    shared: Database, quota: int, steps: list[tuple[str, int, int]]
) -> None:
    """Nothing that an answer says of a limit is a lie, whenever the requests come."""
    policy, now = LimitPolicy("default", quota, window=7), START
    expected = FakeBuckets(lambda: now)
    await shared.fetch("DELETE FROM buckets")
    for key, seconds, rest in [*steps, *([("a", 0, 0)] * (quota + 1))]:
        now += seconds * SECOND + rest
        verdict = await TortoiseBuckets(shared, str(now)).take(key, policy)
        told = await expected.take(key, policy)
        assert verdict == told
        assert (verdict.remaining, verdict.retry_after) == (told.remaining, told.retry_after)
    now += verdict.wait - 1
    assert not (await TortoiseBuckets(shared, str(now)).take("a", policy)).is_allowed
    now += 1
    assert (await TortoiseBuckets(shared, str(now)).take("a", policy)).is_allowed


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_that_is_set_locks_nobody_out(shared: Database, hours: int) -> None:
    await shared.fetch("DELETE FROM buckets")
    policy = LimitPolicy("default", 60)
    for _ in range(61):
        verdict = await TortoiseBuckets(shared, str(START)).take("a", policy)
    assert not verdict.is_allowed

    later = str(START + hours * 3600 * SECOND)
    assert (await TortoiseBuckets(shared, later).take("a", policy)).remaining == 59


async def test_what_was_full_long_ago_is_deleted(shared: Database) -> None:
    await shared.fetch("DELETE FROM buckets")
    policy, full = LimitPolicy("default", 60), datetime.fromtimestamp(START // SECOND + 1, UTC)
    await TortoiseBuckets(shared, str(START)).take("a", policy)
    await TortoiseBuckets(shared, str(START + 1)).take("b", policy)
    rows = TortoiseExpiringRows(shared)

    deleted = [
        await rows.delete("buckets", full + timedelta(microseconds=each)) for each in range(4)
    ]

    assert deleted == [0, 1, 1, 0]


async def test_of_many_at_once_exactly_so_many_pass(database_url: str) -> None:
    async with AsyncExitStack() as stack:
        buckets = []
        for _ in range(3):
            database = Database(database_url)
            await database.start()
            stack.push_async_callback(database.close)
            buckets.append(TortoiseBuckets(database))
        each = [one.take("hot", SLOW) for one in buckets for _ in range(40)]
        assert sum(verdict.is_allowed for verdict in await asyncio.gather(*each)) == 60


async def test_where_the_rows_are(engine: str, shared: Database) -> None:
    """They are written at every request, and may be lost: neither is worth a log of changes."""
    queries = {
        "postgresql": "SELECT relpersistence = 'u' AS good FROM pg_class WHERE relname = 'buckets'",
        "sqlite": "SELECT sql LIKE '%WITHOUT ROWID' AS good FROM sqlite_master"
        " WHERE name = 'buckets'",
    }
    assert [bool(row["good"]) for row in await shared.fetch(queries[engine])] == [True]


@pytest.mark.long
async def test_eight_processes_share_a_bucket_of_sixty(database_url: str) -> None:
    command, pipe = (sys.executable, "-c", PROCESS, database_url), asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe) for _ in range(8)
    ]
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    outputs = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))

    assert sum(int(output) for output, _ in outputs) == 60
