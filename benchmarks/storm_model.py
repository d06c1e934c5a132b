"""The model of the kill storm: OpenAI's streamed chat completions, out of the message itself.

A message is a plan (`storm_plan.Plan`). What the model says at a step depends on the
conversation alone, so a step that has to be done again comes out the same.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from storm_plan import Plan

_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"connection: close\r\n\r\n"
)
_DONE: Final = b"data: [DONE]\n\n"


@asynccontextmanager
async def model() -> AsyncGenerator[int, None]:
    """Serve on a port of 127.0.0.1, which is yielded, up to the end of the block."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):  # who asks is killed time and again
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = json.loads(await reader.readexactly(int(length[1] if length else 0)))
        plan, step, results = _place(body["messages"])
        writer.write(_HEAD)
        for delta in _pieces(plan, step, results):
            writer.write(_event(delta, None))
            await writer.drain()
            await asyncio.sleep(plan.pause)
        writer.write(_event({}, "tool_calls" if step < len(plan.steps) else "stop") + _DONE)
        await writer.drain()
    writer.close()


def _place(messages: list[dict[str, Any]]) -> tuple[Plan, int, str]:
    """Return what is asked for, the step that is next, and what the tools said so far."""
    asked = max(n for n, message in enumerate(messages) if message["role"] == "user")
    since = messages[asked + 1 :]
    step = sum(message["role"] == "assistant" for message in since)
    said = "\n".join(message["content"] for message in since if message["role"] == "tool")
    # What was said before a turn that was cancelled stands in the same message, a line apart.
    return Plan.read(messages[asked]["content"].rpartition("\n\n")[2]), step, said


def _pieces(plan: Plan, step: int, results: str) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    yield {"reasoning_content": f"Step {step} of {plan.name}."}
    yield from ({"content": f"{plan.name}:{step}:{word} "} for word in range(plan.words))
    if step == len(plan.steps):
        yield {"content": f"heard {hashlib.sha256(results.encode()).hexdigest()[:12]}."}
        return
    for index, call in enumerate(plan.steps[step]):
        arguments = json.dumps(call.arguments)
        function = {"name": call.tool, "arguments": arguments}
        wanted = {"index": index, "id": f"call_{index}", "type": "function", "function": function}
        yield {"tool_calls": [wanted]}


def _event(delta: dict[str, Any], finish: str | None) -> bytes:
    chunk = {
        "id": "chatcmpl-storm",
        "object": "chat.completion.chunk",
        "created": 1763600000,
        "model": "storm",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"
