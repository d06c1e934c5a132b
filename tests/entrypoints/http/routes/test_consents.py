"""Asking a human before a call runs, over HTTP."""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from entrypoints.http.openapi.events import ConsentRequest, RunEvents
from entrypoints.http.routes.consents import ConsentView
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.entrypoints.http.ledger import (
    ANSWER,
    CHAT,
    Ledger,
    blocks,
    ledger_in,
    no,
    rest_of,
    writing,
    yes,
)
from tests.fakes.clock import FakeClock

EVENTS: TypeAdapter[Any] = TypeAdapter(RunEvents)


@pytest.fixture
async def installation(install: Install, tmp_path: Path) -> AsyncGenerator[Installation]:
    """An installation whose model wants to write one line."""
    async with install(PUERTO_CASSETTE=writing(tmp_path, "hello")) as started:
        yield started


@pytest.fixture
def ledger(installation: Installation) -> Ledger:
    return ledger_in(installation)


@pytest.fixture
async def asked(ada: Client, ledger: Ledger) -> dict[str, Any]:
    """The answer to a message whose run waits for consent."""
    answer: dict[str, Any] = await ada.json("POST", "/api/chat", CHAT)
    return answer


def always_in(model: type[BaseModel]) -> set[str]:
    """Return the fields that an object of this kind has; a tool's question adds its own."""
    return {name for name, field in model.model_fields.items() if field.is_required()}


async def test_a_call_that_writes_waits(ada: Client, ledger: Ledger, asked: dict[str, Any]) -> None:
    request = asked["requires_consent"]

    assert (asked["status"], asked["message"], asked["results"]) == (
        "waiting_consent",
        "I write. ",
        [],
    )
    assert asked["consent_requests"] == [request]
    assert request.keys() == always_in(ConsentRequest)
    assert request["call_id"] == asked["tool_calls"][0]["id"]
    assert (request["tool"], request["params"]) == ("write_line", {"text": "hello", "page": 1})
    assert (request["kind"], request["effect"]) == ("approval", "write")
    assert "semi" in request["reason"]
    assert "write_line" in request["preview"]
    assert "hello" in request["preview"]
    assert request["expires_at"].endswith("Z")
    assert (await ada.get(f"/api/runs/{asked['run_id']}"))["status"] == "waiting_consent"
    assert ledger.lines == []


async def test_a_yes_runs_it_once(ada: Client, ledger: Ledger, asked: dict[str, Any]) -> None:
    request = asked["requires_consent"]

    answer = await ada.json("POST", ANSWER, yes(request))

    assert answer.keys() == {"consent_request_id", "status", "consent_token", "message"}
    assert (answer["consent_request_id"], answer["status"]) == (request["id"], "approved")
    assert answer["consent_token"] == request["digest"]
    events = await rest_of(ada, asked["run_id"])
    assert events[-1]["status"] == "completed"
    assert events[-1]["effects"] == [request["call_id"]]
    assert ledger.lines == ["1: hello"]
    await ada.error("POST", ANSWER, 409, "CONFLICT", yes(request))
    await ada.error("POST", ANSWER, 409, "CONFLICT", no(request))
    assert ledger.lines == ["1: hello"]


async def test_the_list_and_one_request(ada: Client, asked: dict[str, Any]) -> None:
    request = asked["requires_consent"]

    listed = (await ada.get("/api/consents?status=waiting"))["consents"]

    assert [found["id"] for found in listed] == [request["id"]]
    assert listed[0].keys() == always_in(ConsentView)
    assert request.items() <= listed[0].items()
    assert (listed[0]["run_id"], listed[0]["status"]) == (asked["run_id"], "waiting")
    assert await ada.get(f"/api/consents/{request['id']}") == listed[0]
    await ada.json("POST", ANSWER, no(request, reason="Not now."))
    assert (await ada.get("/api/consents?status=waiting"))["consents"] == []
    denied = await ada.get(f"/api/consents/{request['id']}")
    assert (denied["status"], denied["answer_reason"]) == ("denied", "Not now.")
    assert denied["answered_at"] is not None
    await ada.error("GET", "/api/consents?status=sleeping", 400, "INVALID_REQUEST")
    await ada.error("GET", "/api/consents?cursor=x", 400, "INVALID_REQUEST")


