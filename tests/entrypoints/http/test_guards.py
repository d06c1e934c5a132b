"""Guards of messages, seen from every face: what they take out is nowhere to be found."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from domain.accounts.users import Role
from tests.entrypoints.http.conftest import Client, Install, Installation

GUARDS = """
from puerto import Block, GuardedMessage, PluginContext, Replace, hookimpl
from puerto.models import Reasoning, Stop, Text


class Parrot:
    provider = "parrot"

    async def stream(self, request):
        words = " / ".join(turn.content for turn in request.turns)
        yield Reasoning(f"I heard {words}")
        yield Text("I heard ")
        yield Text(words)
        yield Stop(memento=words)

    async def close(self):
        pass


async def incoming(message: GuardedMessage, context: PluginContext) -> Block | Replace | None:
    if "bomb" in message.text:
        return Block(f"no weapons for {message.user}, says {context.plugin}")
    if "broken" in message.text:
        raise OSError("no line")
    return Replace(message.text.replace("4711", "<card>")) if "4711" in message.text else None


async def outgoing(message: GuardedMessage) -> Block | Replace | None:
    if "salary" in message.text:
        return Block("that is confidential")
    return Replace(message.text.replace("Ada", "<name>")) if "Ada" in message.text else None


@hookimpl
def puerto_register(registry):
    registry.add_chat_model("parrot", Parrot, default_model="grey")
    registry.add_guard(incoming, at="before_model", required=True)
    registry.add_guard(outgoing, at="before_client")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "plugins"
    made.mkdir()
    (made / "pii.py").write_text(GUARDS)
    return made


@pytest.fixture
async def installation(install: Install, folder: Path) -> AsyncGenerator[Installation]:
    """An installation with that plugin."""
    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as started:
        yield started


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"message": text, "provider": "parrot", **more}


