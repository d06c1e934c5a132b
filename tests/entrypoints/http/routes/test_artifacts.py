"""Files that tools made: who gets them, how, and for how long."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.execution.results import RESULT_BYTES
from domain.tools.artifacts import Artifact
from domain.tools.result_pages import PAGE_LENGTH
from plugins.host.host import PluginHost
from puerto import Registry, ToolContext, hookimpl, tool
from tests.entrypoints.http.conftest import Client, Install, Installation

SECRET = "a-token-of-the-printer"
EXECUTE = "/api/tools/execute"


class Printer:
    """The plugin: it prints, and what it prints is an artifact."""

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        @tool(effect="read", requires=["PRINTER_TOKEN"])
        async def print_page(
            text: str, media_type: str, context: ToolContext, name: str = "page"
        ) -> dict[str, Any]:
            """Print a page."""
            await context.progress(f"Heating {context.secrets['PRINTER_TOKEN']}", 0.5)
            return {"pages": [Artifact(text.encode(), media_type, name)]}

        @tool(effect="read")
        def print_all() -> str:
            """Print far too much."""
            return "x" * RESULT_BYTES

        @tool(effect="read")
        async def read_page(page: str, context: ToolContext) -> str:
            """Read a printed page."""
            artifact = await context.read_artifact(page)
            return f"{artifact.name}: {artifact.data.decode()}"

        registry.add_tools(print_page, print_all, read_page)


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRINTER_TOKEN", SECRET)


def printer_in(installation: Installation) -> None:
    toolbox = installation.services.toolbox
    assert isinstance(toolbox, PluginHost)
    toolbox.register(Printer(), "printer")


async def printed(client: Client, text: str, media_type: str, name: str = "page") -> dict[str, Any]:
    """Return the reference to a page with that text."""
    parameters = {"text": text, "media_type": media_type, "name": name}
    answer = await client.json("POST", EXECUTE, {"tool": "print_page", "parameters": parameters})
    reference: dict[str, Any] = answer["result"]["pages"][0]
    return reference


async def test_a_tool_reads_what_another_made_for_this_user_alone(
    installation: Installation, ada: Client, bob: Client
) -> None:
    printer_in(installation)
    reference = await printed(ada, "Hello.", "text/plain", "hello.txt")
    call = {"tool": "read_page", "parameters": {"page": reference["artifact"]}}
    assert (await ada.json("POST", EXECUTE, call))["result"] == "hello.txt: Hello."
    error = await bob.error("POST", EXECUTE, 502, "UPSTREAM_ERROR", call)
    assert "There is no file" in error["message"]


@pytest.mark.parametrize(
    ("media_type", "sent_as", "way"),
    [
        ("image/png", "image/png", "inline"),
        ("text/plain", "text/plain; charset=utf-8", "inline"),
        ("TEXT/CSV; charset=latin-1", "TEXT/CSV; charset=latin-1", "inline"),
        ("application/pdf", "application/pdf", "inline"),
        ("text/html", "text/html; charset=utf-8", "attachment"),
        ("image/svg+xml", "image/svg+xml", "attachment"),
        ("application/octet-stream", "application/octet-stream", "attachment"),
    ],
)
async def test_it_is_served_so_that_nothing_in_it_runs(
    installation: Installation, ada: Client, media_type: str, sent_as: str, way: str
) -> None:
    printer_in(installation)
    reference = await printed(ada, "<script>", media_type, 'a "ñ".txt')
    response = await ada.send("GET", reference["url"])

    assert await response.get_data(as_text=False) == b"<script>"
    assert response.status_code == 200
    assert response.headers["Content-Type"] == sent_as
    assert response.headers["Content-Disposition"] == (
        f"{way}; filename=\"a '?'.txt\"; filename*=UTF-8''a%20%22%C3%B1%22.txt"
    )
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"


async def test_it_goes_with_its_conversation(install: Install, tmp_path: Path) -> None:
    arguments = {"text": f"the token is {SECRET}", "media_type": "text/plain"}
    answers = [
        {"pieces": [{"tool": "print_page", "arguments": arguments}]},
        {"pieces": [{"text": "Done."}]},
    ]
    cassette = tmp_path / "printing.json"
    cassette.write_text(json.dumps(answers))
    async with install(PUERTO_CASSETTE=str(cassette)) as installation:
        printer_in(installation)
        ada = await installation.user("ada")
        response = await ada.send("POST", "/api/chat", {"message": "print", "stream": True})
        lines = (await response.get_data(as_text=True)).splitlines()
        events = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]

        (progress,) = [event for event in events if event["type"] == "tool_progress"]
        (call,) = [event for event in events if event["type"] == "tool_call"]
        (result,) = [event for event in events if event["type"] == "tool_result"]
        assert progress == {
            "type": "tool_progress",
            "id": call["id"],
            "tool": "print_page",
            "message": "Heating ***",
            "fraction": 0.5,
        }
        assert events.index(call) < events.index(progress) < events.index(result)
        (reference,) = result["result"]["pages"]
        response = await ada.send("GET", reference["url"])
        hidden = "*" * len(SECRET)
        assert await response.get_data(as_text=True) == f"the token is {hidden}"

        again = await ada.send("GET", f"/api/runs/{events[0]['run_id']}/events")
        assert '"type":"tool_progress"' in await again.get_data(as_text=True)
        conversation = events[0]["conversation_id"]
        await ada.send("DELETE", f"/api/conversations/{conversation}")
        await ada.error("GET", reference["url"], 404, "NOT_FOUND")


async def test_a_result_too_large_for_an_event_is_a_link_and_its_first_page(
    installation: Installation, ada: Client
) -> None:
    printer_in(installation)
    result = (await ada.json("POST", EXECUTE, {"tool": "print_all"}))["result"]

    assert result["text"] == '"' + "x" * (PAGE_LENGTH - 1)
    assert (result["page"], result["pages"]) == (1, 32)
    assert await ada.get(result["url"]) == "x" * RESULT_BYTES
