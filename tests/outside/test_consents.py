"""Asking a human, seen from outside: several processes, restarts, kills, and what really ran."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from domain.consents.replies import ConsentReply
from entrypoints.server.lifecycle import administered, user_named
from entrypoints.settings.loading import load_settings
from entrypoints.wiring.container import build
from entrypoints.wiring.services import Services
from tests.outside.clients import client, events_of, streamed
from tests.support.service import RunningService

PLUGIN = Path(__file__).with_name("ledger")
SECRET = secrets.token_urlsafe(48)
ANSWER = "/api/chat/consent"
PATIENCE = 60


@dataclass
class Ledger:
    """What the tool of the services did, and how to start services that have it."""

    file: Path
    settings: dict[str, str]

    @property
    def lines(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []

    def service(self, name: str = "one") -> RunningService:
        """Return a service over the database that all of them share."""
        folder = self.file.with_name(name)
        folder.mkdir()
        return RunningService(folder, **self.settings)


@pytest.fixture
def ledger(database_url: str, tmp_path: Path) -> Ledger:
    return Ledger(
        tmp_path / "ledger.txt",
        {
            "DATABASE_URL": database_url,
            "JWT_SECRET": SECRET,
            "ENCRYPTION_KEY": SECRET,
            "PYTHONPATH": str(PLUGIN),
            "LEDGER_FILE": str(tmp_path / "ledger.txt"),
            "PUERTO_CASSETTE": str(tmp_path / "cassette.json"),
            # Long: a process that starts again takes up at once what was its own.
            "PUERTO_LEASE_SECONDS": "30",
        },
    )


@pytest.fixture
def model(tmp_path: Path) -> Callable[..., None]:
    """Let the model ask for these calls at once, and then say that all is done."""

    def write(*calls: dict[str, Any], tool: str = "append_line") -> None:
        asked = [{"tool": tool, "arguments": arguments} for arguments in calls]
        answers = [{"pieces": [{"text": "Now. "}, *asked]}, {"pieces": [{"text": "All done."}]}]
        (tmp_path / "cassette.json").write_text(json.dumps(answers))

    write({"text": "one"})
    return write


@pytest.fixture
def service(ledger: Ledger, model: Callable[..., None]) -> Iterator[RunningService]:
    with ledger.service() as running:
        yield running
        assert "Traceback" not in running.log


async def ask(service: RunningService, token: str) -> tuple[str, str, list[dict[str, Any]]]:
    """Say something; return the run, the cursor at which it waits, and what it asks."""
    events = await streamed(service.url, token, "Do it.")
    assert (events[-1]["type"], events[-1]["status"]) == ("done", "waiting_consent")
    requests = [e["consent_request"] for e in events if e["type"] == "consent_required"]
    return events[0]["run_id"], events[-1]["id_"], requests


async def answer(service: RunningService, token: str, **said: Any) -> dict[str, Any]:
    async with client(service.url, token) as http:
        response = await http.post(ANSWER, json=said)
        assert response.status_code == 200, response.text
        told: dict[str, Any] = response.json()
    return told


async def rest(
    service: RunningService, token: str, run_id: str, after: str = ""
) -> list[dict[str, Any]]:
    """Return the events after the cursor, once the run does not wait any more."""
    async with asyncio.timeout(PATIENCE), client(service.url, token) as http:
        while True:
            path = f"/api/runs/{run_id}/events"
            async with http.stream("GET", path, params={"after": after}) as response:
                events = [event async for event in events_of(response)]
            if events and events[-1]["type"] == "done":
                if events[-1]["status"] != "waiting_consent":
                    return events
                if any(e["type"] == "consent_required" for e in events):
                    return events
            await asyncio.sleep(0.1)


def joined(events: list[dict[str, Any]]) -> str:
    return "".join(event["content"] for event in events if event["type"] == "chunk")


async def test_asked_on_one_worker_and_answered_on_another_after_a_restart(
    ledger: Ledger, service: RunningService
) -> None:
    token = service.user("ann")
    run_id, cursor, (request,) = await ask(service, token)
    assert service.stop() == 0
    with ledger.service("two") as other:
        other.restart()
        listed = other.call("GET", "/api/consents?status=waiting", token=token)["consents"]
        assert [found["id"] for found in listed] == [request["id"]]
        told = await answer(other, token, consent_request_id=request["id"], approved=True)
        assert told["consent_token"] == request["digest"]
        events = await rest(other, token, run_id, cursor)
        assert events[-1]["status"] == "completed"
        assert events[-1]["effects"] == [request["call_id"]]
        assert joined(events).endswith("All done.")
    assert ledger.lines == ["one"]


async def test_two_workers_at_once(ledger: Ledger, service: RunningService) -> None:
    token = service.user("ann")
    with ledger.service("two") as other:
        run_id, cursor, (request,) = await ask(service, token)
        following = asyncio.create_task(rest(service, token, run_id, cursor))
        await answer(other, token, consent_request_id=request["id"], approved=True)
        assert (await following)[-1]["status"] == "completed"
        assert (await rest(other, token, run_id, cursor)) == following.result()
    assert ledger.lines == ["one"]


async def test_what_was_edited_is_what_runs(ledger: Ledger, service: RunningService) -> None:
    token = service.user("ann")
    run_id, cursor, (request,) = await ask(service, token)
    said = {"consent_request_id": request["id"], "approved": True}
    await answer(service, token, **said, arguments={"text": "edited"})
    results = [e for e in await rest(service, token, run_id, cursor) if e["type"] == "tool_result"]
    assert [result["result"] for result in results] == ["appended edited"]
    assert ledger.lines == ["edited"]


async def test_a_no_with_a_reason(ledger: Ledger, service: RunningService) -> None:
    token = service.user("ann")
    run_id, cursor, (request,) = await ask(service, token)
    said = {"consent_request_id": request["id"], "approved": False, "reason": "Too early."}
    assert (await answer(service, token, **said))["consent_token"] is None
    events = await rest(service, token, run_id, cursor)
    (result,) = [event for event in events if event["type"] == "tool_result"]
    assert "Too early." in result["error"]["message"]
    assert events[-1]["status"] == "completed"
    assert ledger.lines == []


async def test_three_at_once_in_any_order(
    ledger: Ledger, service: RunningService, model: Callable[..., None]
) -> None:
    model({"text": "one"}, {"text": "two"}, {"text": "three"})
    service.restart()  # a cassette is read at the start
    token = service.user("ann")
    for order in permutations(range(3)):
        ledger.file.unlink(missing_ok=True)
        run_id, cursor, requests = await ask(service, token)
        for place in order:
            said = {"consent_request_id": requests[place]["id"], "approved": place != 2}
            await answer(service, token, **said)
        events = await rest(service, token, run_id, cursor)
        assert events[-1]["status"] == "completed", order
        assert sorted(ledger.lines) == ["one", "two"], order


async def test_killed_between_the_request_and_the_answer(
    ledger: Ledger, service: RunningService
) -> None:
    token = service.user("ann")
    run_id, cursor, (request,) = await ask(service, token)
    service.kill()
    service.start()
    await answer(service, token, consent_request_id=request["id"], approved=True)
    assert (await rest(service, token, run_id, cursor))[-1]["status"] == "completed"
    assert ledger.lines == ["one"]


async def test_killed_between_the_answer_and_the_start(
    ledger: Ledger, service: RunningService
) -> None:
    token = service.user("ann")
    run_id, cursor, (request,) = await ask(service, token)
    service.kill()
    async with answering(ledger) as services:  # a process that keeps the answer, and no more
        ann = await user_named(services, "ann@example.org")
        await services.consent_service.answer(ann, request["id"], ConsentReply(approved=True))
    assert ledger.lines == []
    service.start()
    assert (await rest(service, token, run_id, cursor))[-1]["status"] == "completed"
    assert ledger.lines == ["one"]


@asynccontextmanager
async def answering(ledger: Ledger) -> AsyncIterator[Services]:
    """Yield the services of a process whose worker never starts."""
    known = {k: v for k, v in ledger.settings.items() if k not in {"PYTHONPATH", "LEDGER_FILE"}}
    folder = {"PUERTO_DATA_DIR": str(ledger.file.with_name("answering"))}
    container = build(load_settings(known | folder, None))
    async with administered(container, lambda _: None) as services:
        yield services


@pytest.mark.parametrize(
    ("outcome", "lines", "result"),
    [
        ("done", ["slow"], "the user says that it was done"),
        ("not_done", ["slow"], "NOT_DONE"),
        ("try_again", ["slow", "slow"], "appended slow"),
    ],
)
async def test_killed_while_it_runs_the_user_says_what_became_of_it(
    ledger: Ledger,
    service: RunningService,
    model: Callable[..., None],
    outcome: str,
    lines: list[str],
    result: str,
) -> None:
    model({"text": "slow", "seconds": 1})
    service.restart()
    token = service.user("ann")
    run_id, cursor, (request,) = await ask(service, token)
    await answer(service, token, consent_request_id=request["id"], approved=True)
    async with asyncio.timeout(PATIENCE):
        while not ledger.lines:
            await asyncio.sleep(0.01)
    service.kill()
    service.start()
    events = await rest(service, token, run_id, cursor)
    assert events[-1]["status"] == "waiting_consent"
    (again,) = [e["consent_request"] for e in events if e["type"] == "consent_required"]
    assert (again["kind"], again["digest"]) == ("outcome", request["digest"])
    assert ledger.lines == ["slow"]
    cursor = events[-1]["id_"]
    told = await answer(service, token, consent_request_id=again["id"], outcome=outcome)
    assert told["status"] == outcome
    events = await rest(service, token, run_id, cursor)
    assert events[-1]["status"] == "completed"
    (came,) = [event for event in events if event["type"] == "tool_result"]
    assert result in json.dumps(came)
    assert ledger.lines == lines


@pytest.fixture
async def question(
    service: RunningService, model: Callable[..., None]
) -> tuple[str, str, str, dict[str, Any]]:
    """A user's run whose tool has asked for a page: its token, its cursor, and the request."""
    model({"text": "one", "seconds": 1}, tool="append_asked")
    service.restart()
    token = service.user("ann")
    run_id, cursor, (approval,) = await ask(service, token)
    await answer(service, token, consent_request_id=approval["id"], approved=True)
    events = await rest(service, token, run_id, cursor)
    assert events[-1]["status"] == "waiting_consent"
    (request,) = [e["consent_request"] for e in events if e["type"] == "consent_required"]
    assert (request["kind"], request["message"]) == ("input", "On which page does one go?")
    return token, run_id, events[-1]["id_"], request


