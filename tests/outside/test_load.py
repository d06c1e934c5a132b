"""Many clients at once, and many that leave in the middle of writing."""

import asyncio
import json
import random
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.outside.clients import client, streamed, text_of
from tests.support.service import RunningService

pytestmark = pytest.mark.long


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[RunningService]:
    with (
        OpenAIWireServer() as wire,
        RunningService(
            tmp_path,
            DATABASE_URL=database_url,
            OPENAI_BASE_URL=wire.base_url,
            OPENAI_MODEL="pieces:100:0.05",
        ) as running,
    ):
        yield running
        assert "Traceback" not in running.log, running.log


async def test_probes_are_answered_while_200_streams_are_open(service: RunningService) -> None:
    token = service.user("ann")
    streams = [
        asyncio.create_task(streamed(service.url, token, f"talk {number}")) for number in range(200)
    ]
    probes = 0
    async with client(service.url, token) as http:
        while not all(stream.done() for stream in streams):
            for path in ("/health", "/api/live", "/api/ready", "/api/health", "/status"):
                assert (await http.get(path)).status_code == 200
                probes += 1
            await asyncio.sleep(0.1)
    for stream in streams:
        events = stream.result()
        assert text_of(events) == "word " * 100
        assert events[-1]["status"] == "completed"
    assert probes > 50


async def test_sigterm_with_streams_open_ends_in_time(service: RunningService) -> None:
    token = service.user("ann")
    began = asyncio.Semaphore(0)
    streams = [
        asyncio.create_task(streamed(service.url, token, "talk", began=began)) for _ in range(50)
    ]
    for _ in streams:
        await began.acquire()
    service.signal(signal.SIGTERM)
    status = await asyncio.to_thread(service.wait, 30)
    assert status == 0
    for stream in streams:
        assert (await stream)[-1]["type"] == "done"


async def test_1000_requests_that_are_aborted_leave_it_unharmed(service: RunningService) -> None:
    token = service.user("ann")
    where = urlsplit(service.url)
    choices = random.Random(2026)

    async def abort(number: int) -> None:
        body = json.dumps({"title": f"Aborted {number}"}).encode()
        chat = json.dumps({"message": "talk", "on_disconnect": "cancel"}).encode()
        path, body = choices.choice([(b"/api/conversations", body), (b"/api/chat", chat)])
        head = (
            b"POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        ) % (path, token.encode(), len(body))
        sent = head + body
        if choices.random() < 0.3:
            sent = sent[: choices.randrange(1, len(sent))]
        with suppress(ConnectionError):
            _, writer = await asyncio.open_connection(where.hostname, where.port)
            writer.write(sent)
            await writer.drain()
            await asyncio.sleep(choices.random() * 0.02)
            writer.transport.abort()

    for start in range(0, 1000, 20):
        await asyncio.gather(*[abort(start + n) for n in range(20)])
    async with client(service.url, token) as http:
        for number in range(20):
            made = await http.post("/api/conversations", json={"title": f"After {number}"})
            assert made.status_code == 201
        assert (await http.get("/api/ready")).status_code == 200
    assert service.stop() == 0
