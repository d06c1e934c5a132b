"""Streams through a line that is cut after every k-th event, for every k; and a killed service."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent_client import AgentClient, AsyncAgentClient, Chunk, MessageCompleted
from tests.clients import conftest
from tests.clients.cutting_proxy import CuttingProxy
from tests.support.service import RunningService

pytestmark = pytest.mark.long

LOGIN: Any = conftest.LOGIN
PIECES = [{"text": f"{number} "} for number in range(6)]
KILLED_AFTER = {2, 6}  # pieces: one of those before the call, and one of those after it
SLOW = [step for piece in PIECES for step in (piece, {"delay": 0.4})]


def cassette(folder: Path, steps: list[dict[str, Any]]) -> str:
    """Write a model that speaks, calls a tool that leaves a line, and speaks again."""
    call = {"tool": "append_line", "arguments": {"text": "one"}}
    file = folder / "cassette.json"
    file.write_text(json.dumps([{"pieces": [*steps[:4], call]}, {"pieces": steps}]))
    return str(file)


class Lines:
    """The ledger's file: a line for each effect."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "ledger.txt"

    @property
    def count(self) -> int:
        return len(self.file.read_text().splitlines()) if self.file.exists() else 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cuts")


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[RunningService]:
    settings = {
        "PYTHONPATH": str(conftest.LEDGER),
        "LEDGER_FILE": str(Lines(folder).file),
        "PUERTO_CASSETTE": cassette(folder, PIECES),
    }
    with RunningService(None, **settings) as running:
        running.user("ann")
        yield running


@pytest.fixture
async def proxy(service: RunningService) -> AsyncIterator[CuttingProxy]:
    async with CuttingProxy(service.url) as running:
        yield running


def joined(events: list[Any]) -> tuple[str, str]:
    """Return the pieces of the answer, joined, and the answer as it was told in the end."""
    [whole] = [each.content for each in events if isinstance(each, MessageCompleted)]
    return "".join(each.content for each in events if isinstance(each, Chunk)), whole


async def test_no_cut_loses_or_doubles_anything(
    proxy: CuttingProxy, service: RunningService, folder: Path
) -> None:
    lines, events = Lines(folder), 99
    every = 0
    while every < events:  # the last time nothing is cut
        every += 1
        # A cassette is at its beginning again in each conversation.
        proxy.every, proxy.cuts, before = every, 0, lines.count
        async with (
            asyncio.timeout(120),
            AsyncAgentClient(base_url=proxy.url, **LOGIN, on_consent=lambda _: True) as client,
            client.chat.stream("Do it.") as run,
        ):
            seen = [each async for each in run]
        pieces, whole = joined(seen)
        assert pieces == whole == run.text
        assert len({each.cursor for each in seen}) == len(seen)
        assert lines.count == before + 1
        events = len(seen)
        assert proxy.cuts > 0 or every > 5
    assert events > 15


async def test_the_same_with_the_client_that_blocks(proxy: CuttingProxy, folder: Path) -> None:
    lines = Lines(folder)

    def hold() -> tuple[str, str]:
        with AgentClient(base_url=proxy.url, **LOGIN, on_consent=lambda _: True) as client:
            return joined(list(client.chat.stream("Do it.")))

    for every in (1, 2, 3, 7):
        proxy.every, before = every, lines.count
        pieces, whole = await asyncio.to_thread(hold)
        assert pieces == whole
        assert lines.count == before + 1


async def test_a_killed_service_that_is_started_again(database_url: str, tmp_path: Path) -> None:
    lines = Lines(tmp_path)
    settings = {
        "DATABASE_URL": database_url,
        "PYTHONPATH": str(conftest.LEDGER),
        "LEDGER_FILE": str(lines.file),
        "PUERTO_CASSETTE": cassette(tmp_path, SLOW),
        "PUERTO_LEASE_SECONDS": "30",
    }
    with RunningService(tmp_path, **settings) as service:
        service.user("ann")
        async with (
            asyncio.timeout(120),
            CuttingProxy(service.url) as proxy,
            AsyncAgentClient(base_url=proxy.url, **LOGIN, on_consent=lambda _: True) as client,
            client.chat.stream("Do it.") as run,
        ):
            kinds: list[str] = []
            async for event in run:
                kinds.append(event.type)
                if event.type == "chunk" and kinds.count("chunk") in KILLED_AFTER:
                    await asyncio.to_thread(service.kill)
                    await asyncio.to_thread(service.start)
                    proxy.upstream = service.url
            answer = await run.answer()
        assert kinds[-1] == "done"
        assert kinds.count("retry") >= len(KILLED_AFTER)
        assert run.text == answer.message
        assert answer.message.split() == list("01012345")
        assert lines.count == 1
