"""The metrics of real workers, as Prometheus reads them: they add up, and never fall."""

import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Final
from urllib.request import Request, urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.outside.workers import two_services
from tests.support.service import RunningService

pytestmark = pytest.mark.long

CALLS: Final = 3


def metrics_of(service: RunningService, token: str) -> str:
    request = Request(f"{service.url}/metrics", headers={"Authorization": f"Bearer {token}"})
    with urlopen(request, timeout=60) as response:
        text: str = response.read().decode()
    return text


def counters_of(text: str) -> dict[tuple[str, ...], float]:
    """Return all numbers that may not fall, by name and labels."""
    return {
        (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        if family.type in {"counter", "histogram"}
        for sample in family.samples
    }


def execute(service: RunningService, token: str) -> None:
    for _ in range(CALLS):
        service.call("POST", "/api/tools/execute", {"tool": "current_time"}, token)


def test_the_numbers_of_workers_add_up_and_outlive_them(database_url: str, tmp_path: Path) -> None:
    executed = ("puerto_tool_seconds_count", "status=finished", "tool=current_time")
    with two_services(database_url, tmp_path) as (one, two):
        token = one.admin()
        seen = []
        for service in (one, two):
            execute(service, token)
            seen.append(counters_of(metrics_of(service, token)))
        assert [each[executed] for each in seen] == [CALLS, 2 * CALLS]

        two.kill()  # its heartbeat has stored what it counted
        seen.append(counters_of(metrics_of(one, token)))
        execute(one, token)
        one.restart()  # which stores what nobody asked for yet
        seen.append(counters_of(metrics_of(one, token)))
        assert [each[executed] for each in seen[2:]] == [2 * CALLS, 3 * CALLS]
        for before, after in pairwise(seen):
            assert {name for name, value in before.items() if after[name] < value} == set()
        two.start()


@pytest.mark.one_engine
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_finds_nothing_to_say(tmp_path: Path) -> None:
    with RunningService(tmp_path) as service:
        token = service.admin()
        execute(service, token)
        service.call("POST", "/api/chat", {"message": "What is 17 * 23?"}, token)
        text = metrics_of(service, token)
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
