"""Remote client: REST, and server-sent events with reconnection."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx2
import orjson
from typing_extensions import override

from domain.consents.replies import ConsentReply
from domain.shared.errors import CallerError, Unavailable
from entrypoints.cli.clients.client import Client, Json

ATTEMPTS: Final = 8  # to reconnect, over about half a minute
_LONGEST_PAUSE: Final = 8.0
_TIMEOUT: Final = httpx2.Timeout(10, read=60)  # a stream is never silent for longer than 15 s


class Refused(CallerError):
    """The service answered with an error; the message is the service's."""


@asynccontextmanager
async def remote(
    url: str, token: str | None, login: str = "", password: str = ""
) -> AsyncGenerator["RemoteClient", None]:
    """Yield a client of the service at ``url``, logged in first if there is no access token.

    Raises:
        Refused: the credentials are wrong.
        Unavailable: no service answers there.

    """
    try:
        http = httpx2.AsyncClient(base_url=url, timeout=_TIMEOUT)
    except httpx2.InvalidURL as error:
        raise Unavailable(f"{url} is not the address of a service: {error}") from error
    async with http:
        client = RemoteClient(http)
        if token is None:
            answer = await client.post("/api/auth/login", {"username": login, "password": password})
            token = answer["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield client


@dataclass(slots=True)
class _Position:
    """The position in a stream: run and cursor of the last event, empty before the first."""

    run_id: str = ""
    cursor: str = ""
    is_done: bool = False


class RemoteClient(Client):
    """A client of the service that ``http`` is configured for."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self._place = _Position()

    @override
    async def ask(self, text: str, conversation_id: str | None) -> AsyncGenerator[Json, None]:
        """Send a message and yield the events of the answer, each once, reconnecting if need be.

        Raises:
            Refused: the service answered with an error.
            Unavailable: the service cannot be reached, or not any more.

        """
        body = {"message": text, "conversation_id": conversation_id, "stream": True}
        self._place = _Position()
        request = self._http.build_request("POST", "/api/chat", json=body)
        async with aclosing(self._follow(request)) as events:
            async for event in events:
                yield event

    @override
    async def go_on(self) -> AsyncGenerator[Json, None]:
        """Yield the events that follow, as `ask` does."""
        self._place.is_done = False
        async with aclosing(self._follow(self._rest())) as events:
            async for event in events:
                yield event

    def _rest(self) -> httpx2.Request:
        place = self._place
        path = f"/api/runs/{place.run_id}/events"
        return self._http.build_request("GET", path, headers={"Last-Event-ID": place.cursor})

    async def _follow(self, request: httpx2.Request) -> AsyncGenerator[Json, None]:
        place, lost = self._place, 0
        while True:
            before = place.cursor
            async with aclosing(self._stream(request, place)) as events:
                async for event in events:
                    yield event
            if place.is_done:
                return
            lost = 1 if place.cursor != before else lost + 1
            if not place.cursor or lost > ATTEMPTS:
                raise Unavailable(f"The line to the service at {self._http.base_url} was lost.")
            await asyncio.sleep(min(0.25 * 2**lost, _LONGEST_PAUSE))
            request = self._rest()

    async def _stream(
        self, request: httpx2.Request, place: _Position
    ) -> AsyncGenerator[Json, None]:
        """Yield events until the connection is lost, and update ``place``."""
        try:
            response = await self._http.send(request, stream=True)
            async with aclosing(response):
                await _require_success(response)
                async for sent in httpx2.EventSource(response):
                    event: Json = orjson.loads(sent.data)
                    place.cursor = sent.id
                    place.run_id = event.get("run_id", place.run_id)
                    place.is_done = event["type"] == "done"
                    yield event
        except httpx2.TransportError as error:
            if not place.cursor:
                raise self._unreachable(error) from error

    @override
    async def consent(self, request_id: str, reply: ConsentReply) -> None:
        """Answer a consent request."""
        given = {
            "arguments": reply.params,
            "outcome": reply.outcome,
            "reason": reply.reason,
            "values": reply.values,
            "confirm": reply.confirm,
        }
        body = {"approved": reply.approved}
        await self.post(
            f"/api/consents/{request_id}",
            body | {name: value for name, value in given.items() if value not in (None, "")},
        )

    @override
    async def cancel(self, run_id: str) -> None:
        """Stop a run."""
        await self.post(f"/api/runs/{run_id}/cancel", {})

    @override
    async def conversations(self) -> Sequence[Json]:
        """Return the last conversations."""
        conversations: Sequence[Json] = (await self.get("/api/conversations"))["conversations"]
        return conversations

    @override
    async def consents(self) -> Sequence[Json]:
        """Return the waiting consent requests."""
        answer = await self.get("/api/consents?status=waiting&limit=100")
        consents: Sequence[Json] = answer["consents"]
        return consents

    async def post(self, path: str, body: Json) -> Json:
        """Send JSON to a path, and return the JSON of the answer."""
        return await self._call(self._http.build_request("POST", path, json=body))

    async def put(self, path: str, body: Json) -> Json:
        """Send JSON in the place of what is at a path, and return the JSON of the answer."""
        return await self._call(self._http.build_request("PUT", path, json=body))

    async def delete(self, path: str) -> None:
        """Delete what is at a path."""
        await self._sent(self._http.build_request("DELETE", path))

    async def get(self, path: str) -> Json:
        """Return the JSON at a path."""
        return await self._call(self._http.build_request("GET", path))

    async def _call(self, request: httpx2.Request) -> Json:
        answer: Json = (await self._sent(request)).json()
        return answer

    async def _sent(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = await self._http.send(request)
        except httpx2.TransportError as error:
            raise self._unreachable(error) from error
        await _require_success(response)
        return response

    def _unreachable(self, error: httpx2.TransportError) -> Unavailable:
        reason = str(error) or type(error).__name__
        return Unavailable(f"No service answers at {self._http.base_url}: {reason}.")


async def _require_success(response: httpx2.Response) -> None:
    if response.is_success:
        return
    raise Refused(_message(await response.aread()) or _status_line(response.status_code))


def _message(body: bytes) -> str:
    """Return the message in an error body of Puerto's; empty if it is another body."""
    try:
        answer: Any = orjson.loads(body)
        return str(answer["error"]["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""


def _status_line(status: int) -> str:
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "an unknown status"
    return f"What answers there is no Puerto: {status} {phrase}."
