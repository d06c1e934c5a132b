"""Stock clients of the service: they know HTTP, and nothing of our code."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2


async def streamed(
    url: str,
    token: str,
    message: str,
    conversation: str | None = None,
    began: asyncio.Semaphore | None = None,
) -> list[dict[str, Any]]:
    """Say something and return the events of the answer, each with its ``id``.

    ``began`` is released when the stream is open.
    """
    body = {"message": message, "stream": True}
    if conversation is not None:
        body["conversation_id"] = conversation
    async with (
        asyncio.timeout(60),
        client(url, token) as http,
        http.stream("POST", "/api/chat", json=body) as response,
    ):
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        if began is not None:
            began.release()
        return [event async for event in events_of(response)]


async def events_of(response: httpx2.Response) -> AsyncIterator[dict[str, Any]]:
    """Yield the server-sent events of a response."""
    cursor = ""
    async for line in response.aiter_lines():
        if line.startswith("id: "):
            cursor = line[4:]
        elif line.startswith("data: "):
            yield json.loads(line[6:]) | {"id_": cursor}


def client(url: str, token: str) -> httpx2.AsyncClient:
    """Return an HTTP client that is logged in."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.AsyncClient(base_url=url, headers=headers, timeout=60)


def text_of(events: list[dict[str, Any]]) -> str:
    """Return the chunks, joined."""
    return "".join(event["content"] for event in events if event["type"] == "chunk")
