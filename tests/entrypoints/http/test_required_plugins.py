"""``PUERTO_PLUGINS_REQUIRED``: a policy plugin that does not work lets nothing risky through."""

from pathlib import Path
from typing import Any

import pytest

from domain.accounts.users import Role
from tests.entrypoints.http.conftest import Install

TOOLS = '''
from puerto import hookimpl, tool

@tool(effect="write")
def send() -> str:
    """Send it."""
    return "sent"

@tool(effect="read")
def look() -> str:
    """Look at it."""
    return "seen"

@hookimpl
def puerto_register(registry):
    registry.add_tools(send, look)
'''
GOOD = """
from puerto import hookimpl

async def veto(proposal):
    return None

@hookimpl
def puerto_register(registry):
    registry.add_veto(veto)
"""
SYNC = GOOD.replace("async def", "def")
NO_BROKER = (
    GOOD
    + """    registry.add_lifespan(life)

from contextlib import asynccontextmanager

@asynccontextmanager
async def life():
    raise ConnectionError("no broker")
    yield
"""
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "plugins"
    made.mkdir()
    (made / "sending.py").write_text(TOOLS)
    return made


def execute(tool: str) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/api/tools/execute", {"tool": tool, "parameters": {}}


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("source", "why"),
    [
        (None, "is not there"),
        ("raise OSError('no licence')", "is quarantined: it cannot be imported: OSError"),
        (NO_BROKER, "is quarantined: it could not start: ConnectionError: no broker"),
        (SYNC, "is not whole: refused: a veto, 'veto': it is not async"),
    ],
)
async def test_without_it_nothing_risky_runs_and_readiness_is_red(
    install: Install, folder: Path, source: str | None, why: str
) -> None:
    if source is not None:
        (folder / "rules.py").write_text(source)
    settings = {"PUERTO_PLUGINS_FOLDER": str(folder), "PUERTO_AUTONOMY": "full"}
    async with install(PUERTO_PLUGINS_REQUIRED="rules", **settings) as office:
        ada = await office.user("ada")
        method, path, body = execute("send")
        error = await ada.error(method, path, 403, "FORBIDDEN", body)
        assert error["details"]["tool_error"] == "VETOED"
        assert error["message"].startswith(f"Not run: the required plugin rules {why}")
        assert (await ada.json(*execute("look")))["result"] == "seen"
        refused = await office.anyone.error("GET", "/api/ready", 503, "UNAVAILABLE")
        assert "GET /api/plugins" in refused["message"]
        assert "rules" not in refused["message"]  # anybody may ask
        question = {"tool": "send", "arguments": {}}
        explained = await ada.json("POST", "/api/policy/explain", question)
        assert explained["decision"] == "deny"

        (folder / "rules.py").write_text(GOOD)
        operator = await office.user("op", Role.OPERATOR)
        await operator.json("POST", "/api/plugins/reload")
        if "start" in why:
            await operator.json("POST", "/api/plugins/rules/reload")
        assert (await ada.json(*execute("send")))["result"] == "sent"
        await office.anyone.get("/api/ready")


async def test_one_that_is_switched_off_is_lacking_and_one_that_nobody_requires_is_not(
    install: Install, folder: Path
) -> None:
    (folder / "rules.py").write_text(GOOD)
    async with install(
        PUERTO_PLUGINS_FOLDER=str(folder), PUERTO_PLUGINS_REQUIRED="rules, sending"
    ) as office:
        operator = await office.user("op", Role.OPERATOR)
        await office.anyone.get("/api/ready")
        await operator.json("PATCH", "/api/plugins/rules", {"enabled": False})
        await office.anyone.error("GET", "/api/ready", 503, "UNAVAILABLE")
        await operator.json("PATCH", "/api/plugins/rules", {"enabled": True})
        await office.anyone.get("/api/ready")
        await operator.json("PATCH", "/api/plugins/gcp", {"enabled": False})
        await office.anyone.get("/api/ready")
