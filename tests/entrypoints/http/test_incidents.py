"""``GET /api/plugins`` tells what failed of a plugin while it was in use, and where."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from domain.accounts.users import Role
from tests.entrypoints.http.conftest import Client, Install, Installation

SOURCE = '''
import asyncio
from contextlib import asynccontextmanager

from puerto import hookimpl, tool
from puerto.models import Stop, Text

TASKS = []


async def veto(proposal):
    if proposal.tool == "calculator":
        raise LookupError("no rule book")
    return None


async def observe(notice):
    raise OSError("no line")


async def leave():
    raise ValueError("left behind")


@tool(effect="read")
async def litter() -> str:
    """Leave a task behind."""
    asyncio.create_task(leave())
    return "left"


class Parrot:
    provider = "parrot"

    async def stream(self, request):
        raise KeyError("seed")
        yield Stop()

    async def close(self):
        pass


def cage():
    raise RuntimeError("no licence")


@asynccontextmanager
async def life():
    yield
    raise ConnectionError("gone")


@hookimpl
def puerto_register(registry):
    registry.add_veto(veto)
    registry.add_observer(observe)
    registry.add_tools(litter)
    registry.add_chat_model("parrot", Parrot, default_model="grey")
    registry.add_chat_model("caged", cage, default_model="grey")
    registry.add_lifespan(life)
'''


@pytest.fixture
async def office(install: Install, tmp_path: Path) -> AsyncGenerator[Installation]:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "odd.py").write_text(SOURCE)
    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as started:
        yield started


def at(words: str) -> str:
    """Return the place in the source where these words are raised."""
    (line,) = [n for n, line in enumerate(SOURCE.split("\n"), 1) if f'"{words}"' in line]
    return f"odd.py:{line}"


async def incidents(operator: Client) -> dict[str, tuple[int, str, str]]:
    listed = (await operator.get("/api/plugins"))["plugins"]
    (found,) = [plugin["incidents"] for plugin in listed if plugin["name"] == "odd"]
    return {
        each["part"]: (each["count"], each["last_error"], each["where"].rpartition("/")[2])
        for each in found
    }


async def until(operator: Client, part: str) -> tuple[int, str, str]:
    async with asyncio.timeout(60):
        while part not in (found := await incidents(operator)):
            await asyncio.sleep(0.01)
    return found[part]


async def test_each_stands_with_its_count_last_error_and_place(office: Installation) -> None:
    operator = await office.user("op", Role.OPERATOR)
    assert await incidents(operator) == {}
    execute = "/api/tools/execute"
    sum_up: dict[str, Any] = {"tool": "calculator", "parameters": {"expression": "1+1"}}
    for _ in range(2):
        await operator.error("POST", execute, 403, "FORBIDDEN", sum_up)
    assert (await incidents(operator))["veto"] == (
        2,
        "LookupError: no rule book",
        at("no rule book"),
    )

    await operator.json("POST", execute, {"tool": "litter", "parameters": {}})
    assert await until(operator, "task") == (1, "ValueError: left behind", at("left behind"))

    body = {"message": "hello", "provider": "parrot"}
    await operator.error("POST", "/api/chat", 500, "INTERNAL", body)
    count, error, where = await until(operator, "model")
    assert (count > 0, error, where) == (True, "KeyError: 'seed'", at("seed"))
    count, error, where = await until(operator, "observer")
    assert (count > 0, error, where) == (True, "OSError: no line", at("no line"))

    body["provider"] = "caged"
    await operator.send("POST", "/api/chat", body)
    _, error, where = (await incidents(operator))["model"]
    assert (error, where) == ("RuntimeError: no licence", at("no licence"))

    await operator.json("PATCH", "/api/plugins/odd", {"enabled": False})
    assert await until(operator, "lifespan") == (1, "ConnectionError: gone", at("gone"))
