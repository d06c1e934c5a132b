"""Three stock clients hold a conversation each, and a restart in between loses nothing."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.outside.clients import client, streamed, text_of
from tests.support.service import RunningService

Ask = Callable[[str, str, str, str | None], Awaitable[tuple[str, str]]]

NODE = """
const [url, token, message, conversation] = process.argv.slice(1);
const socket = new WebSocket(url.replace('http', 'ws') + '/ws');
socket.onopen = () => socket.send(JSON.stringify({type: 'auth', token}));
let id = '';
socket.onmessage = (event) => {
  const data = JSON.parse(event.data);
  if (data.type === 'ready') {
    const chat = {type: 'chat', message};
    if (conversation) chat.conversation_id = conversation;
    socket.send(JSON.stringify(chat));
  }
  if (data.type === 'run') id = data.conversation_id;
  if (data.type === 'message') console.log(JSON.stringify([id, data.content]));
  if (data.type === 'done') socket.close();
};
"""


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[RunningService]:
    with RunningService(tmp_path, DATABASE_URL=database_url) as running:
        yield running
        assert "Traceback" not in running.log


async def by_python(
    url: str, token: str, message: str, conversation: str | None
) -> tuple[str, str]:
    events = await streamed(url, token, message, conversation)
    return events[0]["conversation_id"], text_of(events)


async def by_curl(url: str, token: str, message: str, conversation: str | None) -> tuple[str, str]:
    body = {"message": message} | ({"conversation_id": conversation} if conversation else {})
    answer = await _run(
        "curl", "-sS", "--fail-with-body", f"{url}/api/chat",
        "-H", f"Authorization: Bearer {token}",
        "-H", "Content-Type: application/json",
        "-d", json.dumps(body),
    )  # fmt: skip
    data = json.loads(answer)
    return data["conversation_id"], data["message"]


async def by_node(url: str, token: str, message: str, conversation: str | None) -> tuple[str, str]:
    script = ["node", "--experimental-websocket", "-e", NODE, "--"]
    found: list[str] = json.loads(await _run(*script, url, token, message, conversation or ""))
    return found[0], found[1]


async def _run(*command: str) -> str:
    def run() -> str:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"PATH": os.environ["PATH"]},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return await asyncio.to_thread(run)


@pytest.mark.parametrize(
    ("ask", "program"),
    [(by_python, None), (by_curl, "curl"), (by_node, "node")],
    ids=["python", "curl", "node"],
)
async def test_a_conversation_goes_on_after_a_restart(
    service: RunningService, ask: Ask, program: str | None
) -> None:
    if program is not None and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    token = service.user("ann")
    conversation, answer = await ask(service.url, token, "What is 17 * 23?", None)
    assert "391" in answer
    service.restart()
    again, answer = await ask(service.url, token, "And multiply that by 2?", conversation)
    assert again == conversation
    assert "782" in answer
    async with client(service.url, token) as http:
        history = (await http.get(f"/api/chat/{conversation}/history")).json()["messages"]
        listed = (await http.get("/api/conversations")).json()["conversations"]
    assert [message["role"] for message in history] == ["user", "assistant"] * 2
    assert history[1]["results"][0]["result"]["result"] == "391"
    assert [(c["id"], c["message_count"]) for c in listed] == [(conversation, 4)]


async def test_the_next_start_goes_on_at_once_with_the_runs_of_a_killed_process(
    database_url: str, tmp_path: Path
) -> None:
    cassette = tmp_path / "cassette.json"
    hanging, quick = {"pieces": [{"text": "One"}, {"delay": 600}]}, {"pieces": [{"text": "Two."}]}
    cassette.write_text(json.dumps([hanging]))
    settings = {
        "DATABASE_URL": database_url,
        "PUERTO_CASSETTE": str(cassette),
        "PUERTO_LEASE_SECONDS": "600",  # so long it would be waited for otherwise
    }
    with RunningService(tmp_path, **settings) as service:
        token = service.user("ann")
        async with client(service.url, token) as http:
            body = {"message": "Count.", "stream": True}
            async with http.stream("POST", "/api/chat", json=body) as response:
                lines = response.aiter_lines()
                line = await anext(each async for each in lines if '"type":"run"' in each)
                run_id = json.loads(line.removeprefix("data: "))["run_id"]
                await anext(each async for each in lines if '"chunk"' in each)
                service.kill()
        cassette.write_text(json.dumps([quick]))
        service.start()
        async with asyncio.timeout(120), client(service.url, token) as http:
            while (await http.get(f"/api/runs/{run_id}")).json()["status"] == "running":
                await asyncio.sleep(0.05)
            assert (await http.get(f"/api/runs/{run_id}")).json()["status"] == "completed"
        assert "was killed: its 1 runs go on here" in service.log
