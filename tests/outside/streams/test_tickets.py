"""Tickets over two workers, and that no log holds one."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.outside.workers import two_services
from tests.support.service import RunningService


@pytest.fixture
def workers(database_url: str, tmp_path: Path) -> Iterator[tuple[RunningService, RunningService]]:
    """Two services over one database, which log all they can."""
    with two_services(database_url, tmp_path, LOG_LEVEL="DEBUG") as both:
        yield both


def bought(service: RunningService, token: str, path: str) -> str:
    return str(service.call("POST", "/api/auth/ticket", {"path": path}, token)["ticket"])


async def statuses(workers: tuple[RunningService, RunningService], address: str) -> list[int]:
    """Return how several requests at once, on all workers, are answered."""
    async with httpx2.AsyncClient(timeout=60) as http:
        answers = await asyncio.gather(
            *[http.get(worker.url + address) for worker in workers for _ in range(4)]
        )
    return sorted(answer.status_code for answer in answers)


async def opened(service: RunningService, address: str) -> int:
    """Return the status of a handshake: 101 if a socket opened."""
    try:
        async with connect(service.url.replace("http", "ws", 1) + address) as socket:
            async with asyncio.timeout(60):
                assert "ready" in str(await socket.recv())
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_a_ticket_is_good_once_on_all_workers_and_in_no_log(
    workers: tuple[RunningService, RunningService],
) -> None:
    one, two = workers
    token = one.user("ann")
    run_id = one.call("POST", "/api/chat", {"message": "What is 17 * 23?"}, token)["run_id"]
    path = f"/api/runs/{run_id}/events"
    ticket, late, for_socket = (bought(one, token, at) for at in (path, path, "/ws"))
    one.call("POST", "/api/chat", {"message": "And 2 + 2?"}, token)

    assert await statuses(workers, f"{path}?ticket={ticket}") == [200] + [401] * 7
    assert [await opened(service, f"/ws?ticket={for_socket}") for service in (two, one)] == [
        101,
        401,
    ]
    assert await opened(one, f"/ws?ticket={late}") == 401
    async with httpx2.AsyncClient() as http:  # an address that is none, and one that is too long
        await http.get(f"{one.url}/nowhere?ticket={ticket}")
        await http.get(f"{one.url}{path}?ticket={ticket}&after={'x' * 60_000}")
    for worker in workers:
        assert worker.stop() == 0
        assert path in worker.log
        for secret in (ticket, late, for_socket, "ticket="):
            assert secret not in worker.log
