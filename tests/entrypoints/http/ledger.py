"""A plugin whose tool writes, models that want it to, and what is there to see afterwards."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plugins.host.host import PluginHost, PluginState
from puerto import Registry, hookimpl, tool
from tests.entrypoints.http.conftest import Client, Installation

CHAT = {"message": "Please write that down."}
ANSWER = "/api/chat/consent"
EXECUTE = "/api/tools/execute"


class Ledger:
    """The plugin: `write_line` puts a line into ``lines``, `read_lines` changes nothing."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        lines = self.lines

        @tool(effect="write")
        async def write_line(text: str, page: int = 1) -> int:
            """Write a line.

            Args:
                text: what to write.
                page: on which page.

            """
            lines.append(f"{page}: {text}")
            return len(lines)

        @tool(effect="read")
        async def read_lines() -> list[str]:
            """Read the lines."""
            return list(lines)

        registry.add_tools(write_line, read_lines)


def ledger_in(installation: Installation) -> Ledger:
    """Return a ledger that the installation's agent can use."""
    ledger, toolbox = Ledger(), installation.services.toolbox
    assert isinstance(toolbox, PluginHost)
    assert toolbox.register(ledger, "ledger").state is PluginState.ACTIVE
    return ledger


def writing(folder: Path, *texts: str) -> str:
    """Return the path of a cassette whose model writes these lines at once, then says so."""
    calls = [{"tool": "write_line", "arguments": {"text": text}} for text in texts]
    answers = [{"pieces": [{"text": "I write. "}, *calls]}, {"pieces": [{"text": "Written."}]}]
    path = folder / "writing.json"
    path.write_text(json.dumps(answers * 5))
    return str(path)


def yes(request: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the body that approves a request."""
    return {"consent_request_id": request["id"], "approved": True, **more}


def no(request: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the body that denies a request."""
    return {"consent_request_id": request["id"], "approved": False, **more}


async def rest_of(client: Client, run_id: str, after: str = "") -> list[dict[str, Any]]:
    """Return the events of a run after a cursor, as they are once the run has come to its end."""
    events: list[dict[str, Any]] = []
    while not events or events[-1]["status"] == "waiting_consent":
        response = await client.send("GET", f"/api/runs/{run_id}/events?after={after}")
        events = [data for _, data in blocks(await response.get_data(as_text=True))]
    return events


def blocks(text: str) -> Sequence[tuple[str, dict[str, Any]]]:
    """Return the cursor and the data of each server-sent event in a text."""
    found = []
    for block in text.split("\n\n"):
        if block and not block.startswith(":"):
            cursor, data = block.removeprefix("retry: 1000\n").split("\n")
            found.append((cursor.removeprefix("id: "), json.loads(data.removeprefix("data: "))))
    return found
