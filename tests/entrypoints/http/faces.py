"""Every face of a run: whatever is in it, each of them shows it, and its JSON can be read."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from domain.models.messages import (
    ModelRequest,
    Piece,
    Stop,
    StopReason,
    Text,
    ToolRequest,
    ToolTurn,
    Usage,
)
from domain.tools.tool import Effect, ToolSpec
from domain.tools.tool_context import ToolContext
from plugins.authoring.hookspecs import hookimpl
from plugins.authoring.registry import Registry
from tests.entrypoints.http.conftest import Client, Installation

SIMULATION = {"rules": [], "autonomy_level": "manual", "last": 100}


@dataclass
class Odd:
    """A plugin: a tool that gives or raises what a test says, and a model that calls it."""

    gives: Any = None
    raises: BaseException | None = None
    arguments: Any = "{}"
    says: Any = "done"
    provider: str = "odd"
    spec: ToolSpec = field(
        default_factory=lambda: ToolSpec("give", "Give something.", {"type": "object"}, Effect.READ)
    )

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        registry.add_tools(self)
        registry.add_chat_model("odd", lambda: self, default_model="m")

    def check(self, arguments: Any) -> Any:
        return dict(arguments)

    async def run(self, _arguments: Any, _context: ToolContext) -> Any:
        if self.raises is not None:
            raise self.raises
        return self.gives

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        if isinstance(request.turns[-1], ToolTurn):
            yield Text(self.says)
            yield Stop(StopReason.END, Usage(1, 1))
        else:
            yield ToolRequest("give", self.arguments)
            yield Stop(StopReason.TOOL_CALLS, Usage(1, 1))

    async def close(self) -> None:
        """Nothing is open."""


async def stream_of(client: Client, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events of a message, streamed to their end."""
    response = await client.send("POST", "/api/chat", {"provider": "odd", **body, "stream": True})
    return _events(await response.get_data(as_text=True))


def _events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: ")]


async def resumed(installation: Installation, client: Client, run_id: str) -> list[dict[str, Any]]:
    """Return the events of a run that is over, read again over WebSocket."""
    headers = {"Authorization": f"Bearer {client.token}"}
    frames: list[dict[str, Any]] = []
    async with installation.app.test_client().websocket("/ws", headers=headers) as socket:
        assert json.loads(await socket.receive()) == {"type": "ready"}
        await socket.send(json.dumps({"type": "resume", "run_id": run_id}))
        async with asyncio.timeout(60):
            while not frames or frames[-1]["type"] != "done":
                frames.append(json.loads(await socket.receive()))
    places = ("run_id", "cursor")
    return [{k: v for k, v in each.items() if k not in places} for each in frames]


async def look_everywhere(
    installation: Installation, client: Client, admin: Client, run_id: str, conversation_id: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the stored events of a run and its conversation's messages; all faces agree."""
    found = await look_at_it(installation, client, run_id, conversation_id)
    await look_at_lists(client, admin)
    return found


async def look_at_it(
    installation: Installation, client: Client, run_id: str, conversation_id: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the same, from the faces of this run and conversation alone."""
    response = await client.send("GET", f"/api/runs/{run_id}/events")
    events = _events(await response.get_data(as_text=True))
    frames = await resumed(installation, client, run_id)
    assert [_without_run(frame) for frame in frames] == [_without_run(event) for event in events]
    conversation = await client.get(f"/api/conversations/{conversation_id}")
    history = await client.get(f"/api/chat/{conversation_id}/history")
    assert history["messages"] == conversation["messages"]
    await client.get(f"/api/runs/{run_id}")
    return events, conversation["messages"]


async def look_at_lists(client: Client, admin: Client) -> None:
    """Look at the lists that have every run so far in them, or what was decided in it."""
    await client.get("/api/conversations?limit=100")
    await client.get("/api/runs?limit=100")
    await client.get("/api/consents")
    assert "decisions" in await admin.get("/api/audit?limit=100")
    assert "replayed" in await admin.json("POST", "/api/policy/simulate", SIMULATION)


def _without_run(event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != "run_id"}