async def test_killed_between_a_tools_question_and_the_answer(
    ledger: Ledger,
    service: RunningService,
    question: tuple[str, str, str, dict[str, Any]],
) -> None:
    token, run_id, cursor, request = question
    service.kill()
    service.start()
    said = {"consent_request_id": request["id"], "approved": True}
    async with client(service.url, token) as http:
        wrong = {"approved": True, "values": {"answer": "seven"}}
        unfit = await http.post(f"/api/consents/{request['id']}", json=wrong)
    assert unfit.json()["error"]["details"]["fields"][0]["path"] == "values.answer"
    assert ledger.lines == ["asks one"]  # while it waits nothing is called again
    await answer(service, token, **said, values={"answer": 7})
    events = await rest(service, token, run_id, cursor)
    assert events[-1]["status"] == "completed"
    assert events[-1]["effects"] == [request["call_id"]]
    assert ledger.lines == ["asks one", "asks one", "one on 7"]


async def test_killed_after_the_answer_to_a_tools_question(
    ledger: Ledger,
    service: RunningService,
    question: tuple[str, str, str, dict[str, Any]],
) -> None:
    token, run_id, cursor, request = question
    said = {"consent_request_id": request["id"], "approved": True, "values": {"answer": 7}}
    await answer(service, token, **said)
    async with asyncio.timeout(PATIENCE):
        while "one on 7" not in ledger.lines:
            await asyncio.sleep(0.01)
    service.kill()
    service.start()
    events = await rest(service, token, run_id, cursor)
    (again,) = [e["consent_request"] for e in events if e["type"] == "consent_required"]
    assert again["kind"] == "outcome"  # it may have written: nothing is done again unasked
    cursor = events[-1]["id_"]
    await answer(service, token, consent_request_id=again["id"], outcome="try_again")
    events = await rest(service, token, run_id, cursor)
    (came,) = [event for event in events if event["type"] == "tool_result"]
    assert came["result"] == "appended one on 7"  # with the answer of before
    assert ledger.lines.count("one on 7") == 2


