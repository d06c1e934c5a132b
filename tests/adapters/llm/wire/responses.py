"""The event sequences of OpenAI's Responses API, as the real service sends them.

`tests.adapters.llm.wire.openai` serves them, beside chat completions. ``thinker`` is an echo
that reasons before it answers or calls, and says which part of what it says is a commentary.
"""

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.adapters.llm.wire.server import (
    HANG,
    Cut,
    Drop,
    Pause,
    Reply,
    Reset,
    Step,
    calls_wanted,
)

USAGE = {
    "input_tokens": 21,
    "input_tokens_details": {"cached_tokens": 16, "cache_write_tokens": 0},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 4},
    "total_tokens": 30,
}

Item = Mapping[str, Any]
Named = tuple[str, dict[str, Any]]  # the type of an event, and its fields


def event(kind: str, number: int = 0, **fields: Any) -> bytes:
    """Return one server-sent event, the ``number``-th of its stream."""
    data = json.dumps({"type": kind, **fields, "sequence_number": number}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def message(content: str, phase: str | None = None, kind: str = "output_text") -> Item:
    """Return an item of text."""
    part: dict[str, Any] = {"type": "refusal", "refusal": content}
    if kind == "output_text":
        part = {"type": kind, "annotations": [], "logprobs": [], "text": content}
    said = {"type": "message", "role": "assistant", "status": "completed", "content": [part]}
    return {**said, **({"phase": phase} if phase else {})}


def thought(summary: str, sealed: str = "gAAAAABk7wire") -> Item:
    """Return an item of reasoning: what is shown of it, and all of it, encrypted."""
    shown = [{"type": "summary_text", "text": part} for part in summary.split("|") if part]
    return {"type": "reasoning", "encrypted_content": sealed, "summary": shown}


def call(name: str, arguments: str) -> Item:
    """Return an item that calls a tool."""
    return {"type": "function_call", "status": "completed", "name": name, "arguments": arguments}


def answer(*items: Item, status: str = "completed", **details: Any) -> list[Step]:
    """Return a whole answer of these items, each with all of its events."""
    return list(numbered([*_begin(), *_of_items(items), _end(items, status, **details)]))


def numbered(events: Iterable[Named]) -> Iterator[bytes]:
    """Encode the events, in the order in which they come."""
    for number, (kind, fields) in enumerate(events):
        yield event(kind, number, **fields)


def _envelope(status: str, output: Sequence[Item] = (), **details: Any) -> dict[str, Any]:
    whole = status in {"completed", "incomplete"}
    return {
        "id": "resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b",
        "object": "response",
        "created_at": 1790000000,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": "wire-model-2026-08-07",
        "output": list(output),
        "parallel_tool_calls": True,
        "reasoning": {"effort": "medium", "summary": "detailed"},
        "service_tier": "default",
        "store": False,
        "usage": USAGE if whole else None,
        "metadata": {},
        **details,
    }


def _begin() -> list[Named]:
    envelope = _envelope("in_progress")
    return [
        ("response.created", {"response": envelope}),
        ("response.in_progress", {"response": envelope}),
    ]


def _end(items: Sequence[Item], status: str, **details: Any) -> Named:
    return f"response.{status}", {"response": _envelope(status, items, **details)}


def _of_items(items: Sequence[Item]) -> Iterator[Named]:
    makers = {"message": _of_message, "reasoning": _of_thought, "function_call": _of_call}
    for index, plain in enumerate(items):
        kind = plain["type"]
        item = {"id": f"{kind[:2]}_{index}67ccd3acc8d48190", **plain}
        if kind == "function_call":
            item["call_id"] = f"call_{index}Jx8uTnYcDAkxMOnwl8cKSF"
        empty = {
            **item,
            "status": "in_progress",
            **{"message": {"content": []}, "reasoning": {"summary": []}}.get(
                kind, {"arguments": ""}
            ),
        }
        at = {"output_index": index}
        yield "response.output_item.added", {**at, "item": empty}
        for name, fields in makers[kind](item):
            yield name, {**at, "item_id": item["id"], **fields}
        yield "response.output_item.done", {**at, "item": item}


def _of_message(item: Item) -> Iterator[Named]:
    (part,) = item["content"]
    kind = part["type"]
    field = "text" if kind == "output_text" else kind
    at = {"content_index": 0}
    yield "response.content_part.added", {**at, "part": {**part, field: ""}}
    for piece in _words(part[field]):
        yield f"response.{kind}.delta", {**at, "delta": piece, "obfuscation": "x9Qe"}
    yield f"response.{kind}.done", {**at, field: part[field]}
    yield "response.content_part.done", {**at, "part": part}


def _of_thought(item: Item) -> Iterator[Named]:
    name = "response.reasoning_summary"
    for index, part in enumerate(item["summary"]):
        at = {"summary_index": index}
        yield f"{name}_part.added", {**at, "part": {**part, "text": ""}}
        for piece in _words(part["text"]):
            yield f"{name}_text.delta", {**at, "delta": piece, "obfuscation": "x9Qe"}
        yield f"{name}_text.done", {**at, "text": part["text"]}
        yield f"{name}_part.done", {**at, "part": part}


def _of_call(item: Item) -> Iterator[Named]:
    name, arguments = "response.function_call_arguments", item["arguments"]
    for start in range(0, len(arguments), 5):
        yield f"{name}.delta", {"delta": arguments[start : start + 5], "obfuscation": "x9"}
    yield f"{name}.done", {"arguments": arguments}


def _words(content: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+$", content)


def _interleaved() -> list[Step]:
    """Two calls whose events take turns."""
    events = list(_of_items(_TWO))
    first = [event for event in events if event[1]["output_index"] == 0]
    second = [event for event in events if event[1]["output_index"] == 1]
    turns = (each for pair in itertools.zip_longest(first, second) for each in pair if each)
    return list(numbered([*_begin(), *turns, _end(_TWO, "completed")]))


def response(body: Mapping[str, Any]) -> Iterable[Step]:
    """Answer a request for a response that is right."""
    model = body["model"]
    if model.startswith("pieces:"):
        _, count, seconds = model.split(":")
        return _pieces(int(count), float(seconds))
    return SCENARIOS.get(model) or _echo(body)


def _pieces(count: int, seconds: float) -> Iterator[Step]:
    """Stream a text in so many pieces, so many seconds apart."""
    whole = answer(message("word "))
    at = next(n for n, step in enumerate(whole) if b"output_text.delta" in _bytes(step))
    yield from whole[:at]
    for _ in range(count):
        if seconds:
            yield Pause(seconds)
        yield whole[at]
    yield from whole[at + 1 :]


def _bytes(step: Step) -> bytes:
    return step if isinstance(step, bytes) else b""


def _echo(body: Mapping[str, Any]) -> list[Step]:
    """Repeat the user's words, make the calls that they ask for, or tell the results."""
    items = body["input"]
    thoughts = [thought("I must think.|And again.")] if body["model"] == "thinker" else []
    results = list(
        itertools.takewhile(lambda each: each.get("type") == "function_call_output", items[::-1])
    )
    if results:
        told = "; ".join(result["output"] for result in reversed(results))
        return answer(*thoughts, message(f"The tools said: {told}"))
    said = next((each["content"] for each in items[::-1] if each.get("role") == "user"), "")
    if wanted := list(calls_wanted(said)):
        comment = [message("Let me see.", "commentary")] if thoughts else []
        return answer(*thoughts, *comment, *(call(*each) for each in wanted))
    return answer(*thoughts, message(f"You said: {said}"))


_TWO = [call("add", '{"a": 40, "b": 2}'), call("add", '{"a": 1, "b": 1}')]
_HELLO = answer(message("Half an ans"))[:7]
_BOOM: dict[str, Any] = {
    "code": "server_error",
    "message": "The server had an error.",
    "param": None,
}
_FAILED = _envelope("failed", error=_BOOM)

SCENARIOS: dict[str, Sequence[Step]] = {
    "text": answer(message("The answer is forty-two.")),
    "tool": answer(thought(""), _TWO[0]),
    "parallel": answer(*_TWO),
    "interleaved": _interleaved(),
    "reasoning": answer(thought("Hm, let me see."), message("Yes.")),
    "length": answer(
        message("This goes on and"),
        status="incomplete",
        incomplete_details={"reason": "max_output_tokens"},
    ),
    "refusal": answer(message("I can't help with that.", kind="refusal")),
    "content-filter": answer(
        message("It is"), status="incomplete", incomplete_details={"reason": "content_filter"}
    ),
    "hang-before-headers": [HANG],
    "hang-mid-stream": [*_HELLO, HANG],
    "truncated": [*_HELLO, Cut()],
    "dropped-mid-stream": [*_HELLO, Drop()],
    "reset-mid-stream": [*_HELLO, Pause(0.1), Reset()],
    "reset-before-headers": [Reset()],
    "error-first": [event("error", **_BOOM), Cut()],
    "error-mid-stream": [*_HELLO, event("response.failed", response=_FAILED), Cut()],
    "malformed-json": [*_HELLO, b'event: response.output_text.delta\ndata: {"type"\n\n', Cut()],
    "html": [Reply(200, "<h1>It works!</h1>")],
}
