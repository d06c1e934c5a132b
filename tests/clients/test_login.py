"""Logins with a password: the token is got, renewed when it expires, and got anew at the end."""

import asyncio

import httpx2
import pytest

from agent_client import AsyncAgentClient, AuthenticationError, UnexpectedAnswerError
from tests.clients.wire import MOMENT as AT
from tests.clients.wire import URL, Make, Wire, answer, refusal, settled

RUN = {"id": "r", "status": "completed", "created_at": AT}
ME = {"username": "ann", "password": "correct horse"}


def expired() -> httpx2.Response:
    return refusal(401, "UNAUTHORIZED")


def tokens(number: int) -> httpx2.Response:
    return answer({"access_token": f"access-{number}", "refresh_token": f"refresh-{number}"})


async def test_it_logs_in_once(make: Make) -> None:
    wire = Wire(tokens(1), answer(RUN), answer(RUN))
    client = make(wire, **ME)
    await settled(client.runs.get("r"))
    await settled(client.with_options(timeout=1).runs.get("r"))
    assert wire.lines == ["POST /api/auth/login", *["GET /api/runs/r"] * 2]
    assert wire.bodies()[0] == ME
    assert wire.sent("Authorization") == [None, *["Bearer access-1"] * 2]


async def test_a_token_that_expired_is_renewed(make: Make) -> None:
    wire = Wire(tokens(1), expired(), tokens(2), answer(RUN))
    assert (await settled(make(wire, **ME).runs.get("r"))).id == "r"
    assert wire.lines[2] == "POST /api/auth/refresh"
    assert wire.bodies()[2] == {"refresh_token": "refresh-1"}
    assert wire.sent("Authorization")[-1] == "Bearer access-2"


async def test_a_session_that_ended_is_begun_anew(make: Make) -> None:
    wire = Wire(tokens(1), expired(), expired(), tokens(2), answer(RUN))
    await settled(make(wire, **ME).runs.get("r"))
    assert wire.lines[2:4] == ["POST /api/auth/refresh", "POST /api/auth/login"]


async def test_a_refresh_token_whose_answer_was_lost_is_not_used_again(make: Make) -> None:
    cut = httpx2.ReadError("cut")
    wire = Wire(tokens(1), expired(), cut, tokens(2), answer(RUN))
    await settled(make(wire, **ME).runs.get("r"))
    assert wire.lines[2:4] == ["POST /api/auth/refresh", "POST /api/auth/login"]


async def test_a_wrong_password_is_said_once(make: Make) -> None:
    wire = Wire(expired())
    with pytest.raises(AuthenticationError):
        await settled(make(wire, **ME).runs.get("r"))
    assert wire.left == 0


async def test_a_key_has_nothing_to_renew(make: Make) -> None:
    wire = Wire(expired())
    with pytest.raises(AuthenticationError):
        await settled(make(wire).runs.get("r"))
    assert wire.left == 0


async def test_something_else_at_the_address_of_the_login(make: Make) -> None:
    with pytest.raises(UnexpectedAnswerError, match="login"):
        await settled(make(Wire(answer({"hello": 1})), **ME).runs.get("r"))


async def test_calls_at_once_renew_once() -> None:
    let_go = asyncio.Event()
    refreshed: list[str] = []

    async def serve(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.startswith("/api/auth"):
            refreshed.append(request.url.path)
            return tokens(len(refreshed))
        if request.headers["Authorization"] == "Bearer access-1":
            if request.url.path.endswith("4"):
                let_go.set()
            await let_go.wait()
            return expired()
        return answer(RUN)

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(serve))
    client = AsyncAgentClient(
        base_url=URL, http_client=http, username="ann", password="correct horse"
    )
    found = await asyncio.gather(*(client.runs.get(str(number)) for number in range(5)))
    assert len(found) == 5
    assert refreshed == ["/api/auth/login", "/api/auth/refresh"]
