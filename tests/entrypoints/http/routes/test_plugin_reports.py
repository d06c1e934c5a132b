"""One plugin whole: all that it brings, what is wrong with it and what to do, and its timings."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import pytest

from domain.accounts.users import Role
from entrypoints.http.routes.plugins.views import PluginDetails
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.entrypoints.http.ledger import EXECUTE

pytestmark = pytest.mark.one_engine
TOKEN = "a-token-that-nobody-may-see"
RICH = '''
from contextlib import asynccontextmanager

from pydantic import BaseModel, SecretStr
from puerto import (
    Agent, Deny, KeyAccount, Notice, PluginContext, Preview, Proposal, Registry, ToolContext,
    hookimpl, tool,
)

class RichSettings(BaseModel):
    token: SecretStr
    retries: int = 3

async def shown() -> Preview:
    return Preview("It comes")

@tool(effect="read", title="Look it up")
async def rich_look(text: str) -> str:
    """Look a text up."""
    return text

@tool(effect="read", requires=["RICH_NOT_SET"])
async def rich_waits() -> str:
    """Wait for a variable."""
    return ""

@tool(effect="read")
async def calculator() -> str:
    """Take the name of a tool that is built in."""
    return ""

@tool(effect="write", preview=shown)
async def rich_live() -> str:
    """Come and go."""
    return ""

def not_async(proposal):
    return None

async def audit(proposal: Proposal) -> Deny | None:
    return None

async def watch(notice: Notice) -> None:
    raise ValueError("no")

async def figures():
    return {"rich": 1}

@asynccontextmanager
async def life(context: PluginContext):
    await registry_.tools.replace("bridge", [rich_live])
    yield

@hookimpl
def puerto_register(registry: Registry) -> None:
    global registry_
    registry_ = registry
    registry.use_settings(RichSettings)
    registry.add_tools(rich_look, rich_waits, calculator)
    registry.add_veto(audit)
    registry.add_veto(not_async)
    registry.add_observer(watch)
    registry.add_figures(figures)
    registry.add_lifespan(life)
    registry.add_agents(Agent("rich", "A rich agent.", "Be rich."))
    registry.add_agents("none")
    registry.add_account(KeyAccount(name="vault", title="The vault", instructions="Ask for a key."))
    registry.add_chat_model("rich-model", dict, default_model="gold")
'''
OLD = '''
from puerto import hookimpl, tool

PUERTO_HOOK_VERSION = 1

@tool(effect="read")
def old_look() -> str:
    """Look."""
    return ""

@hookimpl
def puerto_register_tools(register):
    register(old_look)
'''


@pytest.fixture
async def installation(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Installation]:
    monkeypatch.setenv("RICH_TOKEN", TOKEN)
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "rich.py").write_text(RICH)
    (folder / "old.py").write_text(OLD)
    (folder / "broken.py").write_text("import math\n\nmath.log(0)\n")
    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as started:
        yield started
    for name in [name for name in sys.modules if name.startswith("puerto_file_")]:
        del sys.modules[name]


@pytest.fixture
async def operator(installation: Installation) -> Client:
    return await installation.user("olga", Role.OPERATOR)


async def details(client: Client, name: str) -> dict[str, Any]:
    found: dict[str, Any] = await client.get(f"/api/plugins/{name}")
    assert found.keys() == PluginDetails.model_fields.keys()
    return found


def line_of(text: str) -> int:
    return RICH[: RICH.index(text)].count("\n") + 1


def described(problems: Sequence[dict[str, Any]], tmp_path: Path) -> list[tuple[str, str, str]]:
    folder = f"{tmp_path / 'plugins'}/"
    return [(each["kind"], each["what"], each["where"].removeprefix(folder)) for each in problems]


async def test_all_that_a_plugin_brings_is_shown(operator: Client, tmp_path: Path) -> None:
    rich = await details(operator, "rich")
    brings = rich["brings"]
    assert [
        (each["name"], each["effect"], each["enabled"], each["source"]) for each in brings["tools"]
    ] == [
        ("rich_live", "write", True, "bridge"),
        ("rich_look", "read", True, ""),
        ("rich_waits", "read", False, ""),
    ]
    assert brings["tools"][1]["title"] == "Look it up"
    assert [(each["part"], each["name"]) for each in brings["functions"]] == [
        ("veto", "audit"),
        ("observer", "watch"),
        ("figures", "figures"),
        ("lifespan", "life"),
    ]
    place = f"{tmp_path / 'plugins' / 'rich.py'}:{line_of('async def audit')}"
    assert brings["functions"][0]["where"] == place
    assert brings["chat_models"] == [{"name": "rich-model", "default_model": "gold"}]
    assert brings["agents"] == [{"name": "rich", "description": "A rich agent."}]
    assert brings["accounts"] == [{"name": "vault", "title": "The vault"}]
    assert [(each["name"], each["source"], each["secret"]) for each in rich["settings"]] == [
        ("token", "environment", True),
        ("retries", "default", False),
    ]
    assert TOKEN not in str(rich)
    assert rich["load"]["import_ms"] > 0
    assert rich["load"]["register_ms"] > 0


async def test_everything_wrong_is_shown_with_its_place_and_what_to_do(
    operator: Client, tmp_path: Path
) -> None:
    rich = await details(operator, "rich")
    problems = rich["problems"]
    assert described(problems, tmp_path)[:4] == [
        (
            "refused",
            "a veto, 'not_async': it is not async; write it as `async def`",
            f"rich.py:{line_of('def not_async')}",
        ),
        (
            "refused",
            "'str' is not an Agent",
            f'rich.py:{line_of("""registry.add_agents("none")""")}',
        ),
        (
            "refused",
            "tool 'calculator': plugin 'basics' has one of this name",
            f"rich.py:{line_of('async def calculator') - 1}",
        ),
        (
            "setting",
            "tool 'rich_waits' is off: it requires RICH_NOT_SET, not set",
            f"rich.py:{line_of('async def rich_waits') - 1}",
        ),
    ]
    assert all(each["since"] and each["count"] == 1 for each in problems)
    assert problems[0]["remedy"].endswith("`puerto plugin reload rich`")
    assert problems[3]["remedy"].startswith("set RICH_NOT_SET")

    [broken] = (await details(operator, "broken"))["problems"]
    assert (broken["kind"], broken["where"]) == (
        "quarantined",
        f"{tmp_path / 'plugins' / 'broken.py'}:3",
    )
    assert broken["what"].startswith("it cannot be imported: ValueError")
    assert "`puerto plugin reload broken`" in broken["remedy"]

    notes = (await details(operator, "old"))["notes"]
    assert ["puerto_register_tools" in notes[0], "PUERTO_HOOK_VERSION" in notes[1]] == [True, True]
    await operator.error("GET", "/api/plugins/nobody", 404, "NOT_FOUND")


async def test_calls_are_timed_and_failures_counted(operator: Client, tmp_path: Path) -> None:
    for _ in range(2):
        call = {"tool": "rich_look", "parameters": {"text": "x"}}
        assert (await operator.json("POST", EXECUTE, call))["result"] == "x"

    await operator.json("POST", EXECUTE, {"tool": "rich_live", "parameters": {}}, status=202)
    async with asyncio.timeout(60):
        while not (rich := await details(operator, "rich"))["incidents"]:
            await asyncio.sleep(0.01)
    tools = {each["name"]: each for each in rich["brings"]["tools"]}
    calls = tools["rich_look"]["calls"]
    assert calls["count"] == 2
    assert calls["slowest_ms"] >= calls["mean_ms"] > 0
    assert calls["slowest_ms"] >= calls["last_ms"] > 0
    assert tools["rich_live"]["calls"] == {"count": 0, "mean_ms": 0, "slowest_ms": 0, "last_ms": 0}
    assert tools["rich_live"]["previews"]["count"] == 1
    assert tools["rich_look"]["previews"]["count"] == 0
    functions = {each["name"]: each["calls"]["count"] for each in rich["brings"]["functions"]}
    assert functions["audit"] >= 2
    assert functions["watch"] >= 1
    assert functions["life"] == 1

    failure = rich["problems"][-1]
    line = line_of('raise ValueError("no")')
    assert failure["what"] == "observer: ValueError: no"
    assert failure["where"] == f"{tmp_path / 'plugins' / 'rich.py'}:{line}"


async def test_a_missing_setting_says_how_it_is_set(install: Install, tmp_path: Path) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "rich.py").write_text(RICH)
    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as started:
        operator = await started.user("olga", Role.OPERATOR)
        rich = await details(operator, "rich")
    assert rich["state"] == "waiting"
    [problem] = rich["problems"]
    assert problem["kind"] == "setting"
    assert problem["what"].startswith("token (RICH_TOKEN): ")
    assert "puerto plugin settings rich --set" in problem["remedy"]
    assert rich["settings"][0]["source"] == "missing"
    tools = [(each["name"], each["enabled"]) for each in rich["brings"]["tools"]]
    assert tools == [("rich_look", False), ("rich_waits", False)]
