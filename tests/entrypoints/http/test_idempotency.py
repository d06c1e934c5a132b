"""Requests with an idempotency key: done once, answered the same."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from quart import Response

from tests.entrypoints.http.conftest import Client, Install, Installation, read_error
from tests.entrypoints.http.ledger import (
    ANSWER,
    CHAT,
    EXECUTE,
    Ledger,
    blocks,
    ledger_in,
    rest_of,
    writing,
    yes,
)

CONVERSATIONS = "/api/conversations"
CALCULATE = {"tool": "calculator", "parameters": {"expression": "2 + 3"}}


@pytest.fixture
async def installation(install: Install, tmp_path: Path) -> AsyncGenerator[Installation]:
    """An installation whose model wants to write one line."""
    async with install(PUERTO_CASSETTE=writing(tmp_path, "hello")) as started:
        yield started


@pytest.fixture
def ledger(installation: Installation) -> Ledger:
    return ledger_in(installation)


async def keyed(client: Client, path: str, body: Any, key: str = "k1") -> Response:
    return await client.send("POST", path, body, {"Idempotency-Key": key})


async def seen(response: Response) -> tuple[int, str, str | None, bytes]:
    """Return what a client sees of an answer, but for what names the request."""
    body = await response.get_data(as_text=False)
    return (
        response.status_code,
        response.content_type,
        response.headers.get("Location"),
        body,
    )


async def test_a_message_is_answered_once(ada: Client, admin: Client, ledger: Ledger) -> None:
    await admin.json("PUT", "/api/config", {"autonomy_level": "full"})

    first = await seen(await keyed(ada, "/api/chat", CHAT))

    assert first[0] == 200
    assert await seen(await keyed(ada, "/api/chat", CHAT)) == first
    assert ledger.lines == ["1: hello"]
    assert len((await ada.get(CONVERSATIONS))["conversations"]) == 1
    assert await seen(await keyed(ada, "/api/chat", CHAT, "k2")) != first
    assert len(ledger.lines) == 2


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_waited_stays_as_it_was(
    ada: Client, ledger: Ledger, stream: bool
) -> None:
    body = CHAT | {"stream": stream}

    first = await seen(await keyed(ada, "/api/chat", body))

    assert await seen(await keyed(ada, "/api/chat", body)) == first
    (request,) = (await ada.get("/api/consents"))["consents"]
    await ada.json("POST", ANSWER, yes(request))
    assert (await rest_of(ada, request["run_id"]))[-1]["status"] == "completed"
    assert await seen(await keyed(ada, "/api/chat", body)) == first
    assert ledger.lines == ["1: hello"]


async def test_a_stream_comes_again_with_its_cursors(
    ada: Client, admin: Client, ledger: Ledger
) -> None:
    await admin.json("PUT", "/api/config", {"autonomy_level": "full"})
    body = CHAT | {"stream": True}

    first = await seen(await keyed(ada, "/api/chat", body))

    assert await seen(await keyed(ada, "/api/chat", body)) == first
    assert blocks(first[3].decode())[-1][1]["status"] == "completed"
    assert ledger.lines == ["1: hello"]


async def test_requests_at_the_same_time_are_one(
    ada: Client, admin: Client, ledger: Ledger
) -> None:
    await admin.json("PUT", "/api/config", {"autonomy_level": "full"})

    answers = await asyncio.gather(*[keyed(ada, "/api/chat", CHAT) for _ in range(5)])

    assert len({await seen(answer) for answer in answers}) == 1
    assert ledger.lines == ["1: hello"]


@pytest.mark.parametrize(
    ("path", "body"),
    [(CONVERSATIONS, {"title": "Plans"}), (EXECUTE, CALCULATE)],
    ids=["conversation", "call"],
)
async def test_other_requests_are_done_once(
    ada: Client, ledger: Ledger, path: str, body: Any
) -> None:
    first = await seen(await keyed(ada, path, body))

    assert first[0] in {200, 201}
    assert (first[2] is not None) == (path == CONVERSATIONS)
    assert await seen(await keyed(ada, path, body)) == first
    assert await seen(await keyed(ada, path, body, "another")) != first


async def test_an_answer_to_a_request_is_taken_once(ada: Client, ledger: Ledger) -> None:
    request = (await ada.json("POST", "/api/chat", CHAT))["requires_consent"]

    first = await seen(await keyed(ada, ANSWER, yes(request)))

    assert first[0] == 200
    assert await seen(await keyed(ada, ANSWER, yes(request))) == first
    await ada.error("POST", ANSWER, 409, "CONFLICT", yes(request))
    (kept,) = (await ada.get("/api/consents"))["consents"]
    assert (await rest_of(ada, kept["run_id"]))[-1]["status"] == "completed"
    assert ledger.lines == ["1: hello"]


async def test_a_call_that_waits_is_asked_about_once(ada: Client, ledger: Ledger) -> None:
    body = {"tool": "write_line", "parameters": {"text": "direct"}}

    first = await seen(await keyed(ada, EXECUTE, body))

    assert first[0] == 202
    assert await seen(await keyed(ada, EXECUTE, body)) == first
    (request,) = (await ada.get("/api/consents"))["consents"]
    await ada.json("POST", ANSWER, yes(request))
    await rest_of(ada, request["run_id"])
    assert await seen(await keyed(ada, EXECUTE, body)) == first
    assert ledger.lines == ["1: direct"]


@pytest.mark.parametrize(
    ("path", "body", "other"),
    [
        (CONVERSATIONS, {"title": "a"}, {"title": "b"}),
        (EXECUTE, CALCULATE, CALCULATE | {"parameters": {"expression": "1"}}),
        ("/api/chat", CHAT, CHAT | {"message": "Something else."}),
    ],
    ids=["conversation", "call", "message"],
)
async def test_the_same_key_with_another_request(
    ada: Client, bob: Client, ledger: Ledger, path: str, body: Any, other: Any
) -> None:
    first = await seen(await keyed(ada, path, body))

    await read_error(await keyed(ada, path, other), 409, "IDEMPOTENCY_CONFLICT")

    elsewhere = CONVERSATIONS if path != CONVERSATIONS else EXECUTE
    moved = {"title": "c"} if elsewhere == CONVERSATIONS else CALCULATE
    await read_error(await keyed(ada, elsewhere, moved), 409, "IDEMPOTENCY_CONFLICT")
    assert (await keyed(bob, path, other)).status_code < 300  # another user's key is another
    assert await seen(await keyed(ada, path, body)) == first


async def test_errors_are_not_kept(ada: Client, admin: Client, ledger: Ledger) -> None:
    request = (await ada.json("POST", "/api/chat", CHAT))["requires_consent"]
    deny = {"rules": [{"decision": "deny", "tool": "write_line"}]}
    await admin.json("PUT", "/api/policy", deny)
    body = yes(request, arguments={"text": "edited"})

    await read_error(await keyed(ada, ANSWER, body), 403, "FORBIDDEN", ANSWER)

    await admin.json("PUT", "/api/policy", {"rules": []})
    assert (await keyed(ada, ANSWER, body)).status_code == 200
    await rest_of(ada, (await ada.get("/api/consents"))["consents"][0]["run_id"])
    assert ledger.lines == ["1: edited"]


@pytest.mark.one_engine
async def test_malformed_keys(ada: Client, subtests: pytest.Subtests) -> None:
    for path in ["/api/chat", CONVERSATIONS, EXECUTE, ANSWER]:
        for key in ["", " ", "x" * 256, "é", "a\tb", "\x7f"]:
            with subtests.test(key=key, path=path):
                response = await keyed(ada, path, b"{", key)

                error = await read_error(response, 400, "INVALID_REQUEST", path)
                assert error["message"].startswith("Idempotency-Key: ")
                if "details" in error:
                    assert error["details"]["fields"][0]["path"] == "Idempotency-Key"


async def test_a_long_key_and_a_strange_one(ada: Client) -> None:
    for key in ("x" * 255, "~", "a b", '"quoted"; {json}'):
        first = await seen(await keyed(ada, CONVERSATIONS, {}, key))
        assert first[0] == 201
        assert await seen(await keyed(ada, CONVERSATIONS, {}, key)) == first


async def test_the_routes_of_authentication_take_no_keys(installation: Installation) -> None:
    body = {"email": "eve@example.com", "full_name": "Eve", "password": "a long password"}

    first = await keyed(installation.anyone, "/api/auth/register", body)

    assert first.status_code == 201
    await read_error(await keyed(installation.anyone, "/api/auth/register", body), 409, "CONFLICT")
