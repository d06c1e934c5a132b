"""A service of answers that are written beforehand, and both faces of the client before it."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from inspect import isawaitable
from typing import Any

import httpx2

from agent_client import AgentClient, AsyncAgentClient

AnyClient = AgentClient | AsyncAgentClient
URL = "http://puerto.test"
MOMENT = "2026-11-20T10:15:30Z"


class Pieces(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """The body of an answer in pieces; with ``cut`` the line breaks after them."""

    def __init__(self, pieces: list[bytes], *, cut: bool) -> None:
        self._pieces = pieces
        self._cut = cut
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        if self._cut:
            raise httpx2.ReadError("cut")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.is_closed = True

    async def aclose(self) -> None:
        self.is_closed = True


def answer(body: Any = None, status: int = 200, **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, json=body, headers=named)


def refusal(status: int, code: str, details: Any = None, **headers: str) -> httpx2.Response:
    error = {"code": code, "message": f"It is {code}.", "details": details or {}}
    return answer({"error": error | {"request_id": "request-1"}}, status, **headers)


def event(cursor: str, kind: str, **fields: Any) -> bytes:
    return f"id: {cursor}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def stream(*pieces: bytes, cut: bool = False) -> httpx2.Response:
    headers = {"Content-Type": "text/event-stream"}
    return httpx2.Response(200, headers=headers, stream=Pieces(list(pieces), cut=cut))


class Wire:
    """Gives its answers one after the other, raises those that are errors, keeps the requests."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        given = self._answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    @property
    def left(self) -> int:
        """How many answers nobody has asked for."""
        return len(self._answers)

    @property
    def lines(self) -> list[str]:
        return [f"{each.method} {each.url.raw_path.decode()}" for each in self.requests]

    def sent(self, header: str) -> list[str | None]:
        return [each.headers.get(header) for each in self.requests]

    def bodies(self) -> list[Any]:
        return [json.loads(each.content) if each.content else None for each in self.requests]


def blocking(wire: Wire, **options: Any) -> AgentClient:
    http = httpx2.Client(transport=httpx2.MockTransport(wire))
    return AgentClient(**_given(options), http_client=http)


def awaiting(wire: Wire, **options: Any) -> AsyncAgentClient:
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(wire))
    return AsyncAgentClient(**_given(options), http_client=http)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    if not options.keys() & {"token", "username"}:
        options = {"api_key": "key-1"} | options
    return {"base_url": URL} | options


Make = Callable[..., Any]
FACES: tuple[Make, ...] = (blocking, awaiting)


async def settled(value: Any) -> Any:
    """Return what an operation of either face returns."""
    return await value if isawaitable(value) else value


async def all_of(many: Any) -> list[Any]:
    """Return what an iterator of either face yields."""
    return [each async for each in many] if hasattr(many, "__aiter__") else list(many)


async def first_of(stream: Any, count: int) -> list[Any]:
    """Return the first events of a stream of either face, which is left after them."""
    found: list[Any] = []
    if hasattr(stream, "__aiter__"):
        async with stream:
            async for each in stream:
                found.append(each)
                if len(found) == count:
                    break
    else:
        with stream:
            found.extend(each for _, each in zip(range(count), stream, strict=False))
    return found
