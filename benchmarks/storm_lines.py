"""How a client of the kill storm talks: REST with server-sent events, and WebSockets.

Every call here is one try. It returns when the line ended or broke, whatever was heard by then;
the caller comes back, to any server, until the matter is settled.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from random import Random
from typing import Any, Final

import httpx2
from storm_plan import Message
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

BROKEN: Final = (OSError, TimeoutError, httpx2.HTTPError, WebSocketException)
SILENCE: Final = 25.0  # seconds; the service breaks its own after 15
LATER: Final = frozenset({429, 502, 503, 504})  # try again


class Lines:
    """The lines of one user to all servers, by port; ``chance`` picks among them."""

    def __init__(self, ports: Sequence[int], token: str, chance: Random) -> None:
        self._ports = ports
        self._chance = chance
        self._token = token
        self._http = httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx2.Timeout(SILENCE, connect=2.0),
            trust_env=False,
        )

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    def _address(self, scheme: str) -> str:
        return f"{scheme}://127.0.0.1:{self._chance.choice(self._ports)}"

    async def call(
        self, method: str, path: str, body: Any = None, key: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Make one request; 0 is the status of one that was not answered."""
        headers = {} if key is None else {"Idempotency-Key": key}
        try:
            address = self._address("http") + path
            answer = await self._http.request(method, address, json=body, headers=headers)
            return answer.status_code, answer.json() if answer.content else {}
        except (*BROKEN, ValueError):
            return 0, {}

    async def post_streaming(self, message: Message) -> tuple[int, dict[str, Any]]:
        """Send a message, and hear the answer as it comes."""
        headers = {"Idempotency-Key": message.name}
        address = self._address("http") + message.path
        return await self._stream("POST", address, message, headers, json=message.body)

    async def follow(self, message: Message) -> tuple[int, dict[str, Any]]:
        """Follow the run of a message from where it was heard last."""
        address = f"{self._address('http')}/api/runs/{message.run_id}/events"
        headers: dict[str, str] = {}
        params: dict[str, str] = {}
        if (cursor := message.cursor) is not None:
            place, name = self._chance.choice(((headers, "Last-Event-ID"), (params, "after")))
            place[name] = cursor
        return await self._stream("GET", address, message, headers, params=params)

    async def _stream(
        self, method: str, address: str, message: Message, headers: dict[str, str], **rest: Any
    ) -> tuple[int, dict[str, Any]]:
        with suppress(*BROKEN):
            async with self._http.stream(method, address, headers=headers, **rest) as answer:
                if answer.status_code != 200:
                    return answer.status_code, json.loads(await answer.aread() or b"{}")
                async for cursor, event in _events(answer):
                    message.heard(cursor, event)
                    if self._leaves():
                        return 0, {}
        return 0, {}

    async def socket(self, message: Message) -> tuple[int, dict[str, Any]]:
        """Send a message over a WebSocket, or go on with its run there."""
        with suppress(*BROKEN):
            async with self._connected() as line:
                await line.send(json.dumps(self._beginning(message)))
                while message.status is None:
                    frame = json.loads(await asyncio.wait_for(line.recv(), SILENCE))
                    if "cursor" not in frame:
                        return _status_of(frame), frame
                    cursor = frame.pop("cursor")
                    message.heard(cursor, frame)
                    if self._leaves():
                        return 0, {}
        return 0, {}

    def _leaves(self) -> bool:
        """Tell whether the client hangs up of its own accord, now and then."""
        return self._chance.random() < 0.01

    def _beginning(self, message: Message) -> dict[str, Any]:
        if message.run_id is None:
            asked = {"type": "chat", "message": message.body["message"]}
            conversation = message.body.get("conversation_id")
            more = {} if conversation is None else {"conversation_id": conversation}
            return asked | more | {"idempotency_key": message.name}
        after = {} if message.cursor is None else {"after": message.cursor}
        return {"type": "resume", "run_id": message.run_id, **after}

    async def reply(self, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        """Answer a request over a WebSocket."""
        with suppress(*BROKEN):
            async with self._connected() as line:
                await line.send(json.dumps({"type": "consent", **body, "idempotency_key": key}))
                frame = json.loads(await asyncio.wait_for(line.recv(), SILENCE))
                return 200 if frame["type"] == "consent" else _status_of(frame), frame
        return 0, {}

    def _connected(self) -> "_Socket":
        return _Socket(f"{self._address('ws')}/ws", self._token, self._chance.random() < 0.5)


class _Socket:
    """A socket that is logged in, by the header or by a frame."""

    def __init__(self, address: str, token: str, by_header: bool) -> None:  # noqa: FBT001
        headers = {"Authorization": f"Bearer {token}"} if by_header else {}
        self._first = None if by_header else json.dumps({"type": "auth", "token": token})
        self._connecting = connect(address, additional_headers=headers, open_timeout=5, proxy=None)

    async def __aenter__(self) -> ClientConnection:
        line = await self._connecting.__aenter__()
        if self._first is not None:
            await line.send(self._first)
        answer = json.loads(await asyncio.wait_for(line.recv(), SILENCE))
        if answer["type"] == "ready":
            return line
        await self._connecting.__aexit__(None, None, None)
        if _status_of(answer) in LATER:
            raise ConnectionError("not now")
        raise RuntimeError(f"the login was refused: {answer}")

    async def __aexit__(self, *why: object) -> None:
        await self._connecting.__aexit__(*why)  # type: ignore[arg-type]  # handed on as they come


_STATUS: Final = {"UNAVAILABLE": 503, "CONFLICT": 409, "RATE_LIMITED": 429, "INTERNAL": 500}


def _status_of(frame: dict[str, Any]) -> int:
    """Return the HTTP status that an error frame amounts to."""
    return _STATUS.get(frame.get("error", {}).get("code", ""), 400)


async def _events(answer: httpx2.Response) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    cursor = ""
    async for line in answer.aiter_lines():
        if line.startswith("id: "):
            cursor = line[4:]
        elif line.startswith("data: "):
            yield cursor, json.loads(line[6:])