async def test_pages(ada: Client, ledger: Ledger) -> None:
    made = [(await ada.json("POST", "/api/chat", CHAT))["requires_consent"] for _ in range(3)]

    first = await ada.get("/api/consents?limit=2")
    second = await ada.get(f"/api/consents?limit=2&cursor={first['next_cursor']}")

    found = [request["id"] for page in (first, second) for request in page["consents"]]
    assert found == [request["id"] for request in reversed(made)]
    assert second["next_cursor"] is None


async def test_edited_arguments_are_what_runs(
    ada: Client, ledger: Ledger, asked: dict[str, Any]
) -> None:
    request = asked["requires_consent"]
    edited = {"text": "hello, edited", "page": 7}

    answer = await ada.json("POST", ANSWER, yes(request, arguments=edited))

    assert answer["consent_token"] not in {None, request["digest"]}
    events = await rest_of(ada, asked["run_id"])
    assert events[-1]["status"] == "completed"
    assert ledger.lines == ["7: hello, edited"]
    for event in events:
        EVENTS.validate_python(event)
    seen = {event["type"]: event.get("params") for event in events}
    assert (seen["tool_call"], seen["tool_result"]) == (request["params"], edited)
    kept = await ada.get(f"/api/consents/{request['id']}")
    assert (kept["params"], kept["original_params"]) == (edited, request["params"])
    assert kept["digest"] == answer["consent_token"]


async def test_edited_arguments_are_checked(
    ada: Client, admin: Client, ledger: Ledger, asked: dict[str, Any]
) -> None:
    request = asked["requires_consent"]
    forbidding = {"argument": "page", "test": "above", "value": 100}
    rules = {"rules": [{"decision": "deny", "tool": "write_*", "arguments": [forbidding]}]}
    await admin.json("PUT", "/api/policy", rules)

    for bad in ({}, {"text": 3}, {"text": "x", "pages": 1}):
        await ada.error("POST", ANSWER, 400, "INVALID_REQUEST", yes(request, arguments=bad))
    forbidden = yes(request, arguments={"text": "x", "page": 101})
    await ada.error("POST", ANSWER, 403, "FORBIDDEN", forbidden)
    assert (await ada.get(f"/api/consents/{request['id']}"))["status"] == "waiting"
    assert ledger.lines == []


async def test_a_no_tells_the_agent_why(ada: Client, ledger: Ledger, asked: dict[str, Any]) -> None:
    request = asked["requires_consent"]

    answer = await ada.json("POST", ANSWER, no(request, reason="That is private."))

    assert (answer["status"], answer["consent_token"]) == ("denied", None)
    events = await rest_of(ada, asked["run_id"])
    (result,) = [event for event in events if event["type"] == "tool_result"]
    assert result["error"]["code"] == "CONSENT_DENIED"
    assert "That is private." in result["error"]["message"]
    assert (events[-1]["status"], events[-1]["effects"]) == ("completed", [])
    assert ledger.lines == []


@pytest.mark.one_engine
async def test_only_true_is_yes(
    ada: Client, ledger: Ledger, asked: dict[str, Any], subtests: pytest.Subtests
) -> None:
    cases: list[dict[str, Any]] = [
        {"approved": "true"},
        {"approved": 1},
        {"approved": "yes"},
        {"approved": None},
        {"approved": [True]},
        {"approve": True},
        {},
        {"approved": True, "arguments": "text=x"},
        {"approved": True, "outcome": "fine"},
        {"approved": True, "outcome": "done"},
        {"approved": True, "reason": "x" * 2001},
        {"approved": True, "reason": "a\u0000"},
    ]
    for wrong in cases:
        with subtests.test(wrong=wrong):
            body = {"consent_request_id": asked["requires_consent"]["id"]} | wrong

            await ada.error("POST", ANSWER, 400, "INVALID_REQUEST", body)

            assert (await ada.get("/api/consents?status=waiting"))["consents"] != []
            assert ledger.lines == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_three_at_once_answered_in_any_order(
    install: Install, tmp_path: Path, order: tuple[int, ...]
) -> None:
    async with install(PUERTO_CASSETTE=writing(tmp_path, "a", "b", "c")) as installation:
        ledger, ada = ledger_in(installation), await installation.user("ada")
        asked = await ada.json("POST", "/api/chat", CHAT)
        requests = asked["consent_requests"]
        assert asked["requires_consent"] == requests[0]

        for place in order:
            say = no if place == 1 else yes
            await ada.json("POST", ANSWER, say(requests[place]))

        events = await rest_of(ada, asked["run_id"])
        assert events[-1]["status"] == "completed"
        assert sorted(ledger.lines) == ["1: a", "1: c"]
        results = {event["id"]: event for event in events if event["type"] == "tool_result"}
        assert ["error" in results[request["call_id"]] for request in requests] == [
            False,
            True,
            False,
        ]


