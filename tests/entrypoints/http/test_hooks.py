"""What plugins register beside tools, in use over HTTP."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from domain.accounts.users import Role
from tests.entrypoints.http.conftest import Client, Install, Installation

pytestmark = pytest.mark.one_engine

CLERK = """
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from puerto import Agent, hookimpl
from puerto.models import Stop, Text

DIARY = Path(__file__).with_suffix(".diary")


def tell(line):
    with DIARY.open("a") as diary:
        diary.write(line + "\\n")


class Parrot:
    provider = "parrot"

    async def stream(self, request):
        yield Text(f"{request.model} heard {request.turns[-1].content}; {request.system}")
        yield Stop()

    async def close(self):
        tell("parrot closed")


@hookimpl
def puerto_register(registry):
    registry.add_chat_model("parrot", Parrot, default_model="grey")
    registry.add_chat_model("openai", Parrot, default_model="grey")
    registry.add_agents(Agent("clerk", "Does sums.", "You do sums.", ["calc*"]))
    registry.add_agents(Agent("mute", "Says nothing.", ""))

    async def no_sevens(proposal):
        return "no sevens" if "7" in str(proposal.arguments) else None

    registry.add_veto(no_sevens)

    async def watch(notice):
        tell(notice.type)

    registry.add_observer(watch)

    @asynccontextmanager
    async def life():
        tell("up")
        yield
        tell("down")

    registry.add_lifespan(life)
"""
BROKEN = """
from contextlib import asynccontextmanager

from puerto import hookimpl


@hookimpl
def puerto_register(registry):
    @asynccontextmanager
    async def life():
        raise ConnectionError("no broker")
        yield

    registry.add_lifespan(life)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of plugins."""
    made = tmp_path / "plugins"
    made.mkdir()
    (made / "clerk.py").write_text(CLERK)
    (made / "broken.py").write_text(BROKEN)
    return made


@pytest.fixture
async def office(install: Install, folder: Path) -> AsyncGenerator[Installation]:
    """An installation with those plugins."""
    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as started:
        yield started


async def plugin(of: Client, name: str) -> dict[str, Any]:
    plugins = (await of.get("/api/plugins"))["plugins"]
    return next(each for each in plugins if each["name"] == name)


async def test_lives_begin_with_the_service_and_end_with_it(install: Install, folder: Path) -> None:
    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as office:
        operator = await office.user("op", Role.OPERATOR)

        broken = await plugin(operator, "broken")
        assert broken["state"] == "quarantined"
        assert broken["reason"].startswith("it could not start: ConnectionError: no broker (")
        assert broken["reason"].endswith("`puerto plugin reload broken` lifts it")
        await operator.json("PATCH", "/api/plugins/clerk", {"enabled": False})
        await operator.json("PATCH", "/api/plugins/clerk", {"enabled": True})

    diary = (folder / "clerk.diary").read_text().split("\n")
    assert [line for line in diary if line in {"up", "down"}] == ["up", "down"] * 2


async def test_a_plugins_provider_is_one_like_the_others(
    office: Installation, folder: Path
) -> None:
    operator = await office.user("op", Role.OPERATOR)
    health = await operator.get("/api/health")
    assert health["llm_providers"]["parrot"] == "ready"
    assert health["llm_providers"]["openai"] == "not configured"  # it stays ours
    reason = (await plugin(operator, "clerk"))["reason"]
    assert "refused: chat model 'openai': one of this name is built in" in reason

    said = await operator.json("POST", "/api/chat", {"message": "hello", "provider": "parrot"})

    assert said["message"].startswith("grey heard hello; ")
    admin = await office.user("root", Role.ADMIN)
    changed = await admin.json("PUT", "/api/config", {"llm": {"provider": "parrot"}})
    assert changed["llm"]["model"] == "grey"


async def test_a_message_to_an_agent(office: Installation) -> None:
    ada = await office.user("ada")
    assert (await ada.get("/api/agents"))["agents"] == [
        {"name": "clerk", "description": "Does sums.", "tools": ["calc*"], "plugin": "clerk"}
    ]

    body = {"message": "hello", "provider": "parrot", "agent": "clerk"}
    said = await ada.json("POST", "/api/chat", body)
    assert "You do sums. " in said["message"]
    response = await ada.send("GET", f"/api/runs/{said['run_id']}/events")
    assert '"agent":"clerk"' in (await response.get_data(as_text=True)).split("\n\n")[0]

    error = await ada.error("POST", "/api/chat", 400, "INVALID_REQUEST", {**body, "agent": "x"})
    assert error["details"]["fields"][0]["path"] == "agent"


async def test_a_message_to_an_agent_over_a_socket(office: Installation) -> None:
    ada = await office.user("ada")
    headers = {"Authorization": f"Bearer {ada.token}"}
    async with office.app.test_client().websocket("/ws", headers=headers) as socket:
        assert (await socket.receive_json())["type"] == "ready"
        frame = {"type": "chat", "message": "hi", "provider": "parrot", "agent": "clerk"}
        await socket.send_json(frame)
        assert (await socket.receive_json())["agent"] == "clerk"


async def test_a_veto(office: Installation) -> None:
    ada = await office.user("ada")
    call = {"tool": "calculator", "parameters": {"expression": "7 + 1"}}

    error = await ada.error("POST", "/api/tools/execute", 403, "FORBIDDEN", call)

    assert error["details"]["tool_error"] == "VETOED"
    why = "the plugin clerk forbids it: no sevens"
    assert error["message"] == f"Not run: {why}"
    question = {"tool": "calculator", "arguments": call["parameters"]}
    assert await ada.json("POST", "/api/policy/explain", question) == {
        "decision": "deny",
        "rule": why,
    }
    operator = await office.user("op", Role.OPERATOR)
    (decided,) = (await operator.get("/api/audit"))["decisions"]
    assert (decided["decision"], decided["rule"]) == ("veto", why)


async def test_observers_are_told(install: Install, folder: Path) -> None:
    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as office:
        ada = await office.user("ada")
        await ada.json("POST", "/api/chat", {"message": "hello", "provider": "parrot"})

    diary = (folder / "clerk.diary").read_text().split("\n")
    assert [line for line in diary if "." in line] == ["conversation.created", "run.completed"]


async def test_the_search_for_tools(ada: Client) -> None:
    call = {"tool": "search_tools", "parameters": {"query": "do arithmetic"}}

    done = await ada.json("POST", "/api/tools/execute", call)

    assert done["result"]["tools"][0]["name"] == "calculator"
