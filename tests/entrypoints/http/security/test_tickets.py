"""Tickets: for what they are sold, and what they open."""

import pytest

from domain.shared.ids import new_id
from tests.entrypoints.http.conftest import Client, Installation, read_error
from tests.entrypoints.http.ledger import blocks

TICKET = "/api/auth/ticket"
QUESTION = {"message": "What is 17 * 23?"}


async def bought(client: Client, path: str) -> str:
    answer = await client.json("POST", TICKET, {"path": path})
    assert answer.keys() == {"ticket", "expires_in"}
    assert 0 < answer["expires_in"] <= 60
    return str(answer["ticket"])


@pytest.fixture
async def path(ada: Client) -> str:
    """The events of a run of Ada's."""
    answer = await ada.json("POST", "/api/chat", QUESTION)
    return f"/api/runs/{answer['run_id']}/events"


async def test_a_stream_is_opened_once_with_a_ticket(
    installation: Installation, ada: Client, path: str
) -> None:
    secret = await bought(ada, path)
    opened = await installation.anyone.send("GET", f"{path}?ticket={secret}")
    again = await installation.anyone.send("GET", f"{path}?ticket={secret}")

    events = blocks(await opened.get_data(as_text=True))
    assert events[-1][1]["type"] == "done"
    error = await read_error(again, 401, "UNAUTHORIZED")
    assert secret not in str(error)


async def test_a_ticket_and_a_cursor(installation: Installation, ada: Client, path: str) -> None:
    whole = blocks(await (await ada.send("GET", path)).get_data(as_text=True))
    address = f"{path}?after={whole[1][0]}&ticket={await bought(ada, path)}"
    opened = await installation.anyone.send("GET", address)

    assert blocks(await opened.get_data(as_text=True)) == whole[2:]


async def test_a_ticket_opens_nothing_else(
    installation: Installation, ada: Client, path: str
) -> None:
    for method, other in (
        ("GET", path.replace("/events", "")),
        ("GET", "/api/auth/me"),
        ("GET", f"/api/runs/{new_id()}/events"),
        ("HEAD", path),
        ("POST", "/api/chat"),
    ):
        secret = await bought(ada, path)
        response = await installation.anyone.send(method, f"{other}?ticket={secret}")
        assert response.status_code == 401, other


async def test_a_header_needs_no_ticket_and_spends_none(
    installation: Installation, ada: Client, path: str
) -> None:
    secret = await bought(ada, path)

    assert (await ada.send("GET", f"{path}?ticket={secret}")).status_code == 200
    assert (await ada.send("GET", f"{path}?ticket=forged")).status_code == 200
    assert (await installation.anyone.send("GET", f"{path}?ticket={secret}")).status_code == 200


async def test_a_ticket_does_not_open_what_is_another_users(
    installation: Installation, bob: Client, path: str
) -> None:
    response = await installation.anyone.send("GET", f"{path}?ticket={await bought(bob, path)}")

    await read_error(response, 404, "NOT_FOUND")


@pytest.mark.one_engine
async def test_tickets_that_would_open_nothing(ada: Client, subtests: pytest.Subtests) -> None:
    for body in [
        {"path": "/api/auth/me"},
        {"path": "/api/chat"},
        {"path": "/api/runs"},
        {"path": "/nowhere"},
        {"path": "ws"},
        {"path": "//evil.example/ws"},
        {"path": f"/api/conversations/{new_id()}/events?after=x"},
        {"path": ""},
        {"path": "/ws" * 200},
        {"path": None},
        {},
    ]:
        with subtests.test(body=body):
            error = await ada.error("POST", TICKET, 400, "INVALID_REQUEST", body)

            assert error["details"]["fields"][0]["path"] == "path"


@pytest.mark.parametrize("path", ["/ws", f"/ws/chat/{new_id()}"])
async def test_a_socket_takes_a_ticket(installation: Installation, ada: Client, path: str) -> None:
    secret = await bought(ada, path)
    client = installation.app.test_client(use_cookies=False)

    async with client.websocket(f"{path}?ticket={secret}") as socket:
        assert await socket.receive_json() == {"type": "ready"}
        await socket.send_json({"type": "cancel", "run_id": new_id()})
        assert (await socket.receive_json())["error"]["code"] == "NOT_FOUND"


async def test_a_session_that_ended_ends_what_a_ticket_opened(
    installation: Installation, ada: Client
) -> None:
    secret = await bought(ada, "/ws")
    client = installation.app.test_client(use_cookies=False)

    async with client.websocket(f"/ws?ticket={secret}") as socket:
        assert await socket.receive_json() == {"type": "ready"}
        await ada.send("POST", "/api/auth/logout")
        await socket.send_json({"type": "cancel", "run_id": new_id()})
        assert (await socket.receive_json())["error"]["code"] == "UNAUTHORIZED"


@pytest.mark.one_engine
async def test_streams_are_documented_to_take_tickets(installation: Installation) -> None:
    document = await installation.anyone.get("/openapi.json")
    scheme = document["components"]["securitySchemes"]["ticket"]
    taking = {
        path
        for path, item in document["paths"].items()
        for operation in item.values()
        if {"ticket": []} in operation["security"]
    }

    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "query", "ticket")
    assert taking == {
        "/api/conversations/{conversation_id}/events",
        "/api/runs/{run_id}/events",
    }
