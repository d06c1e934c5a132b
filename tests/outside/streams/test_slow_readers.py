"""Readers that are slower than the model: what does not fit the line waits, and none is lost."""

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect

from tests.outside.clients import client
from tests.support.service import RunningService

PIECES = [f"{number:06} " * 10_000 for number in range(50)]  # 3.5 MB, more than a line holds


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder = tmp_path_factory.mktemp("slow")
    steps = [part for piece in PIECES for part in ({"text": piece}, {"delay": 0.002})]
    cassette = folder / "cassette.json"
    cassette.write_text(json.dumps([{"pieces": steps}] * 2))
    with RunningService(folder, PUERTO_CASSETTE=str(cassette)) as running:
        yield running
        assert "Traceback" not in running.log


def narrow(service: RunningService) -> socket.socket:
    """Return a connection that takes little before it is read."""
    where = urlsplit(service.url)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect((where.hostname, where.port))
    return line


async def until_answered(service: RunningService, token: str, conversation: str) -> None:
    async with client(service.url, token) as http, asyncio.timeout(60):
        while True:
            found = (await http.get(f"/api/conversations/{conversation}")).json()
            if found["message_count"] == 2:
                return
            await asyncio.sleep(0.05)


async def new_conversation(service: RunningService, token: str) -> str:
    async with client(service.url, token) as http:
        made = await http.post("/api/conversations", json={"title": "long"})
        return str(made.json()["id"])


def is_whole(events: list[dict[str, str]]) -> bool:
    """Tell whether the pieces came once, in their order, and the end after them."""
    pieces = [event["content"] for event in events if event["type"] == "chunk"]
    return pieces == PIECES and events[-1]["type"] == "done"


async def test_over_a_stream(service: RunningService) -> None:
    token = service.user("ann")
    conversation = await new_conversation(service, token)
    body = json.dumps({"message": "talk", "stream": True, "conversation_id": conversation})
    head = (
        f"POST /api/chat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        "Connection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(sock=narrow(service), limit=1024)
    writer.write((head + body).encode())
    await until_answered(service, token, conversation)
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    lines = dechunked(answer.partition(b"\r\n\r\n")[2]).splitlines()
    data = [json.loads(line[6:]) for line in lines if line.startswith(b"data: ")]
    assert is_whole(data)


async def test_over_a_socket(service: RunningService, tmp_path: Path) -> None:
    token = service.user("bob")
    conversation = await new_conversation(service, token)
    address = service.url.replace("http", "ws", 1) + "/ws"
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(
        address, sock=narrow(service), additional_headers=headers, max_size=None, max_queue=1
    ) as line:
        await line.send(
            json.dumps({"type": "chat", "message": "talk", "conversation_id": conversation})
        )
        await until_answered(service, token, conversation)
        frames: list[dict[str, str]] = []
        async with asyncio.timeout(60):
            while not frames or frames[-1]["type"] != "done":
                frames.append(json.loads(await line.recv()))
    assert is_whole(frames)


def dechunked(body: bytes) -> bytes:
    """Return a body without the framing of its chunks."""
    parts = []
    while body:
        size, _, body = body.partition(b"\r\n")
        parts.append(body[: int(size, 16)])
        body = body[int(size, 16) + 2 :]
    return b"".join(parts)
