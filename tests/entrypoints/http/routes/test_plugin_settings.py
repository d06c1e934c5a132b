"""Settings of plugins: shown with their schema, changed without a restart."""

import asyncio
import sys
import threading
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel, field_validator

from domain.accounts.users import Role
from plugins.authoring.hookspecs import hookimpl
from plugins.authoring.registry import Registry
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.entrypoints.http.ledger import EXECUTE

SETTINGS = "/api/plugins/crm/settings"
TOKEN = "s3cr3t-token-of-ours"
SOURCE = '''
from contextlib import asynccontextmanager

from pydantic import BaseModel, Field, SecretStr
from puerto import PluginContext, Registry, ToolContext, hookimpl, tool

class CrmSettings(BaseModel):
    token: SecretStr
    retries: int = Field(3, ge=0, le=9)

entered = []

@tool(effect="read")
async def crm_state(context: ToolContext) -> list:
    """Tell what the plugin has."""
    settings = context.settings(CrmSettings)
    context.log.warning("the token is %s", settings.token.get_secret_value())
    count = await context.storage.get("count", 0) + 1
    await context.storage.set("count", count)
    await context.user_storage.set("count", count)
    mine = await context.user_storage.get("count")
    return [settings.retries, settings.token.get_secret_value(), entered, count, mine]

@asynccontextmanager
async def life(context: PluginContext):
    entered.append(context.settings(CrmSettings).retries)
    context.log.warning("entered with %s", context.settings(CrmSettings).token.get_secret_value())
    yield

@hookimpl
def puerto_register(registry: Registry) -> None:
    registry.use_settings(CrmSettings)
    registry.add_tools(crm_state)
    registry.add_lifespan(life)
'''


@pytest.fixture
async def installation(install: Install, tmp_path: Path) -> AsyncGenerator[Installation]:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "crm.py").write_text(SOURCE)
    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as started:
        yield started
    for name in [name for name in sys.modules if name.startswith("puerto_file_")]:
        del sys.modules[name]


@pytest.fixture
async def operator(installation: Installation) -> Client:
    return await installation.user("olga", Role.OPERATOR)


async def state(client: Client) -> Any:
    return (await client.json("POST", EXECUTE, {"tool": "crm_state"}))["result"]


async def plugin(client: Client) -> Mapping[str, Any]:
    plugins: list[dict[str, Any]] = (await client.get("/api/plugins"))["plugins"]
    return next(each for each in plugins if each["name"] == "crm")


async def test_a_plugin_waits_until_its_settings_fit_and_follows_their_changes(
    operator: Client, caplog: pytest.LogCaptureFixture
) -> None:
    told = "Plugin crm: it waits for its settings: token (CRM_TOKEN): is missing"
    assert [line for line in caplog.get_records("setup") if line.getMessage() == told]
    waiting = await plugin(operator)
    assert (waiting["state"], waiting["enabled"], waiting["tools"]) == ("waiting", False, [])
    assert waiting["reason"] == "it waits for its settings: token (CRM_TOKEN): is missing"
    shown = await operator.get(SETTINGS)
    assert shown["values"] == {}
    assert shown["problems"] == [{"path": "token", "message": "is missing"}]
    assert shown["schema"]["properties"]["retries"]["maximum"] == 9
    assert shown["settings"][0] == {
        "name": "token",
        "source": "missing",
        "variable": "CRM_TOKEN",
        "secret": True,
        "required": True,
    }

    changed = await operator.json("PUT", SETTINGS, {"values": {"token": TOKEN}})
    assert changed["values"] == {"token": "***", "retries": 3}
    assert [each["source"] for each in changed["settings"]] == ["operator", "default"]
    assert (await plugin(operator))["state"] == "active"
    assert await state(operator) == [3, "***", [3], 1, 1]
    await operator.json("PUT", SETTINGS, {"values": {"retries": 7}})
    assert await state(operator) == [7, "***", [3, 7], 2, 2]
    await operator.json("PUT", SETTINGS, {"values": {"retries": None}})
    assert await state(operator) == [3, "***", [3, 7, 3], 3, 3]
    assert "the token is ***" in caplog.text
    assert "entered with ***" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.one_engine
async def test_settings_that_do_not_fit_change_nothing(operator: Client) -> None:
    await operator.json("PUT", SETTINGS, {"values": {"token": TOKEN}})
    given = {"values": {"token": "another-token", "retries": 99}}
    error = await operator.error("PUT", SETTINGS, 400, "INVALID_REQUEST", given)
    assert error["details"]["fields"] == [
        {"path": "values.retries", "message": "must be at most 9"}
    ]
    given = {"values": {"retrys": 1}}
    error = await operator.error("PUT", SETTINGS, 400, "INVALID_REQUEST", given)
    assert "'retries'" in error["details"]["fields"][0]["message"]
    assert (await state(operator))[0] == 3


@pytest.mark.one_engine
async def test_settings_are_for_operators_and_of_plugins_that_have_some(
    installation: Installation, operator: Client
) -> None:
    await operator.error("GET", "/api/plugins/basics/settings", 404, "NOT_FOUND")
    await operator.error("GET", "/api/plugins/nobody/settings", 404, "NOT_FOUND")
    user = await installation.user("uma", Role.USER)
    await user.error("GET", SETTINGS, 403, "FORBIDDEN")
    await user.error("PUT", SETTINGS, 403, "FORBIDDEN", {"values": {}})


async def test_settings_outlive_the_service(install: Install, tmp_path: Path) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "crm.py").write_text(SOURCE)
    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as first:
        operator = await first.user("olga", Role.OPERATOR)
        await operator.json("PUT", SETTINGS, {"values": {"token": TOKEN, "retries": 5}})
    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as second:
        operator = await second.user("otto", Role.OPERATOR)
        assert (await operator.get(SETTINGS))["values"] == {"token": "***", "retries": 5}


@pytest.mark.one_engine
async def test_a_validator_that_hangs_holds_nobody_else(
    installation: Installation, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = threading.Event(), threading.Event()

    class Hangs(BaseModel):
        size: int = 1

        @field_validator("size")
        @classmethod
        def _hang(cls, size: int) -> int:
            began.set()
            go_on.wait(60)
            return size

    @hookimpl
    def puerto_register(registry: Registry) -> None:
        registry.use_settings(Hangs)

    rude = SimpleNamespace(puerto_register=puerto_register)
    installation.services.toolbox.register(rude, "rude")  # type: ignore[attr-defined]  # the host
    monkeypatch.setattr("domain.plugins.settings.READ_SECONDS", 0.5)
    path, given = "/api/plugins/rude/settings", {"values": {"size": 2}}
    changing = asyncio.create_task(operator.error("PUT", path, 400, "INVALID_REQUEST", given))
    assert await asyncio.to_thread(began.wait, 60)
    assert (await operator.json("PUT", SETTINGS, {"values": {"token": TOKEN}}))["values"]
    error = await changing
    go_on.set()
    assert "a validator hangs" in error["details"]["fields"][0]["message"]
    assert (await operator.get(path))["values"] == {"size": 1}
