"""Plugins, as operators see and switch them."""

import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from domain.accounts.users import Role
from entrypoints.http.routes.plugins.views import PluginView
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.entrypoints.http.ledger import CHAT, EXECUTE, rest_of, writing, yes
from tests.plugins.packages import good

PLUGINS = "/api/plugins"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of plugins: one that greets, and one that is broken."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "greeter.py").write_text(good("greet"))
    (folder / "broken.py").write_text("raise KeyboardInterrupt")
    return folder


@pytest.fixture
async def installation(
    install: Install, folder: Path, tmp_path: Path
) -> AsyncGenerator[Installation]:
    """An installation with that folder, whose model wants to write one line."""
    cassette = writing(tmp_path, "hello")
    async with install(PUERTO_PLUGINS_FOLDER=str(folder), PUERTO_CASSETTE=cassette) as started:
        yield started
    for name in [name for name in sys.modules if name.startswith("puerto_file_")]:
        del sys.modules[name]


@pytest.fixture
async def operator(installation: Installation) -> Client:
    return await installation.user("olga", Role.OPERATOR)


async def listed(client: Client) -> dict[str, Any]:
    return {plugin["name"]: plugin for plugin in (await client.get(PLUGINS))["plugins"]}


async def greeting(client: Client) -> Any:
    return (await client.json("POST", EXECUTE, {"tool": "greet"}))["result"]


@pytest.mark.one_engine
async def test_the_list_shows_the_broken_ones_too(operator: Client, folder: Path) -> None:
    plugins = await listed(operator)

    assert [name for name in plugins if name in {"broken", "greeter"}] == ["broken", "greeter"]
    assert plugins["greeter"].keys() == PluginView.model_fields.keys()
    assert plugins["greeter"] == {
        "name": "greeter",
        "version": "",
        "distribution": "",
        "file": str(folder / "greeter.py"),
        "state": "active",
        "enabled": True,
        "reason": "",
        "tools": ["greet"],
        "notes": [],
        "incidents": [],
        "problems": [],
    }
    assert plugins["basics"]["distribution"] == "puerto"
    broken = plugins["broken"]
    assert (broken["state"], broken["enabled"]) == ("quarantined", False)
    assert broken["reason"].startswith("it cannot be imported: KeyboardInterrupt")


async def test_a_plugin_is_switched_off_and_on(operator: Client, ada: Client) -> None:
    off = await operator.json("PATCH", f"{PLUGINS}/greeter", {"enabled": False})
    assert (off["state"], off["enabled"], off["tools"]) == ("disabled", False, [])
    await ada.error("POST", EXECUTE, 404, "NOT_FOUND", {"tool": "greet"})
    await operator.error("POST", f"{PLUGINS}/greeter/reload", 409, "CONFLICT")

    on = await operator.json("PATCH", f"{PLUGINS}/greeter", {"enabled": True})
    assert (on["state"], on["tools"]) == ("active", ["greet"])
    assert await greeting(ada) == "hello"


async def test_a_tool_is_switched_off_and_on(operator: Client, ada: Client) -> None:
    async def tools(path: str = "/api/tools") -> dict[str, bool]:
        return {tool["name"]: tool["enabled"] for tool in (await ada.get(path))["tools"]}

    before = await tools()
    off = await operator.json("PATCH", "/api/tools/greet", {"enabled": False})
    assert (off["name"], off["enabled"]) == ("greet", False)
    assert await tools() == before | {"greet": False}
    assert "greet" not in await tools("/api/tools?q=greet")
    error = await ada.error("POST", EXECUTE, 404, "NOT_FOUND", {"tool": "greet"})
    assert error["message"] == "The tool 'greet' is switched off."

    assert (await operator.json("PATCH", "/api/tools/greet", {"enabled": True}))["enabled"]
    assert await tools() == before
    await operator.error("PATCH", "/api/tools/nothing", 404, "NOT_FOUND", {"enabled": True})


@pytest.mark.one_engine
async def test_a_plugin_is_read_again(operator: Client, ada: Client, folder: Path) -> None:
    (folder / "greeter.py").write_text(good("greet", "good morning"))
    assert await greeting(ada) == "hello"
    assert (await operator.json("POST", f"{PLUGINS}/greeter/reload"))["reason"] == ""
    assert await greeting(ada) == "good morning"

    (folder / "greeter.py").write_text("1/0")
    told = await operator.json("POST", f"{PLUGINS}/greeter/reload")
    assert told["state"] == "active"
    assert "ZeroDivisionError" in told["reason"]
    assert await greeting(ada) == "good morning"
    await operator.error("POST", f"{PLUGINS}/nobody/reload", 404, "NOT_FOUND")


@pytest.mark.one_engine
async def test_searching_again(operator: Client, ada: Client, folder: Path) -> None:
    (folder / "broken.py").unlink()
    (folder / "newcomer.py").write_text(good("welcome"))
    found = (await operator.json("POST", f"{PLUGINS}/reload"))["plugins"]
    assert [plugin["name"] for plugin in found if plugin["file"]] == ["greeter", "newcomer"]
    assert (await ada.json("POST", EXECUTE, {"tool": "welcome"}))["result"] == "hello"


async def test_it_stays_so_after_a_restart(
    install: Install, installation: Installation, operator: Client, folder: Path
) -> None:
    await operator.json("PATCH", f"{PLUGINS}/greeter", {"enabled": False})
    await operator.json("PATCH", "/api/tools/calculator", {"enabled": False})

    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as second:
        again = await second.log_in("olga")
        assert (await listed(again))["greeter"]["state"] == "disabled"
        assert "calculator" not in (await listed(again))["basics"]["tools"]


SCRIBE = """
from pathlib import Path
from puerto import hookimpl, tool

@tool(effect="write")
async def write_line(text: str) -> None:
    \"\"\"Write a line.\"\"\"
    Path({path!r}).write_text("{version}")

@hookimpl
def puerto_register(registry):
    registry.add_tools(write_line)
"""


@pytest.mark.parametrize("change", ["off", "another version", "nothing"])
async def test_what_was_approved_is_what_runs_or_the_model_is_told(
    operator: Client, ada: Client, folder: Path, change: str
) -> None:
    written, source = folder / "written.txt", folder / "scribe.py"
    source.write_text(SCRIBE.format(path=str(written), version="old"))
    await operator.json("POST", f"{PLUGINS}/reload")
    waiting = await ada.json("POST", "/api/chat", CHAT)
    (request,) = (await ada.get("/api/consents"))["consents"]
    match change:
        case "off":
            words = "is switched off"
            await operator.json("PATCH", "/api/tools/write_line", {"enabled": False})
        case "another version":
            words = "has changed since it was asked for"
            source.write_text(SCRIBE.format(path=str(written), version="new"))
            await operator.json("POST", f"{PLUGINS}/scribe/reload")
        case _:
            words = ""
            await operator.json("POST", f"{PLUGINS}/scribe/reload")

    await ada.json("POST", "/api/chat/consent", yes(request))
    events = await rest_of(ada, waiting["run_id"])

    (result,) = [event for event in events if event["type"] == "tool_result"]
    assert words in result.get("error", {"message": ""})["message"]
    assert events[-1]["status"] == "completed"
    assert written.exists() == (change == "nothing")
