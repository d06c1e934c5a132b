"""What stands in for the world outside in tests of plugins: HTTP, accounts, and the user."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import httpx2
import pytest
from pydantic import BaseModel

from puerto import (
    Agent,
    Confirmed,
    KeyAccount,
    Registry,
    ToolContext,
    ToolError,
    hookimpl,
    tool,
)
from puerto.testing import (
    FakeClock,
    HttpDouble,
    PuertoService,
    ScriptedModel,
    context_for_tests,
)

DESK = "https://desk.example"


@tool(effect="read")
async def ticket(number: int, context: ToolContext) -> str:
    """Read a ticket.

    Args:
        number: its number.

    """
    response = await context.http.get(f"{DESK}/tickets/{number}", params={"as": "json"})
    response.raise_for_status()
    return str(response.json()["title"])


@tool(effect="destructive")
async def drop(name: Annotated[str, Confirmed()]) -> str:
    """Drop a table.

    Args:
        name: the table.

    """
    return f"dropped {name}"


class Size(BaseModel):
    size: str


class Place(BaseModel):
    street: str
    town: str = "Lima"


@tool(effect="read")
async def order(context: ToolContext) -> str:
    """Order a shirt."""
    chosen = await context.ask(Size, "Which size?")
    place = await context.ask(Place, "Where to?")
    return f"{chosen.size} to {place.street}, {place.town}"


@tool(effect="read")
async def mine(context: ToolContext) -> str:
    """Show what is mine."""
    credentials = await context.credentials("jira")
    response = await context.http.get(DESK, headers={"Authorization": credentials.token})
    return str(response.text)


@hookimpl
def puerto_register(registry: Registry) -> None:
    registry.add_tools(ticket, drop, order, mine)
    registry.add_agents(Agent("clerk", "Orders shirts.", "You order.", ("order",)))
    registry.add_account(KeyAccount(name="jira", title="Jira"))


@pytest.fixture
def puerto_plugins() -> Mapping[str, object]:
    return {"desk": SimpleNamespace(puerto_register=puerto_register)}


async def test_http_is_answered_in_the_context_of_a_tool(
    tool_context: ToolContext, puerto_http: HttpDouble
) -> None:
    puerto_http.answers("GET", f"{DESK}/tickets/7", json={"title": "Late"})
    assert await ticket(7, tool_context) == "Late"
    [sent] = puerto_http.requests
    assert (sent.method, str(sent.url)) == ("GET", f"{DESK}/tickets/7?as=json")


async def test_the_latest_answer_that_fits_is_used(puerto_http: HttpDouble) -> None:
    pattern = re.compile(rf"{DESK}/t/\d+")
    puerto_http.answers("*", pattern, status=503)
    assert (await puerto_http.post(f"{DESK}/t/1", json={"a": 1})).status_code == 503
    puerto_http.answers("GET", f"{DESK}/t/1", text="one", headers={"x-a": "b"})
    one = await puerto_http.get(f"{DESK}/t/1")
    assert (one.status_code, one.text, one.headers["x-a"]) == (200, "one", "b")
    assert (await puerto_http.get(f"{DESK}/t/2")).status_code == 503
    puerto_http.answers("GET", f"{DESK}/t/1?all=1", json=None)
    assert (await puerto_http.get(f"{DESK}/t/1", params={"all": 1})).json() is None
    assert (await puerto_http.get(f"{DESK}/t/1", params={"all": 0})).text == "one"
    assert puerto_http.requests[0].content == b'{"a":1}'


async def test_an_answer_can_be_a_function_an_error_and_a_stream(puerto_http: HttpDouble) -> None:
    def echo(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(201, content=request.content, headers={"set-cookie": "a=b"})

    puerto_http.answers("PUT", DESK, echo)
    assert (await puerto_http.put(DESK, content=b"abc")).content == b"abc"
    puerto_http.answers("GET", DESK, httpx2.ReadTimeout("too late"))
    with pytest.raises(httpx2.ReadTimeout, match="too late"):
        await puerto_http.get(DESK)
    puerto_http.answers("GET", DESK, content=b"in pieces")
    async with puerto_http.stream("GET", DESK) as response:
        pieces: AsyncIterator[bytes] = response.aiter_bytes(3)
        assert b"".join([piece async for piece in pieces]) == b"in pieces"
    assert "cookie" not in puerto_http.requests[-1].headers


async def test_a_request_without_an_answer_says_so() -> None:
    double = HttpDouble()
    double.answers("POST", f"{DESK}/tickets/8", json={})
    with pytest.raises(httpx2.ConnectError, match=r"no answer to GET https://desk\.example/tick"):
        await ticket(8, context_for_tests(http=double))
    assert [str(each.url) for each in double.unanswered] == [f"{DESK}/tickets/8?as=json"]


FORGETFUL = """
import asyncio, contextlib, httpx2

