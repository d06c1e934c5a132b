"""No service outlives the tests that started it, however they ended."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.entrypoints.cli.processes import eventually, is_alive
from tests.support.pages import ROOT

TESTER = """
import sys, time
from pathlib import Path
from tests.support.service import RunningService

print(RunningService(Path(sys.argv[1])).start().pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere nobody sees the one or the other end"
)
def test_a_service_ends_when_its_tests_are_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", TESTER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as tester:
        assert tester.stdout is not None
        service = int(tester.stdout.readline())
        assert is_alive(service)
        tester.kill()
    eventually(lambda: not is_alive(service))
