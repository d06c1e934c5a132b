"""The stock `EventSource` of Node over a line that drops: the same text as over a good one."""

import asyncio
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.outside.clients import client, events_of, text_of
from tests.outside.flaky import FlakyProxy
from tests.support.service import RunningService

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
]

# Never closed by hand: the service's 204 at the end must stop it from coming back.
SCRIPT = """
const source = new EventSource(process.argv[1]);
let pieces = [], final = null, seen = [];
source.onmessage = (event) => {
  const data = JSON.parse(event.data);
  seen.push(event.lastEventId);
  if (data.type === 'chunk') pieces.push([event.lastEventId, data.content]);
  if (data.type === 'retry') pieces = pieces.slice(0, seen.indexOf(data.after) + 1);
  if (data.type === 'message') final = data.content;
};
const watch = setInterval(() => {  // Node would leave while it waits to come back
  if (source.readyState !== EventSource.CLOSED) return;
  clearInterval(watch);
  console.log(JSON.stringify({text: pieces.map((piece) => piece[1]).join(''), final, seen}));
}, 50);
"""


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[RunningService]:
    with (
        OpenAIWireServer() as wire,
        RunningService(
            tmp_path,
            DATABASE_URL=database_url,
            OPENAI_BASE_URL=wire.base_url,
            OPENAI_MODEL="pieces:200:0.05",
        ) as running,
    ):
        yield running
        assert "Traceback" not in running.log


async def test_a_line_that_drops_ten_times_loses_nothing(service: RunningService) -> None:
    token = service.user("ann")
    async with client(service.url, token) as http:
        body = {"message": "talk", "stream": True}
        async with http.stream("POST", "/api/chat", json=body) as response:
            first = await anext(events_of(response))  # and away: the run goes on
    path = f"/api/runs/{first['run_id']}/events"
    proxy = FlakyProxy(service.url, f"Authorization: Bearer {token}", drops=10, size=600)
    async with proxy:
        node = await asyncio.create_subprocess_exec(
            "node",
            "--experimental-eventsource",
            "-e",
            SCRIPT,
            "--",
            proxy.url + path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"]},
        )
        async with asyncio.timeout(60):
            output, _ = await node.communicate()
    flaky = json.loads(output)
    async with client(service.url, token) as http, http.stream("GET", path) as response:
        undisturbed = [event async for event in events_of(response)]
    assert proxy.connections > 10
    assert flaky["text"] == flaky["final"] == text_of(undisturbed) == "word " * 200
    assert flaky["seen"] == [event["id_"] for event in undisturbed]
