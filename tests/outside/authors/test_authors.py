"""Five plugins, written from the documents alone, installed by pip and used by clients."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx2
import pytest

from puerto import Effect, ToolSpec
from puerto.models import ModelRequest, UserTurn
from puerto.testing import (
    ChatModelContract,
    HttpDouble,
    ScriptedModel,
    context_for_tests,
    running_service,
)
from tests.outside.authors.chat import Chat, answer, client, kinds
from tests.outside.authors.desk import QUEUES, Desk, ticket
from tests.outside.authors.faces import Event, over_rest, over_sse, over_websocket
from tests.outside.authors.packages import (
    FOLDER,
    NAMES,
    ROWS,
    audit,
    install,
    module,
    settings_in,
    source,
)
from tests.outside.workers import until
from tests.support.nursery import Child
from tests.support.service import RunningService
from tests.support.web_server import serving

SECONDS: Final = 120.0
ALL_ROWS: Final = "SELECT number, name FROM goods ORDER BY number"


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="module")
def service(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder = tmp_path_factory.mktemp("service")
    with serving(desk) as server:
        settings = settings_in(folder, server.url) | {
            "PYTHONPATH": str(install(folder)),
            "PUERTO_OPEN_HOSTS": "127.0.0.1",
            "PUERTO_PUBLIC_URL": "http://agent.example",
            "PUERTO_COLLECT_SECONDS": "1",
            "PUERTO_PLUGINS_REQUIRED": "custodian",
        }
        with RunningService(folder, **settings) as running:
            yield running
            assert "Traceback" not in running.log


@pytest.fixture
def admin(service: RunningService) -> Iterator[httpx2.Client]:
    with client(service, service.admin()) as api:
        yield api


@pytest.fixture(params=[over_rest, over_sse, over_websocket])
def chat(service: RunningService, request: pytest.FixtureRequest) -> Iterator[Chat]:
    with client(service, service.user(uuid4().hex)) as api:
        yield Chat(api, request.param)


@pytest.mark.long
def test_tickets(chat: Chat, desk: Desk) -> None:
    listed = chat.use("my_tickets")
    assert [ticket["number"] for ticket in listed["result"]] == [7, 8]
    assert kinds(chat.asked) == ["connect_account"]

    closed = chat.use("close_ticket", {"ticket": 7})
    assert closed["result"] == "Ticket 7 is closed, in printers."
    assert desk.closed[-1] == (7, "printers")
    assert kinds(chat.asked) == ["approval", "input"]
    lines = {line["kind"]: line["text"] for line in chat.asked[0]["preview_lines"]}
    assert lines["target"] == "#7, Printer on fire"
    assert chat.asked[1]["schema"]["properties"]["answer"]["enum"] == ["printers", "network"]

    assert chat.use("close_ticket", {"ticket": 9})["error"]["code"] == "NO_SUCH_TICKET"
    assert (
        chat.asked[0]["preview_lines"][0]["text"] == "No preview: There is nothing at /tickets/9."
    )


@pytest.mark.long
def test_warehouse(chat: Chat) -> None:
    chat.here["conversation_id"] = chat.api.post("/api/conversations", json={}).json()["id"]
    big = chat.use("query_warehouse", {"sql": ALL_ROWS}, **chat.here)
    assert len(big["result"]) == ROWS
    assert chat.use("query_warehouse", {"sql": "SELECT"})["error"]["code"] == "SQL_ERROR"
    page = chat.use("read_result", {"call_id": big["id"], "page": 2}, **chat.here)
    assert (page["result"]["page"], page["result"]["pages"] > 2) == (2, True)

    exported = chat.use("export_warehouse", {"sql": ALL_ROWS})["result"]
    assert kinds(chat.asked) == ["approval"]
    assert "files leave the house" in chat.asked[0]["reason"]
    assert exported["rows"] == ROWS
    file = chat.api.get(exported["file"]["url"]).text.splitlines()
    assert (len(file), file[1]) == (ROWS + 1, "0,nail of 0 mm")

    events = chat.say(f'use stream_warehouse {{"sql": "{ALL_ROWS}"}}')
    shown = "".join(e.get("output", "") for e in events if e["type"] == "tool_progress")
    (whole,) = [event["result"] for event in events if event["type"] == "tool_result"]
    assert shown
    assert whole.startswith(shown)  # what comes at the very end is in the result alone
    assert whole.endswith(f"{ROWS - 1}, nail of {ROWS - 1} mm\n")


@pytest.mark.long
def test_rhymer(chat: Chat, admin: httpx2.Client) -> None:
    settings = "/api/plugins/rhymer/settings"
    for rhyme in ("moon", "spoon"):
        admin.put(settings, json={"values": {"rhyme": rhyme}}).raise_for_status()
        events = until(partial(_sings_of, chat, rhyme))
        assert answer(events) == f"Hello.\nI sing it to the {rhyme}.\n"
    thoughts = "".join(event["content"] for event in events if event["type"] == "thinking")
    assert thoughts == "What rhymes with spoon?"
    (error,) = [event for event in chat.say("faint, please") if event["type"] == "error"]
    assert error["error"]["code"] == "UPSTREAM_ERROR"


def _sings_of(chat: Chat, rhyme: str) -> list[Event]:
    events = chat.say("Hello.")
    return events if rhyme in answer(events) else []


@pytest.mark.long
def test_custodian(chat: Chat, desk: Desk, admin: httpx2.Client, service: RunningService) -> None:
    assert "4111" not in answer(chat.say("My card is 4111 1111 1111 1111."))
    chat.use("my_tickets")
    closed = list(desk.closed)
    refused = chat.use("close_ticket", {"ticket": 8})["error"]
    assert refused["code"] == "VETOED"
    assert "this ticket is frozen" in refused["message"]
    line = audit(service.folder)[-1]
    assert (line["tool"], line["judgement"]) == ("close_ticket", "Deny")
    assert line["preview"] == "#8, Printer on fire"

    # Without the policy nothing risky runs, whatever people approve.
    admin.patch("/api/plugins/custodian", json={"enabled": False}).raise_for_status()
    try:
        assert chat.api.get("/api/ready").status_code == 503
        events = chat.say('use close_ticket {"ticket": 7}')
        assert [e["error"]["code"] for e in events if e["type"] == "error"] == ["GUARD_FAILED"]
        body = {"tool": "set_moisture", "parameters": {"bed": "herbs", "percent": 50}}
        direct = chat.api.post("/api/tools/execute", json=body)
        assert (direct.status_code, "custodian" in direct.text) == (403, True)
        assert desk.closed == closed
        body = {"tool": "read_moisture", "parameters": {"bed": "herbs"}}
        assert chat.api.post("/api/tools/execute", json=body).status_code == 200
    finally:
        admin.patch("/api/plugins/custodian", json={"enabled": True}).raise_for_status()
    assert until(lambda: chat.api.get("/api/ready").status_code == 200)


@pytest.mark.long
def test_greenhouse(chat: Chat, admin: httpx2.Client) -> None:
    for percent, severity in ((5, "critical"), (60, None)):
        arguments = {"bed": "herbs", "percent": percent}
        wet = chat.use("set_moisture", arguments, agent="gardener")
        assert wet["result"] == f"The herbs are at {percent} percent."
        assert kinds(chat.asked) == ["approval"]
        until(partial(_has_alert, admin, severity))
    figure = r'^puerto_figure\{plugin="greenhouse",name="moisture_herbs"\} 60.0$'
    assert re.search(figure, admin.get("/metrics").text, re.MULTILINE)
    other = chat.use("my_tickets", agent="gardener")
    assert other["error"]["code"] == "UNKNOWN_TOOL"


def _has_alert(admin: httpx2.Client, severity: str | None) -> bool:
    alerts = admin.get("/api/metrics").json()["open_alerts"]
    found = next((alert["severity"] for alert in alerts if alert["key"] == "herbs"), None)
    return bool(found == severity)


@pytest.mark.long
def test_nothing_is_wrong_with_them(service: RunningService, admin: httpx2.Client) -> None:
    for name in NAMES:
        plugin = admin.get(f"/api/plugins/{name}").json()
        assert (plugin["state"], plugin["notes"], plugin["problems"]) == ("active", [], [])
    checked = {name: _checked(name) for name in NAMES}
    assert checked == dict.fromkeys(NAMES, True), checked
    typed = [sys.executable, "-m", "mypy", "--strict", "--config-file=", *map(source, NAMES)]
    done = subprocess.run(typed, capture_output=True, text=True, check=False, cwd=FOLDER)
    assert done.returncode == 0, done.stdout


def _checked(name: str) -> bool:
    command = [sys.executable, "-m", "puerto", "plugin", "check", "--strict", "--json", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=FOLDER)
    return bool(json.loads(done.stdout)["ok"]) and done.returncode == 0


@pytest.mark.long
def test_one_is_written_with_dev(tmp_path: Path) -> None:
    folder = tmp_path / "greenhouse"
    shutil.copytree(FOLDER / "greenhouse", folder)
    file = folder / "puerto_plugin_greenhouse.py"
    whole = file.read_text()
    file.write_text("from puerto import hookimpl\n")
    root = str(Path(__file__).parents[3])
    environment = {"PYTHONPATH": root, "PUERTO_COLLECT_SECONDS": "1"}
    dev = Child(["plugin", "dev", str(folder), "--port", "0"], tmp_path, environment)
    try:
        lines = iter(dev.output.readline, "")
        shown = next(
            found for line in lines if (found := re.search(r"--url (\S+) --token (\S+)", line))
        )
        headers = {"Authorization": f"Bearer {shown[2]}"}
        with httpx2.Client(base_url=shown[1], headers=headers, timeout=SECONDS) as api:
            assert api.get("/api/agents").json()["agents"] == []
            file.write_text(whole)
            until(lambda: api.get("/api/agents").json()["agents"])
            body = {"tool": "read_moisture", "parameters": {"bed": "herbs"}}
            assert api.post("/api/tools/execute", json=body).json()["result"] == 50
            assert any("read_moisture" in line and "herbs" in line for line in lines)
    finally:
        os.kill(dev.pid, signal.SIGTERM)
        dev.wait(SECONDS)
        dev.output.close()


def test_all_five_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, http, desk = ScriptedModel(), HttpDouble(), "https://desk.example"
    for name, value in settings_in(tmp_path, desk).items():
        monkeypatch.setenv(name, value)
    http.answers("GET", f"{desk}/tickets/7", json=ticket(7))
    http.answers("GET", f"{desk}/queues", json=QUEUES)
    http.answers("POST", f"{desk}/tickets/7/close", json={})
    model.plays(
        [{"tool": "close_ticket", "arguments": {"ticket": 7}}],
        [{"tool": "query_warehouse", "arguments": {"sql": "SELECT count(*) FROM goods"}}],
        [{"text": "Paid by 4111 1111 1111 1111."}],
    )
    plugins = {name: module(name) for name in NAMES}
    with running_service(tmp_path / "data", plugins, model=model, http=http) as puerto:
        puerto.connect_account("tickets", "desk", "a-token-of-the-desk")
        turn = puerto.chat("Go.", approve=True, answers=[{"answer": "network"}])
        assert turn.results == ["Ticket 7 is closed, in network.", [{"count(*)": ROWS}]]
        assert turn.answer == "Paid by [card]."
        assert json.loads(http.requests[-1].content) == {"queue": "network"}
        assert http.requests[-1].headers["authorization"] == "Bearer a-token-of-the-desk"
        assert puerto.chat("Hello.", provider="rhymer").answer.startswith("Hello.\n")
        agents = puerto.http.get("/api/agents").json()["agents"]
        assert [agent["name"] for agent in agents] == ["gardener"]
    assert {line["tool"] for line in audit(tmp_path)} == {"close_ticket", "query_warehouse"}


class TestRhymer(ChatModelContract):
    """The contract of chat models, on the model of the plugin."""

    @pytest.fixture
    def model(self) -> Any:
        rhymer = module("rhymer")
        return rhymer.Rhymer(context_for_tests(settings=rhymer.RhymerSettings()))

    @pytest.fixture
    def text_request(self) -> ModelRequest:
        return _request("Hello.")

    @pytest.fixture
    def tool_request(self) -> ModelRequest:
        return _request("use find {}")

    @pytest.fixture
    def parallel_request(self) -> ModelRequest:
        return _request("use find {} and use find {}")

    @pytest.fixture
    def reasoning_request(self) -> ModelRequest:
        return _request("Think.")

    @pytest.fixture
    def failing_request(self) -> ModelRequest:
        return _request("faint")


def _request(words: str) -> ModelRequest:
    find = ToolSpec("find", "Find something.", {"type": "object"}, Effect.READ)
    return ModelRequest("sonnet", [UserTurn(words)], tools=[find])
