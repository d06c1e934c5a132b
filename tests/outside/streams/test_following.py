"""A conversation that is followed from one worker while runs begin on another."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.outside.clients import client, events_of
from tests.outside.workers import two_services
from tests.support.service import RunningService

Event = dict[str, Any]


@pytest.fixture
def workers(database_url: str, tmp_path: Path) -> Iterator[tuple[RunningService, RunningService]]:
    """Two services over one database."""
    with two_services(database_url, tmp_path) as (one, two):
        yield one, two
        assert "Traceback" not in one.log + two.log


@pytest.fixture
def token(workers: tuple[RunningService, RunningService]) -> str:
    return workers[0].user("ann")


def begun(service: RunningService, token: str) -> str:
    """Return an empty conversation."""
    made = service.call("POST", "/api/conversations", {}, token)
    return str(made["id"])


async def say(service: RunningService, token: str, conversation: str, sum_: str) -> str:
    """Ask, wait for the answer, and return the run's id."""
    body = {"message": f"What is {sum_}?", "conversation_id": conversation}
    answer = await asyncio.to_thread(service.call, "POST", "/api/chat", body, token)
    return str(answer["run_id"])


@asynccontextmanager
async def stream(
    service: RunningService, token: str, conversation: str, after: str = ""
) -> AsyncIterator[AsyncIterator[Event]]:
    """Follow a conversation with a stock client of server-sent events."""
    headers = {"Last-Event-ID": after} if after else {}
    path = f"/api/conversations/{conversation}/events"
    async with (
        asyncio.timeout(60),
        client(service.url, token) as http,
        http.stream("GET", path, headers=headers) as response,
    ):
        assert response.status_code == 200
        yield events_of(response)


async def ended(events: AsyncIterator[Event], runs: int) -> list[Event]:
    """Return the events until so many runs have ended."""
    found: list[Event] = []
    while runs:
        found.append(await anext(events))
        runs -= found[-1]["type"] == "done"
    return found


async def test_runs_begun_on_another_worker_are_heard(
    workers: tuple[RunningService, RunningService], token: str
) -> None:
    one, two = workers
    conversation = begun(one, token)
    async with stream(one, token, conversation) as events:
        runs = [await say(two, token, conversation, "17 * 23")]
        runs.append(await say(one, token, conversation, "2 + 1000"))
        whole = await ended(events, 2)

    assert list(dict.fromkeys(event["run_id"] for event in whole)) == runs
    assert [e["content"] for e in whole if e["type"] == "message"] == [
        "17 * 23 = 391",
        "2 + 1000 = 1002",
    ]
    for place in range(0, len(whole) - 1, 3):  # and back, at any point, on either worker
        left = sum(event["type"] == "done" for event in whole[place + 1 :])
        for worker in workers:
            async with stream(worker, token, conversation, whole[place]["id_"]) as events:
                assert await ended(events, left) == whole[place + 1 :]


async def frame(socket: ClientConnection) -> Event:
    async with asyncio.timeout(60):
        value: Event = json.loads(await socket.recv())
    return value


async def until_done(socket: ClientConnection) -> list[Event]:
    frames = [await frame(socket)]
    while frames[-1]["type"] != "done":
        frames.append(await frame(socket))
    return frames


@asynccontextmanager
async def socket_of(service: RunningService, token: str, path: str = "/ws") -> AsyncIterator[Any]:
    address = service.url.replace("http", "ws", 1) + path
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(address, additional_headers=headers) as socket:
        assert await frame(socket) == {"type": "ready"}
        yield socket


async def tell(socket: ClientConnection, **data: Any) -> None:
    await socket.send(json.dumps(data))


async def quiet(socket: ClientConnection) -> None:
    """See that nothing is on its way: what comes next is the answer to a ping."""
    await tell(socket, type="ping")
    assert await frame(socket) == {"type": "pong"}


async def test_a_socket_follows_a_conversation_until_it_says_so(
    workers: tuple[RunningService, RunningService], token: str
) -> None:
    one, two = workers
    conversation = begun(one, token)
    async with socket_of(one, token) as socket:
        await tell(socket, type="follow", conversation_id=conversation)
        await quiet(socket)
        run_id = await say(two, token, conversation, "17 * 23")
        frames = await until_done(socket)
        assert {f["run_id"] for f in frames} == {run_id}
        assert all(f["cursor"] for f in frames)
        await tell(socket, type="unfollow", conversation_id=conversation)
        await quiet(socket)
        missed = await say(two, token, conversation, "2 + 1000")
        await quiet(socket)
        await tell(socket, type="follow", conversation_id=conversation, after=frames[-1]["cursor"])
        assert {f["run_id"] for f in await until_done(socket)} == {missed}
        answer = frames[0]["message_id"]
        await tell(socket, type="follow", conversation_id=conversation, after=answer)
        assert {f["run_id"] for f in await until_done(socket)} == {missed}


async def test_what_is_followed_is_told_once(
    workers: tuple[RunningService, RunningService], token: str
) -> None:
    conversation = begun(workers[0], token)
    async with socket_of(workers[0], token, f"/ws/chat/{conversation}") as socket:
        await tell(socket, type="chat", message="What is 17 * 23?")
        await until_done(socket)
        await tell(socket, type="follow")
        await tell(socket, type="chat", message="What is 2 + 1000?")
        frames = await until_done(socket)
        assert "".join(f["content"] for f in frames if f["type"] == "chunk") == "2 + 1000 = 1002"
        cursors = [f["cursor"] for f in frames]
        assert len(set(cursors)) == len(cursors)
        await quiet(socket)


async def test_frames_that_cannot_be_followed(
    workers: tuple[RunningService, RunningService], token: str
) -> None:
    conversation = begun(workers[0], token)
    other = begun(workers[0], workers[0].user("bob"))
    async with socket_of(workers[0], token) as socket:
        for data, code in (
            ({}, "INVALID_REQUEST"),
            ({"conversation_id": "x"}, "NOT_FOUND"),
            ({"conversation_id": other}, "NOT_FOUND"),
            ({"conversation_id": conversation, "after": "x"}, "INVALID_REQUEST"),
        ):
            await tell(socket, type="follow", **data)
            refused = await frame(socket)
            assert (refused["type"], refused["error"]["code"]) == ("error", code)
        await quiet(socket)


async def test_a_deleted_conversation_says_so(
    workers: tuple[RunningService, RunningService], token: str
) -> None:
    conversation = begun(workers[0], token)
    async with socket_of(workers[0], token) as socket:
        await tell(socket, type="follow", conversation_id=conversation)
        await quiet(socket)
        workers[1].call("DELETE", f"/api/conversations/{conversation}", None, token)
        refused = await frame(socket)
        assert refused["error"]["code"] == "NOT_FOUND"
        assert refused["conversation_id"] == conversation
