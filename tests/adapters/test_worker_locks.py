"""Which workers over a data folder are alive."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.worker_locks import FileLocks

run = asyncio.run

HOLDING = """
import asyncio, pathlib, sys, time
from adapters.worker_locks import FileLocks
locks = FileLocks(pathlib.Path(sys.argv[1]))
asyncio.run(locks.hold("w1"))
print("held", flush=True)
time.sleep(600)
"""


def test_a_worker_is_dead_when_its_process_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "workers"
    here = FileLocks(folder)
    assert list(run(here.dead())) == []
    run(here.hold("w2"))
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, folder],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert list(run(here.dead())) == []
        process.kill()
        process.wait()
    assert list(run(here.dead())) == ["w1"]
    run(here.forget("w1"))
    assert list(run(here.dead())) == []
    run(here.release())


def test_a_worker_that_stops_in_order_leaves_nothing(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    run(locks.hold("w1"))
    run(locks.release())
    run(locks.release())
    assert list(tmp_path.iterdir()) == []
    assert list(run(locks.dead())) == []


def test_a_folder_without_locks_is_said_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "workers").write_text("")
    locks = FileLocks(tmp_path / "workers")
    run(locks.hold("w1"))
    assert "takes no locks" in caplog.text
    assert list(run(locks.dead())) == []
    run(locks.release())
