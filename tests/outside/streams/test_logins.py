"""A login that is ended on one worker is over on the other: requests, sockets and streams."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.outside.streams.test_following import begun, frame, socket_of, stream
from tests.outside.workers import two_services
from tests.support.service import RunningService


@pytest.fixture
def workers(database_url: str, tmp_path: Path) -> Iterator[tuple[RunningService, RunningService]]:
    """Two services over one database."""
    with two_services(database_url, tmp_path) as (one, two):
        yield one, two
        assert "Traceback" not in one.log + two.log


@pytest.mark.long
@pytest.mark.parametrize("ending", ["session", "key", "disabled", "deleted"])
async def test_what_is_open_on_another_worker_is_closed(
    workers: tuple[RunningService, RunningService], ending: str
) -> None:
    one, two = workers
    admin = one.admin()
    ann = one.user("ann")
    user_id = one.call("GET", "/api/auth/me", None, ann)["id"]
    key = one.call("POST", "/api/auth/keys", {"name": "x", "scopes": ["chat"]}, ann)
    token = key["key"] if ending == "key" else ann
    [session] = one.call("GET", "/api/auth/sessions", None, ann)["sessions"]
    path, by, body = {
        "session": (f"/api/auth/sessions/{session['id']}", ann, None),
        "key": (f"/api/auth/keys/{key['id']}", ann, None),
        "disabled": (f"/api/users/{user_id}", admin, {"disabled": True}),
        "deleted": (f"/api/users/{user_id}", admin, None),
    }[ending]
    conversation = begun(one, token)

    async with socket_of(two, token) as socket, stream(two, token, conversation) as events:
        method = "DELETE" if body is None else "PATCH"
        await asyncio.to_thread(one.call, method, path, body, by)

        refused: dict[str, Any] = await frame(socket)
        assert (refused["type"], refused["error"]["code"]) == ("error", "UNAUTHORIZED")
        with pytest.raises(ConnectionClosed):
            await frame(socket)
        assert [event async for event in events] == []
