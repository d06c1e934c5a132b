"""A receiver of webhooks, which verifies each delivery as its libraries do."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from openai import OpenAI
from standardwebhooks import Webhook

from domain.webhooks.dispatcher import Dispatcher
from tests.entrypoints.http.conftest import Client, Installation
from tests.fakes.clock import FakeClock
from tests.support.web_server import Reply, Seen, WebServer

OPEN = {"PUERTO_OPEN_HOSTS": "127.0.0.1"}


class Receiver:
    """Answers with ``reply``; ``accepted`` has what it accepted."""

    def __init__(self) -> None:
        self.reply = Reply(204, body=b"")
        self.accepted: list[Seen] = []

    def __call__(self, seen: Seen) -> Reply:
        if self.reply.status == 204:
            self.accepted.append(seen)
        return self.reply

    def verified(self, secret: str, since: int = 0) -> list[dict[str, Any]]:
        """Return the payloads that came, each verified with the secret."""
        client = OpenAI(api_key="none", webhook_secret=secret)
        payloads = []
        for seen in self.accepted[since:]:
            headers = dict(seen.headers)
            Webhook(secret).verify(seen.body, headers)
            payload = json.loads(seen.body)
            assert client.webhooks.unwrap(seen.body.decode(), headers).type == payload["type"]
            payloads.append(payload)
        return payloads

    def ids(self) -> list[str]:
        return [str(seen.header("webhook-id")) for seen in self.accepted]


async def still(installation: Installation) -> Dispatcher:
    """Return the dispatcher, which sends only when it is told to from here on."""
    dispatcher = installation.services.webhooks.dispatcher
    await dispatcher.stop()
    return dispatcher


async def added(client: Client, server: WebServer, *events: str, **more: Any) -> dict[str, Any]:
    """Add a webhook that is received by the server."""
    body = {"url": f"{server.url}/hook", "events": events or ["*"], **more}
    made: dict[str, Any] = await client.json("POST", "/api/webhooks", body, 201)
    return made


async def execute(client: Client) -> str:
    """Have one direct run, which calls a tool; return its id."""
    body = {"tool": "calculator", "parameters": {"expression": "1"}}
    response = await client.send("POST", "/api/tools/execute", body)
    assert response.status_code == 200
    runs = await client.get("/api/runs?limit=1")
    return str(runs["runs"][0]["id"])


async def listed(client: Client, webhook: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/api/webhooks/{webhook['id']}/deliveries{query}")
    found: list[dict[str, Any]] = answer["deliveries"]
    return found


def by_run(payloads: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the types that came of each run, in the order in which they came."""
    found = defaultdict(list)
    for payload in payloads:
        found[payload["data"]["run_id"]].append(payload["type"])
    return dict(found)


def clock_before(past: timedelta) -> FakeClock:
    """Return a clock that stands so long before the present, which verifiers go by."""
    return FakeClock(datetime.now(UTC) - past)
