"""A person in the kill storm: says things, is asked, answers, comes back whenever a line breaks."""

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from random import Random
from typing import Any, Final

from storm_lines import LATER, Lines
from storm_plan import Message, Plan, Reply, wanted

PATIENCE: Final = 0.05  # seconds between two tries
HESITATION: Final = 0.8  # the most seconds that a human takes to answer


class Person:
    """One user with one conversation at a time. ``messages`` holds all that was said and heard."""

    def __init__(self, name: str, seed: str, lines: Lines, effects: Path) -> None:
        self.messages: list[Message] = []
        self._name = name
        self._seed = seed
        self._lines = lines
        self._effects = effects
        self._conversation: str | None = None
        self._beside: list[asyncio.Task[None]] = []  # what a person does while listening

    async def talk(self, stop: asyncio.Event) -> None:
        """Say one thing after the other until told to stop, and hear the last answer out."""
        while not stop.is_set():
            name = f"{self._name}.{len(self.messages)}"
            chance = Random(f"{self._seed}/{name}")
            message = self._message(name, chance)
            self.messages.append(message)
            if chance.random() < 0.08:
                self._start(self._cancel(message, chance.uniform(0, 1.5)))
            await self._bring_through(message, chance)
            await asyncio.gather(*self._beside)
            self._beside.clear()
            self._conversation = message.conversation_id if chance.random() < 0.7 else None

    def _start(self, what: Coroutine[Any, Any, None]) -> None:
        self._beside.append(asyncio.create_task(what))

    def _message(self, name: str, chance: Random) -> Message:
        if chance.random() < 0.12:
            call = wanted(name, chance)
            body: dict[str, Any] = {"tool": call.tool, "parameters": call.arguments}
            return Message(name, "/api/tools/execute", body, self._ask)
        body = {"message": Plan.made(name, chance).text()}
        if self._conversation is not None:
            body["conversation_id"] = self._conversation
        way = chance.choice(("stream", "whole", "socket"))
        if way == "socket":
            return Message(name, "/ws", body, self._ask)
        return Message(name, "/api/chat", body | {"stream": way == "stream"}, self._ask)

    async def _bring_through(self, message: Message, chance: Random) -> None:
        while message.status is None:
            if message.run_id is None:
                status, answer = await self._send(message)
            elif chance.random() < 0.3:
                status, answer = await self._lines.socket(message)
            else:
                status, answer = await self._lines.follow(message)
            self._judge(message, status, answer)
            await asyncio.sleep(PATIENCE)

    async def _send(self, message: Message) -> tuple[int, dict[str, Any]]:
        if message.path == "/ws":
            return await self._lines.socket(message)
        if message.body.get("stream"):
            return await self._lines.post_streaming(message)
        status, answer = await self._lines.call("POST", message.path, message.body, message.name)
        details = answer.get("error", {}).get("details", {})
        message.run_id = answer.get("run_id") or details.get("run_id")
        if status == 200 and answer.get("status") == "completed":
            message.told = answer["message"]
        if message.run_id is not None:
            return 0, {}  # accepted; what came of it the events tell
        return status, answer

    def _judge(self, message: Message, status: int, answer: dict[str, Any]) -> None:
        """Keep what a healthy service may not answer."""
        if status in LATER or status in {0, 200, 202}:
            return
        message.complaints.append(f"{message.path} gave {status} {json.dumps(answer)[:300]}")
        if len(message.complaints) > 20:
            message.status = "given up"

    def _ask(self, message: Message, request: dict[str, Any]) -> None:
        if request["id"] in message.replies:
            return  # told twice, which the checks see
        kind = request["kind"]
        nth = sum(reply.call_id == request["call_id"] for reply in message.replies.values())
        chance = Random(f"{self._seed}/{request['params']['key']}/{kind}/{nth}")
        said = self._outcome(request, chance) if kind == "outcome" else _approval(request, chance)
        body = {"consent_request_id": request["id"], **said}
        reply = message.replies[request["id"]] = Reply(request["call_id"], kind, body)
        self._start(self._reply(message, reply, chance))

    def _outcome(self, request: dict[str, Any], chance: Random) -> dict[str, Any]:
        """Look what became of the call, and say so; some people do not look."""
        if chance.random() < 0.2:
            return {"outcome": chance.choice(("done", "not_done", "try_again"))}
        effects = self._effects.read_text() if self._effects.exists() else ""
        if request["call_id"] in effects:
            return {"outcome": "done"}
        return {"outcome": chance.choice(("not_done", "try_again", "try_again"))}

    async def _reply(self, message: Message, reply: Reply, chance: Random) -> None:
        await asyncio.sleep(chance.uniform(0, HESITATION))
        by_socket = chance.random() < 0.4
        key = f"{reply.body['consent_request_id']}/reply"
        while True:
            if by_socket:
                status, answer = await self._lines.reply(reply.body, key)
            else:
                status, answer = await self._lines.call(
                    "POST", "/api/chat/consent", reply.body, key
                )
            if status == 200 or (status == 409 and message.cancelled):
                return
            before = len(message.complaints)
            self._judge(message, status, answer)
            if len(message.complaints) > before:
                return
            await asyncio.sleep(PATIENCE)

    async def _cancel(self, message: Message, after: float) -> None:
        await asyncio.sleep(after)
        while message.status is None:
            if message.run_id is not None:
                message.cancelled = True
                path = f"/api/runs/{message.run_id}/cancel"
                status, answer = await self._lines.call("POST", path)
                self._judge(message, status, answer)
                if status == 200:
                    return
            await asyncio.sleep(PATIENCE)


def _approval(request: dict[str, Any], chance: Random) -> dict[str, Any]:
    what = chance.choices(("yes", "edited", "no"), (6, 3, 2))[0]
    if what == "no":
        return {"approved": False, "reason": "Not today."}
    if what == "edited":
        return {"approved": True, "arguments": request["params"] | {"note": "edited"}}
    return {"approved": True}
