"""Memory of a service that learns APIs and forgets them again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.service import RunningService

STATUS = Path("/proc/self/status")
OPERATIONS = 600
LEAST_KEPT = 25 * 2**20  # bytes: a round's tools take some fifteen million

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not STATUS.exists(), reason="nobody says how much memory it has"),
]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    with RunningService(tmp_path) as running:
        yield running


def document() -> dict[str, Any]:
    words = "What is known of it, and more words than that. "
    parameters = [
        {
            "name": f"filter{at}",
            "in": "query",
            "description": words * 3,
            "schema": {"type": "string", "maxLength": 100 + at},
        }
        for at in range(20)
    ]
    paths = {
        f"/thing{at}": {"get": {"operationId": f"getThing{at}", "parameters": parameters}}
        for at in range(OPERATIONS)
    }
    return {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "paths": paths}


def test_memory_does_not_grow_with_each_api_that_is_learned_and_forgotten(
    service: RunningService,
) -> None:
    token = service.admin()
    order = {"source": json.dumps(document()), "base_url": "https://things.example"}
    after: list[int] = []
    for _ in range(6):
        api = service.call("POST", "/api/learned-apis", order, token)
        assert api["endpoints"] == OPERATIONS
        service.call("DELETE", f"/api/learned-apis/{api['id']}", None, token)
        after.append(memory(service))
    assert min(after[-2:]) - max(after[:2]) < LEAST_KEPT, after


def memory(service: RunningService) -> int:
    """Return how many bytes of memory the process has."""
    status = Path(f"/proc/{service.pid}/status").read_text()
    (line,) = [each for each in status.splitlines() if each.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024
