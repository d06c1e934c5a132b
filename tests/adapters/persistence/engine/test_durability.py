"""What of SQLite is on the disk when it is said to be stored."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.persistence import Database
from tests.support.power_cut import make_disk

ROOT = Path(__file__).parents[4]
NOT_SYNCED = {"pieces of text", "lease renewed", "heartbeat"}


def test_what_a_promise_rests_on_is_synced_and_nothing_else(tmp_path: Path) -> None:
    disk = make_disk(tmp_path)
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.adapters.persistence.syncs",
            f"sqlite://{disk.folder / 'puerto.db'}",
        ],
        cwd=ROOT,
        env=os.environ | disk.environment,
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    counted: dict[str, int] = json.loads(ended.stdout)
    assert {name for name, number in counted.items() if number == 0} == NOT_SYNCED
    assert {number for name, number in counted.items() if name not in NOT_SYNCED} == {1}


async def test_a_server_that_does_not_sync_is_named(engine: str, database: Database) -> None:
    assert not [line for line in await database.warnings() if "synchronous_commit" in line]
    if engine == "sqlite":
        pytest.skip("SQLite syncs as it is told")
    other = Database(f"{database.url}&options=-csynchronous_commit%3Doff")
    await other.start()
    try:
        (line,) = [each for each in await other.warnings() if "synchronous_commit" in each]
        assert "= off" in line
    finally:
        await other.close()