async def test_an_account_that_is_connected_elsewhere_lets_the_run_of_a_dead_process_go_on(
    ledger: Ledger, model: Callable[..., None]
) -> None:
    model({}, tool="read_signature")
    with ledger.service() as one, ledger.service("two") as two:
        token = one.user("ann")
        run_id, cursor, (request,) = await ask(one, token)
        assert (request["kind"], request["title"]) == ("connect_account", "the sealer")
        assert ledger.lines == ["looks for a seal"]
        one.kill()
        async with client(two.url, token) as http:
            response = await http.put(request["address"], json={"key": "the seal of ann"})
        assert response.status_code == 200, response.text
        events = await rest(two, token, run_id, cursor)
        assert events[-1]["status"] == "completed"
        (came,) = [event for event in events if event["type"] == "tool_result"]
        assert came["result"] == "signed with ***"
        assert ledger.lines == ["looks for a seal"] * 2 + ["sealed with 15 characters"]
        assert "the seal of ann" not in one.log + two.log


async def test_a_tools_question_is_answered_over_a_socket(
    service: RunningService, question: tuple[str, str, str, dict[str, Any]]
) -> None:
    token, run_id, cursor, request = question
    header = {"Authorization": f"Bearer {token}"}
    address = service.url.replace("http", "ws", 1) + "/ws"
    async with asyncio.timeout(PATIENCE), connect(address, additional_headers=header) as socket:
        for frame in (
            {"type": "resume", "run_id": run_id, "after": cursor},
            {
                "type": "consent",
                "consent_request_id": request["id"],
                "approved": True,
                "values": {"answer": 7},
            },
        ):
            await socket.send(json.dumps(frame))
        got: list[dict[str, Any]] = []
        while not got or got[-1]["type"] != "done" or got[-1]["status"] == "waiting_consent":
            got.append(json.loads(await socket.recv()))
    (came,) = [frame for frame in got if frame["type"] == "tool_result"]
    assert came["result"] == "appended one on 7"


