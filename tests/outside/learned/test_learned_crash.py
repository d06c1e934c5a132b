"""A call of a learned API in the moment in which its process is killed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.outside.workers import until
from tests.support.service import RunningService
from tests.support.web_server import Reply, Seen, WebServer, serving

_KEY = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"type": "object"}}},
}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Prices", "version": "1"},
    "paths": {
        "/price": {
            "put": {"operationId": "setPrice", "requestBody": _BODY},
            "delete": {"operationId": "dropPrice"},
            "patch": {"operationId": "changePrice", "requestBody": _BODY},
            "post": {"operationId": "addPrice", "requestBody": _BODY},
        },
        "/once": {
            "put": {"operationId": "setOnce", "parameters": [_KEY], "requestBody": _BODY},
        },
    },
}


@dataclass
class Prices:
    """Takes what it is told at once, and answers only after ``seconds``."""

    seconds: float = 60.0
    asked: list[Seen] = field(default_factory=list)

    def __call__(self, seen: Seen) -> Reply:
        self.asked.append(seen)
        return Reply(seconds=self.seconds)

    def wait(self, count: int) -> None:
        until(lambda: self.asked, lambda asked: len(asked) >= count)


@pytest.fixture
def shop() -> Iterator[WebServer]:
    with serving(Prices()) as server:
        yield server


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[RunningService]:
    with RunningService(
        tmp_path,
        DATABASE_URL=database_url,
        PUERTO_OPEN_HOSTS="127.0.0.1",
        PUERTO_LEASE_SECONDS="600",  # no heartbeat is late; the lock tells who is dead
    ) as one:
        yield one


@pytest.mark.parametrize(
    ("tool", "params", "overrides", "is_repeated"),
    [
        ("setPrice", {"body": {"price": 20}}, {}, False),
        ("dropPrice", {}, {}, False),
        ("changePrice", {"body": {"price": 20}}, {}, False),
        ("addPrice", {"body": {"price": 20}}, {}, False),
        ("setPrice", {"body": {"price": 20}}, {"PUT /price": {"idempotent": True}}, True),
        ("setOnce", {"body": {"price": 20}}, {}, True),
    ],
)
def test_what_nobody_declared_idempotent_is_asked_about_and_not_sent_again(
    service: RunningService,
    shop: WebServer,
    tool: str,
    params: dict[str, Any],
    overrides: dict[str, Any],
    is_repeated: bool,
) -> None:
    prices = shop.reply
    assert isinstance(prices, Prices)
    token = service.admin()

    def call(method: str, path: str, body: Any = None) -> dict[str, Any]:
        return service.call(method, path, body, token)

    learned = {"source": json.dumps(DOCUMENT), "base_url": shop.url, "overrides": overrides}
    call("POST", "/api/learned-apis", learned)
    run = call("POST", "/api/tools/execute", {"tool": tool, "parameters": params})["run_id"]
    (request,) = call("GET", "/api/consents?status=waiting")["consents"]
    call("POST", "/api/chat/consent", {"consent_request_id": request["id"], "approved": True})
    prices.wait(1)
    service.kill()
    prices.seconds = 0.0
    service.start()

    def status() -> str:
        return str(call("GET", f"/api/runs/{run}")["status"])

    until(status, lambda found: found != "running")
    waiting = call("GET", "/api/consents?status=waiting")["consents"]
    if is_repeated:
        prices.wait(2)
        keys = {seen.header("idempotency-key") for seen in prices.asked}
        assert (status(), waiting, len(keys)) == ("completed", [], 1)
    else:
        assert status() == "waiting_consent"
        assert [asked["kind"] for asked in waiting] == ["outcome"]
        assert len(prices.asked) == 1
