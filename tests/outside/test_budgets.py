"""What a killed worker held of a budget is free again, seen from outside."""

import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.outside.workers import two_services, until

pytestmark = pytest.mark.long

STEP = 4_096  # tokens of an answer, which a step holds besides its question
PATH = "/api/budgets"
ENDLESS = [{"pieces": [{"text": "One moment"}, {"delay": 600}]}]


def test_a_killed_worker_holds_nothing(database_url: str, tmp_path: Path) -> None:
    cassette = tmp_path / "cassette.json"
    cassette.write_text(json.dumps(ENDLESS))
    settings = {"PUERTO_CASSETTE": str(cassette), "PUERTO_LEASE_SECONDS": "5"}
    with two_services(database_url, tmp_path, **settings) as (one, two):
        token = one.admin()

        def two_says(method: str, path: str, body: Any = None) -> dict[str, Any]:
            return two.call(method, path, body, token)

        def say_for_ever() -> None:
            with suppress(OSError, HTTPError):  # it is killed
                one.call("POST", "/api/chat", {"message": "hi"}, token)

        body = {"scope": "user", "period": "day", "max_tokens": STEP + 3_000}
        body["subject"] = two_says("GET", "/api/auth/me")["id"]
        for service in (one, two):  # each knows at once what is set through it
            budget = service.call("PUT", PATH, body, token)
        place = f"{PATH}/{budget['id']}"
        asking = threading.Thread(target=say_for_ever)
        asking.start()
        until(lambda: two_says("GET", place), lambda found: found["held_tokens"])
        (run,) = two_says("GET", "/api/runs")["runs"]
        with pytest.raises(HTTPError, match="429"):
            two_says("POST", "/api/chat", {"message": "me too", "provider": "offline"})

        one.kill()
        asking.join()

        until(lambda: "is taken up here, attempt 2" in two.log)
        taken_up = until(lambda: two_says("GET", place), lambda found: found["held_tokens"])
        assert STEP < taken_up["held_tokens"] < STEP + 3_000  # of one attempt
        two_says("POST", f"/api/runs/{run['id']}/cancel")
        until(lambda: two_says("GET", place), lambda found: not found["held_tokens"])
        two_says("POST", "/api/chat", {"message": "What is 6 * 7?", "provider": "offline"})
        standing = two_says("GET", place)
        used = two_says("GET", "/api/usage?group_by=model")["total"]["total_tokens"]
        assert standing["spent_tokens"] == used > 0