async def test_over_one_socket(ledger: Ledger, service: RunningService) -> None:
    token = service.user("ann")
    header = {"Authorization": f"Bearer {token}"}
    address = service.url.replace("http", "ws", 1) + "/ws"
    async with asyncio.timeout(PATIENCE), connect(address, additional_headers=header) as socket:

        async def frames(until: str) -> list[dict[str, Any]]:
            got = [json.loads(await socket.recv())]
            while got[-1]["type"] != until:
                got.append(json.loads(await socket.recv()))
            return got

        assert (await frames("ready"))[-1] == {"type": "ready"}
        chat = {"type": "chat", "message": "Do it.", "idempotency_key": "chat-1"}
        await socket.send(json.dumps(chat))
        waiting = await frames("done")
        assert waiting[-1]["status"] == "waiting_consent"
        request = waiting[-2]["consent_request"]
        for wrong in ("true", 1, None):
            bad = {"type": "consent", "consent_request_id": request["id"], "approved": wrong}
            await socket.send(json.dumps(bad))
            assert (await frames("error"))[-1]["error"]["code"] == "INVALID_REQUEST"
        yes = {"type": "consent", "consent_request_id": request["id"], "approved": True}
        yes["idempotency_key"] = "consent-1"
        for _ in range(2):
            await socket.send(json.dumps(yes))
        seen: list[str] = []
        got: list[dict[str, Any]] = []
        while seen.count("consent") < 2 or "done" not in seen:
            got.append(json.loads(await socket.recv()))
            seen.append(got[-1]["type"])
        taken = {"type": "consent", "consent_request_id": request["id"], "status": "approved"}
        assert [f for f in got if f["type"] == "consent"] == [taken, taken]
        events = [f for f in got if f["type"] != "consent"]
        assert [f["type"] for f in events if f["type"] != "chunk"] == [
            "tool_result",
            "message",
            "done",
        ]
        assert events[-1]["status"] == "completed"
        await socket.send(json.dumps(yes | {"idempotency_key": "consent-2"}))
        assert (await frames("error"))[-1]["error"]["code"] == "CONFLICT"
        await socket.send(json.dumps(chat))
        assert await frames("done") == [*waiting[:-1], *events]
        await socket.send(json.dumps(chat | {"message": "Do another."}))
        assert (await frames("error"))[-1]["error"]["code"] == "IDEMPOTENCY_CONFLICT"
    assert ledger.lines == ["one"]


async def test_a_run_that_is_to_end_with_its_socket(
    service: RunningService, tmp_path: Path
) -> None:
    slow = [{"pieces": [{"text": "Let me see."}, {"delay": 600}]}]
    (tmp_path / "cassette.json").write_text(json.dumps(slow))
    service.restart()
    token = service.user("ann")
    header = {"Authorization": f"Bearer {token}"}
    address = service.url.replace("http", "ws", 1) + "/ws"
    runs = {}
    for leaving, status in (("cancel", "cancelled"), ("continue", "running")):
        async with asyncio.timeout(PATIENCE), connect(address, additional_headers=header) as socket:
            await socket.recv()
            chat = {"type": "chat", "message": "Think.", "on_disconnect": leaving}
            await socket.send(json.dumps(chat))
            runs[json.loads(await socket.recv())["run_id"]] = status
    async with asyncio.timeout(PATIENCE):
        for run_id, status in runs.items():
            path = f"/api/runs/{run_id}"
            while service.call("GET", path, token=token)["status"] != status:
                await asyncio.sleep(0.05)
    for run_id in runs:
        service.call("POST", f"/api/runs/{run_id}/cancel", token=token)
