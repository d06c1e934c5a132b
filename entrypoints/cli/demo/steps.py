"""The steps of the demonstration, each over HTTP or WebSocket as any client would take it."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import httpx2
import orjson
import typer
from websockets.asyncio.client import connect

from domain.shared.text import shorten
from entrypoints.chat_turn import ChatTurn
from entrypoints.cli.clients.client import Json
from entrypoints.cli.clients.remote import RemoteClient
from entrypoints.cli.screen import as_line, plain

FIRST: Final = ("What is 17 * 23?", "391")
SECOND: Final = ("And multiply that by 2?", "782")


class Demonstration:
    """A newcomer's first conversation, with the service at ``url``."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self._access_token = ""

    async def run(self) -> bool:
        """Take every step; return whether both answers were right."""
        typer.echo(f"A service runs at {self._url}; its data is in {self._folder}.")
        typer.echo("The offline model answers: it needs no key and no network.")
        async with httpx2.AsyncClient(base_url=self._url, trust_env=False) as http:
            client = RemoteClient(http)
            self._access_token = await _register(client)
            http.headers["Authorization"] = f"Bearer {self._access_token}"
            first = await self._ask_over_sse(client)
            second = await self._ask_over_websocket(first.conversation_id)
            await _show_history(client, first.conversation_id)
        return FIRST[1] in first.answer and SECOND[1] in second.answer

    async def _ask_over_sse(self, client: RemoteClient) -> ChatTurn:
        question = FIRST[0]
        body = as_line({"message": question, "stream": True})
        _step(f"2. Ask, and get the answer as server-sent events: POST /api/chat {body}")
        return await _show_turn(client.ask(question, None))

    async def _ask_over_websocket(self, conversation_id: str | None) -> ChatTurn:
        frame = {"type": "chat", "conversation_id": conversation_id, "message": SECOND[0]}
        _step(f"3. Go on in the same conversation, now over the WebSocket /ws: {as_line(frame)}")
        return await _show_turn(self._frames(frame))

    async def _frames(self, chat: Json) -> AsyncGenerator[Json, None]:
        """Send a chat frame, and yield the frames of its run, up to the last."""
        url = self._url.replace("http", "ws", 1) + "/ws"
        async with connect(url, proxy=None) as socket:
            await socket.send(orjson.dumps({"type": "auth", "token": self._access_token}).decode())
            await socket.send(orjson.dumps(chat).decode())
            async for frame in socket:
                event: Json = orjson.loads(frame)
                yield event
                if event["type"] in {"done", "error"}:
                    return


async def _register(client: RemoteClient) -> str:
    _step("1. Register a user: POST /api/auth/register")
    person = {
        "email": "ada@example.com",
        "full_name": "Ada Lovelace",
        "password": secrets.token_urlsafe(12),
    }
    answer = await client.post("/api/auth/register", person)
    user = answer["user"]
    _line("user", f"{user['email']}, whose role is {user['role']}")
    _line("access_token", f"{answer['access_token'][:12]}..., good for {answer['expires_in']} s")
    return str(answer["access_token"])


async def _show_turn(events: AsyncGenerator[Json, None]) -> ChatTurn:
    turn = ChatTurn()
    async with aclosing(events):
        async for event in events:
            _line(event["type"], _description(event))
            turn.take(event)
    return turn


async def _show_history(client: RemoteClient, conversation_id: str | None) -> None:
    _step(f"4. Read what is remembered: GET /api/chat/{conversation_id}/history")
    history = await client.get(f"/api/chat/{conversation_id}/history")
    for message in history["messages"]:
        _line(message["role"], plain(message["content"]))


def _description(event: Json) -> str:  # noqa: PLR0911  one return a kind
    """Describe an event for a newcomer."""
    match event["type"]:
        case "ready":
            return "the socket knows who is talking"
        case "run":
            return "the run begins; it goes on even if the client leaves"
        case "tool_call":
            return f"the model calls {event['tool']} with {as_line(event['params'])}"
        case "tool_result":
            return f"{event['tool']} gives {as_line(event.get('result', event.get('error')))}"
        case "chunk":
            return f"a piece of the answer: {_quoted(event['content'])}"
        case "message":
            return f"the whole answer: {_quoted(event['content'])}"
        case "done":
            return f"{event['status']}; {event['usage']['total_tokens']} tokens"
        case "thinking":
            return shorten(plain(event["content"]), 300)
        case _:
            return as_line(event)


def _quoted(text: Any) -> str:
    return as_line(str(text))


def _step(title: str) -> None:
    typer.echo(f"\n{title}")


def _line(name: str, words: str) -> None:
    typer.echo(f"   {name:<12}  {words}")
