"""The receiver of webhooks in the kill storm: it fails now and then, and remembers what it took."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import httpx2
from standardwebhooks import Webhook, WebhookVerificationError

_LENGTH: Final = re.compile(r"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
_TAKEN: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
_REFUSED: Final = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"


@dataclass(slots=True)
class Taken:
    """One delivery that the receiver accepted."""

    id: str
    payload: dict[str, Any]


@dataclass(slots=True)
class Receiver:
    """Accepts deliveries, but for some; ``faults`` are what its library does not verify."""

    chance: Random
    secret: str = ""
    port: int = 0
    is_calm: bool = False  # the storm is over: it accepts everything
    taken: list[Taken] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    async def subscribe(self, port: int, password: str) -> None:
        """Add the webhook to a service."""
        base = f"http://127.0.0.1:{port}"
        async with httpx2.AsyncClient(base_url=base, trust_env=False) as http:
            login = {"username": "admin", "password": password}
            token = (await http.post("/api/auth/login", json=login)).json()["access_token"]
            hook = {"url": f"http://127.0.0.1:{self.port}/", "events": ["*"]}
            headers = {"Authorization": f"Bearer {token}"}
            answer = await http.post("/api/webhooks", json=hook, headers=headers)
            self.secret = answer.raise_for_status().json()["secret"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        with suppress(OSError, asyncio.IncompleteReadError):  # who sends is killed time and again
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1] if length else 0))
                if not self.is_calm and self.chance.random() < 0.05:
                    break  # without an answer
                writer.write(self._answer(head, body))
                await writer.drain()
        writer.close()

    def _answer(self, head: str, body: bytes) -> bytes:
        if not self.is_calm and self.chance.random() < 0.1:
            return _REFUSED
        lines = (line.partition(": ") for line in head.split("\r\n")[1:])
        headers = {name.lower(): value for name, _, value in lines}
        try:
            Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError as error:
            self.faults.append(f"a delivery does not verify: {error}: {body!r}")
        self.taken.append(Taken(headers["webhook-id"], json.loads(body)))
        return _TAKEN


@asynccontextmanager
async def receiver(seed: str) -> AsyncGenerator[Receiver, None]:
    """Serve on a port of 127.0.0.1 up to the end of the block."""
    one = Receiver(Random(f"{seed}/receiver"))
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
