"""Floods of frames: how many are refused decides, not how fast they come."""

import asyncio
import json

import pytest
from quart.testing.connections import WebsocketDisconnectError

from entrypoints.http.streaming import websocket
from tests.entrypoints.http.conftest import Client, Installation

pytestmark = pytest.mark.one_engine

PATIENCE = 60.0
LIMITS = {"FRAMES": 1, "FRAME_SECONDS": 0.05, "FLOOD": 3, "FLOOD_SECONDS": 3600.0}


async def test_a_frame_that_is_let_in_does_not_excuse_those_that_were_refused(
    installation: Installation, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in LIMITS.items():
        monkeypatch.setattr(websocket, name, value)
    kinds: list[str] = []
    with pytest.raises(WebsocketDisconnectError) as closed:
        await ping_for_ever(installation, ada, kinds)
    assert closed.value.args == (1008,)
    assert kinds.count("error") == LIMITS["FLOOD"] + 1
    assert kinds.count("pong") > LIMITS["FLOOD"]


async def ping_for_ever(installation: Installation, client: Client, kinds: list[str]) -> None:
    """Ping again and again, but wait whenever that was refused; note what the answers are."""
    headers = {"Authorization": f"Bearer {client.token}"}
    async with (
        asyncio.timeout(PATIENCE),
        installation.app.test_client().websocket("/ws", headers=headers) as socket,
    ):
        assert json.loads(await socket.receive()) == {"type": "ready"}
        while True:
            await socket.send(json.dumps({"type": "ping"}))
            kinds.append(json.loads(await socket.receive())["type"])
            if kinds[-1] == "error":
                await asyncio.sleep(2 * LIMITS["FRAME_SECONDS"])