async def ask(http):
    with contextlib.suppress(httpx2.HTTPError):
        await http.get("https://desk.example/")

def test_it(puerto_http):
    asyncio.run(ask(puerto_http))
"""


def test_a_test_fails_that_leaves_a_request_unanswered(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(FORGETFUL)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "/dev/null", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed, 1 error" in done.stdout
    assert "puerto_http has no answer to: GET https://desk.example/" in done.stdout


async def test_a_context_has_what_a_test_gives_it(
    tool_context: ToolContext, fake_clock: FakeClock
) -> None:
    assert tool_context.clock is fake_clock
    assert context_for_tests(secrets={"CRM_TOKEN": "t"}).secrets["CRM_TOKEN"] == "t"
    with pytest.raises(ToolError, match="there is no network here"):
        await ticket(7, tool_context)


def test_http_is_answered_in_the_service(
    puerto_service: PuertoService, scripted_model: ScriptedModel, puerto_http: HttpDouble
) -> None:
    puerto_http.answers("GET", f"{DESK}/tickets/7", json={"title": "Late"})
    puerto_http.answers("GET", DESK, lambda each: httpx2.Response(200, text="Hello."))
    scripted_model.plays(
        [{"tool": "ticket", "arguments": {"number": 7}}, {"tool": "mine"}], [{"text": "Done."}]
    )
    puerto_service.connect_account("desk", "jira", "a-key")
    assert puerto_service.chat("Which?").results == ["Late", "Hello."]
    assert puerto_http.requests[-1].headers["authorization"] == "a-key"


def test_who_answers_can_be_chosen(
    puerto_service: PuertoService, scripted_model: ScriptedModel
) -> None:
    scripted_model.plays([{"text": "Hello."}])
    assert puerto_service.chat("Hello.", agent="clerk", model="big").answer == "Hello."
    [request] = scripted_model.requests
    assert (request.model, "You order." in str(request)) == ("big", True)
    assert "order" in {spec.name for spec in request.tools}
    assert "ticket" not in {spec.name for spec in request.tools}
    assert "391" in puerto_service.chat("What is 17 * 23?", provider="offline").answer


def test_an_argument_is_typed_again(
    puerto_service: PuertoService, scripted_model: ScriptedModel
) -> None:
    scripted_model.plays([{"tool": "drop", "arguments": {"name": "t1"}}], [{"text": "Done."}])
    assert puerto_service.chat("Drop!").status == "waiting_consent"
    done = puerto_service.chat("Drop!", approve=True, confirm={"name": "t1"})
    assert done.results == ["dropped t1"]
    with pytest.raises(Exception, match="Send name in confirm"):
        puerto_service.chat("Drop!", approve=True, confirm={"name": "t2"})


@pytest.mark.parametrize(
    "answers",
    [
        [{"size": "L"}, {"street": "Jiron", "town": "Puno"}],
        {"street": "Jiron", "town": "Puno", "size": "L", "more": 1},
    ],
)
def test_a_tool_is_answered_by_order_and_by_field(
    puerto_service: PuertoService, scripted_model: ScriptedModel, answers: Any
) -> None:
    scripted_model.plays([{"tool": "order"}], [{"text": "Done."}])
    turn = puerto_service.chat("A shirt!", answers=answers)
    assert turn.results == ["L to Jiron, Puno"]


def test_a_tool_is_told_no_and_what_a_test_forgot(
    puerto_service: PuertoService, scripted_model: ScriptedModel
) -> None:
    scripted_model.plays([{"tool": "order"}], [{"text": "Done."}])
    assert puerto_service.chat("A shirt!").status == "waiting_consent"
    for refused in (
        puerto_service.chat("A shirt!", answers=[None]),
        puerto_service.chat("A shirt!", approve=False, answers=[{"size": "L"}]),
    ):
        assert refused.results[0]["code"] == "ASK_DECLINED"
    with pytest.raises(AssertionError, match=r"no answer to: .*Where to\?"):
        puerto_service.chat("A shirt!", answers=[{"size": "L"}])
    scripted_model.plays([{"tool": "mine"}], [{"text": "Done."}])
    with pytest.raises(AssertionError, match=r"'jira' of 'desk'.*connect_account"):
        puerto_service.chat("Mine!", approve=True)
