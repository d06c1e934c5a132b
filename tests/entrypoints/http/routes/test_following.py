"""Following a conversation over server-sent events."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import TypeAdapter
from quart.testing import connections

from domain.shared.ids import new_id
from entrypoints.http.openapi.events import RunEvents
from entrypoints.server.lifecycle import drain
from tests.entrypoints.http.conftest import Client, Installation
from tests.entrypoints.http.ledger import blocks

EVENTS: TypeAdapter[Any] = TypeAdapter(RunEvents)


class Stream:
    """The events of an open stream, one after the other."""

    def __init__(self, connection: connections.TestHTTPConnection) -> None:
        self._connection = connection
        self._text = ""

    async def text(self, until: str) -> str:
        """Return what came, once that text is in it."""
        async with asyncio.timeout(60):
            while until not in self._text:
                self._text += (await self._connection.receive()).decode()
        return self._text

    async def to_the_end(self) -> str:
        """Return all that came, once the service has ended the stream."""
        async with asyncio.timeout(60):
            while part := await self._connection.receive():
                self._text += part.decode()
        return self._text

    async def events(self, ends: int) -> list[tuple[str, dict[str, Any]]]:
        """Return the cursors and events, once so many runs have ended."""
        async with asyncio.timeout(60):
            while self._text.count('"type":"done"') < ends or not self._text.endswith("\n\n"):
                self._text += (await self._connection.receive()).decode()
        found = []
        for cursor, event in blocks(self._text):
            run_id = event["run_id"]
            alone = {name: value for name, value in event.items() if name != "run_id"}
            EVENTS.validate_python(event if event["type"] == "run" else alone)
            assert cursor.startswith(run_id[-12:])
            found.append((cursor, event))
        return found


@asynccontextmanager
async def following(client: Client, path: str, **headers: str) -> AsyncGenerator[Stream]:
    test_client = client.app.test_client(use_cookies=False)
    given = {"Authorization": f"Bearer {client.token}"} if client.token else {}
    async with test_client.request(path, method="GET", headers=given | headers) as connection:
        assert isinstance(connection, connections.TestHTTPConnection)
        await connection.send_complete()
        stream = Stream(connection)
        await stream.text(": following\n\n")
        assert connection.status_code == 200
        yield stream
        await connection.disconnect()


@pytest.fixture
async def conversation(ada: Client) -> str:
    """An empty conversation, answered by the offline model."""
    made = await ada.json("POST", "/api/conversations", {"provider": "offline"}, 201)
    return str(made["id"])


async def say(client: Client, conversation: str, message: str = "What is 17 * 23?") -> str:
    body = {"message": message, "conversation_id": conversation}
    return str((await client.json("POST", "/api/chat", body))["run_id"])


async def test_runs_begun_by_others_are_heard(ada: Client, conversation: str) -> None:
    async with following(ada, f"/api/conversations/{conversation}/events") as stream:
        runs = [await say(ada, conversation), await say(ada, conversation, "And 2 + 2?")]
        found = await stream.events(2)

    assert list(dict.fromkeys(event["run_id"] for _, event in found)) == runs
    for run_id in runs:
        response = await ada.send("GET", f"/api/runs/{run_id}/events")
        alone = blocks(await response.get_data(as_text=True))
        heard = [(cursor, event) for cursor, event in found if event["run_id"] == run_id]
        assert heard == [(cursor, {**event, "run_id": run_id}) for cursor, event in alone]


async def test_coming_back_with_any_cursor(ada: Client, conversation: str) -> None:
    path = f"/api/conversations/{conversation}/events"
    async with following(ada, path) as stream:
        first = await say(ada, conversation)
        await say(ada, conversation, "And 2 + 2?")
        whole = await stream.events(2)

    done = [place for place, (_, event) in enumerate(whole) if event["type"] == "done"]
    for place in (0, done[0] - 1, done[0], len(whole) - 2):
        ends = sum(place < end for end in done)
        async with following(ada, path, **{"Last-Event-ID": whole[place][0]}) as stream:
            assert await stream.events(ends) == whole[place + 1 :]
        async with following(ada, f"{path}?after={whole[place][0]}") as stream:
            assert await stream.events(ends) == whole[place + 1 :]
    question, answer, *_ = (await ada.get(path.replace("/events", "")))["messages"]
    assert answer["run_id"] == first
    async with following(ada, f"{path}?after={answer['id']}") as stream:
        assert await stream.events(1) == whole[done[0] + 1 :]
    async with following(ada, f"{path}?after={question['id']}") as stream:
        assert await stream.events(2) == whole


async def test_the_first_event_says_when_to_come_back(ada: Client, conversation: str) -> None:
    async with following(ada, f"/api/conversations/{conversation}/events") as stream:
        await say(ada, conversation)
        text = await stream.text('"type":"done"')

    assert text.startswith(": following\n\nretry: 1000\nid: ")
    assert text.count("retry: 1000") == 1


async def test_what_cannot_be_followed(ada: Client, bob: Client, conversation: str) -> None:
    path = f"/api/conversations/{conversation}/events"
    elsewhere = await say(ada, (await ada.json("POST", "/api/conversations", {}, 201))["id"])

    for client, unknown in ((bob, path), (ada, f"/api/conversations/{new_id()}/events")):
        await client.error("GET", unknown, 404, "NOT_FOUND")
    for after in ("x", elsewhere, new_id(), f"{elsewhere[-12:]}-1-1"):
        await ada.error("GET", f"{path}?after={after}", 400, "INVALID_REQUEST")


async def test_a_stream_ends_when_the_service_stops(
    installation: Installation, ada: Client, conversation: str
) -> None:
    async with following(ada, f"/api/conversations/{conversation}/events") as stream:
        await drain(installation.services)

        assert await stream.to_the_end() == ": following\n\n"


async def test_who_logged_out_is_not_told_of_another_run(
    installation: Installation, ada: Client, conversation: str
) -> None:
    elsewhere = await installation.log_in("ada")
    async with following(ada, f"/api/conversations/{conversation}/events") as stream:
        await say(elsewhere, conversation)
        await stream.events(1)
        assert (await ada.send("POST", "/api/auth/logout")).status_code == 204
        await say(elsewhere, conversation)

        assert (await stream.to_the_end()).count('"type":"done"') == 1