async def streamed(of: Client, body: dict[str, Any]) -> list[dict[str, Any]]:
    response = await of.send("POST", "/api/chat", {**body, "stream": True})
    text = await response.get_data(as_text=True)
    return [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: ")]


async def words_of(of: Client, conversation: str) -> list[str]:
    found = await of.get(f"/api/conversations/{conversation}")
    return [message["content"] for message in found["messages"]]


async def test_models_get_the_replacement_and_the_user_keeps_their_words(
    install: Install, folder: Path
) -> None:
    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as office:
        ada = await office.user("ada")
        first = await ada.json("POST", "/api/chat", said("my card: 4711"))
        assert first["message"] == "I heard my card: <card>"
        conversation = first["conversation_id"]
        assert (await words_of(ada, conversation))[0] == "my card: 4711"

    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as office:
        ada = await office.log_in("ada")
        again = said("and now?", conversation_id=conversation)
        second = await ada.json("POST", "/api/chat", again)
        heard = "I heard my card: <card> / I heard my card: <card> / and now?"
        assert second["message"] == heard


@pytest.mark.one_engine
async def test_a_blocked_message_is_an_error_that_says_why(ada: Client) -> None:
    error = await ada.error("POST", "/api/chat", 403, "MESSAGE_BLOCKED", said("a bomb"))

    why = "the plugin pii blocks it: no weapons for ada, says pii"
    assert error["message"] == f"Not sent to a model: {why}"
    run = await ada.get(f"/api/runs/{error['details']['run_id']}")
    assert (run["status"], run["error"]["code"]) == ("failed", "MESSAGE_BLOCKED")
    conversation = error["details"]["conversation_id"]
    later = await ada.json("POST", "/api/chat", said("hello", conversation_id=conversation))
    assert later["message"] == "I heard hello"


@pytest.mark.one_engine
async def test_a_stream_never_shows_what_a_guard_took_out(ada: Client) -> None:
    events = await streamed(ada, said("I am Ada"))

    assert [event["type"] for event in events] == ["run", "thinking", "chunk", "message", "done"]
    assert events[1]["content"] == "I heard I am <name>"
    assert events[2]["content"] == events[3]["content"] == "I heard I am <name>"
    response = await ada.send("GET", f"/api/runs/{events[0]['run_id']}/events")
    assert "Ada" not in await response.get_data(as_text=True)
    conversation = events[0]["conversation_id"]
    assert await words_of(ada, conversation) == ["I am Ada", "I heard I am <name>"]


@pytest.mark.one_engine
async def test_a_stream_ends_with_the_error_where_the_answer_is_withheld(ada: Client) -> None:
    events = await streamed(ada, said("my salary"))

    assert [event["type"] for event in events] == ["run", "error", "done"]
    error = events[1]["error"]
    assert (error["code"], error["details"]) == ("ANSWER_BLOCKED", {"plugin": "pii"})
    assert error["message"].endswith("the plugin pii blocks it: that is confidential")
    assert await words_of(ada, events[0]["conversation_id"]) == ["my salary", ""]


@pytest.mark.one_engine
async def test_over_a_socket(installation: Installation, ada: Client) -> None:
    headers = {"Authorization": f"Bearer {ada.token}"}
    frames: list[dict[str, Any]] = []
    async with installation.app.test_client().websocket("/ws", headers=headers) as socket:
        await socket.receive()
        for text in ("I am Ada, 4711", "a bomb"):
            await socket.send(json.dumps({"type": "chat", **said(text)}))
            while not frames or frames[-1]["type"] != "done" or len(frames) < 5:
                frames.append(json.loads(await socket.receive()))
            frames.append({"type": "next"})

    (message,) = [frame for frame in frames if frame["type"] == "message"]
    assert message["content"] == "I heard I am <name>, <card>"
    (error,) = [frame for frame in frames if frame["type"] == "error"]
    assert error["error"]["code"] == "MESSAGE_BLOCKED"


@pytest.mark.one_engine
async def test_a_required_guard_that_fails_is_an_incident_and_ends_the_run(
    installation: Installation, ada: Client
) -> None:
    error = await ada.error("POST", "/api/chat", 503, "GUARD_FAILED", said("broken"))

    assert "the plugin pii must check it and could not: it raised OSError" in error["message"]
    operator = await installation.user("op", Role.OPERATOR)
    plugins = (await operator.get("/api/plugins"))["plugins"]
    (pii,) = [plugin for plugin in plugins if plugin["name"] == "pii"]
    (incident,) = pii["incidents"]
    assert (incident["part"], incident["count"]) == ("guard", 1)
    assert "pii.py:" in incident["where"]


@pytest.mark.one_engine
async def test_a_required_plugin_that_guards_is_missed_when_it_is_off(
    install: Install, folder: Path
) -> None:
    settings = {"PUERTO_PLUGINS_FOLDER": str(folder), "PUERTO_PLUGINS_REQUIRED": "pii"}
    async with install(**settings) as office:
        ada, operator = await office.user("ada"), await office.user("op", Role.OPERATOR)
        await operator.json("PATCH", "/api/plugins/pii", {"enabled": False})

        error = await ada.error("POST", "/api/chat", 503, "GUARD_FAILED", {"message": "hello"})

        assert "the required plugin pii is disabled" in error["message"]
        await office.anyone.error("GET", "/api/ready", 503, "UNAVAILABLE")
        await operator.json("PATCH", "/api/plugins/pii", {"enabled": True})
        assert (await ada.json("POST", "/api/chat", said("hello")))["message"] == "I heard hello"


@pytest.mark.one_engine
async def test_a_guard_that_cannot_be_one_is_refused(install: Install, folder: Path) -> None:
    (folder / "odd.py").write_text(
        """
from puerto import hookimpl

def sync(message):
    return None

async def fine(message):
    return None

@hookimpl
def puerto_register(registry):
    registry.add_guard(sync, at="before_model")
    registry.add_guard(fine, at="sometimes")
    registry.add_guard(fine, at="before_model", required="yes")
"""
    )
    async with install(PUERTO_PLUGINS_FOLDER=str(folder)) as office:
        operator = await office.user("op", Role.OPERATOR)
        plugins = (await operator.get("/api/plugins"))["plugins"]
        (reason,) = [plugin["reason"] for plugin in plugins if plugin["name"] == "odd"]

    assert "a guard, 'sync': it is not async; write it as `async def`" in reason
    assert "a guard, 'fine': it stands at 'before_model' or 'before_client'" in reason
    assert "a guard, 'fine': required is True or False" in reason
