"""The benchmark of observing measures each of its ways."""

import subprocess
import sys

import pytest

from tests.support.pages import ROOT

pytestmark = [pytest.mark.long, pytest.mark.one_engine]


def test_every_way_has_its_figures() -> None:
    command = [sys.executable, "benchmarks/telemetry.py", "--rounds", "1", "--turns", "1"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ways = [line.partition(":")[0] for line in told.splitlines()]
    assert ways == ["nothing listens", "metrics", "metrics and OpenTelemetry"]