async def test_an_answer_that_comes_too_late(install: Install, tmp_path: Path) -> None:
    clock = FakeClock(datetime.now(UTC))
    settings = {"PUERTO_CASSETTE": writing(tmp_path, "hello"), "PUERTO_LEASE_SECONDS": "1"}
    async with install(clock, **settings) as installation:
        ledger, ada = ledger_in(installation), await installation.user("ada")
        asked = await ada.json("POST", "/api/chat", CHAT)
        clock.advance(timedelta(hours=24, seconds=1))
        ada = await installation.log_in("ada")

        await ada.error("POST", ANSWER, 410, "GONE", yes(asked["requires_consent"]))

        events = await rest_of(ada, asked["run_id"])
        (result,) = [event for event in events if event["type"] == "tool_result"]
        assert result["error"]["code"] == "CONSENT_EXPIRED"
        assert (await ada.get("/api/consents?status=expired"))["consents"] != []
        assert ledger.lines == []


async def test_a_stream_ends_where_the_run_waits(ada: Client, ledger: Ledger) -> None:
    response = await ada.send("POST", "/api/chat", CHAT | {"stream": True})
    events = blocks(await response.get_data(as_text=True))

    for _, event in events:
        EVENTS.validate_python(event)
    assert [event["type"] for _, event in events][-2:] == ["consent_required", "done"]
    assert (events[-1][1]["status"], events[-1][1]["effects"]) == ("waiting_consent", [])
    run_id, cursor = events[0][1]["run_id"], events[-1][0]
    response = await ada.send("GET", f"/api/runs/{run_id}/events?after={cursor}")
    again = blocks(await response.get_data(as_text=True))
    assert again == [events[-1]]
    await ada.json("POST", ANSWER, yes(events[-2][1]["consent_request"]))
    rest = await rest_of(ada, run_id, cursor)
    assert [event["type"] for event in rest if event["type"] != "chunk"] == [
        "tool_result",
        "message",
        "done",
    ]
    whole = await rest_of(ada, run_id)
    assert [event for _, event in events[:-1]] + rest == whole


async def test_a_run_that_waits_can_be_cancelled(
    ada: Client, ledger: Ledger, asked: dict[str, Any]
) -> None:
    await ada.json("POST", f"/api/runs/{asked['run_id']}/cancel")

    events = await rest_of(ada, asked["run_id"])

    assert (events[-1]["status"], events[-1]["effects"]) == ("cancelled", [])
    await ada.error("POST", ANSWER, 409, "CONFLICT", yes(asked["requires_consent"]))
    assert ledger.lines == []


async def test_the_answer_is_given_to_another_process(install: Install, tmp_path: Path) -> None:
    cassette = writing(tmp_path, "hello")
    async with install(PUERTO_CASSETTE=cassette) as first:
        before, ada = ledger_in(first), await first.user("ada")
        asked = await ada.json("POST", "/api/chat", CHAT)
    async with install(PUERTO_CASSETTE=cassette) as second:
        after, ada = ledger_in(second), await second.log_in("ada")

        await ada.json("POST", ANSWER, yes(asked["requires_consent"]))

        events = await rest_of(ada, asked["run_id"])
        assert events[-1]["status"] == "completed"
        assert (before.lines, after.lines) == ([], ["1: hello"])


async def test_full_autonomy_asks_nothing(ada: Client, admin: Client, ledger: Ledger) -> None:
    await admin.json("PUT", "/api/config", {"agent": {"autonomy_level": "full"}})

    answer = await ada.json("POST", "/api/chat", CHAT)

    assert (answer["status"], answer["requires_consent"]) == ("completed", None)
    assert (answer["consent_requests"], ledger.lines) == ([], ["1: hello"])


async def test_what_is_asked_is_nobody_elses(
    ada: Client, bob: Client, admin: Client, asked: dict[str, Any]
) -> None:
    request = asked["requires_consent"]

    for other in (bob, admin):
        await other.error("POST", ANSWER, 404, "NOT_FOUND", yes(request))
        await other.error("GET", f"/api/consents/{request['id']}", 404, "NOT_FOUND")
        assert (await other.get("/api/consents"))["consents"] == []
    unknown = yes({"id": "nothing"})
    await ada.error("POST", ANSWER, 404, "NOT_FOUND", unknown)
    assert json.dumps(await ada.get("/api/consents?status=waiting")).count(request["id"]) == 1
