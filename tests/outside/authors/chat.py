"""A user with a client, who answers whatever the service asks."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import anyio
import httpx2

from tests.outside.authors.faces import SECONDS, Event, Face
from tests.support.authorization_server import consent_at
from tests.support.service import RunningService


@dataclass
class Chat:
    """A user with a client of one kind; ``asked`` are the requests of the last turn."""

    api: httpx2.Client
    face: Face
    asked: list[Event] = field(default_factory=list)
    here: Event = field(default_factory=dict)

    def say(self, message: str, **options: Any) -> list[Event]:
        self.asked.clear()
        return self.face(self.api, {"message": message, "provider": "rhymer"} | options, self.reply)

    def reply(self, request: Event) -> Event | None:
        self.asked.append(request)
        match request["kind"]:
            case "connect_account":
                self.connect(request["address"])
                return None
            case "input":
                wrong = {"approved": True, "values": {"answer": "cellar"}}
                refused = self.api.post(f"/api/consents/{request['id']}", json=wrong)
                assert refused.status_code == 400
                return {"approved": True, "values": {"answer": "printers"}}
        return {"approved": True}

    def connect(self, address: str) -> None:
        """Connect an account, as a person with a browser does."""
        url = self.api.post(f"{address}/connect").raise_for_status().json()["authorize_url"]
        query = urlencode(anyio.run(consent_at, url))
        back = self.api.post(f"/api/connected-accounts/callback?{query}")
        assert back.status_code == 200, back.text

    def use(self, tool: str, arguments: Event | None = None, **options: Any) -> Event:
        """Have a tool called; return its `tool_result`."""
        events = self.say(f"use {tool} {json.dumps(arguments or {})}", **options)
        (result,) = [event for event in events if event["type"] == "tool_result"]
        return result


@contextmanager
def client(service: RunningService, token: str) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=service.url, headers=headers, timeout=SECONDS) as api:
        yield api


def kinds(requests: list[Event]) -> list[str]:
    return [request["kind"] for request in requests]


def answer(events: list[Event]) -> str:
    (text,) = [event["content"] for event in events if event["type"] == "message"]
    return str(text)
