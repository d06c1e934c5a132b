"""A local server that speaks Anthropic's streamed messages as the real service does.

The name of the model chooses the answer: one of `SCENARIOS`, ``status-NNN`` for an error,
``pieces:COUNT:SECONDS`` for a text in so many pieces with a pause between, and any other
name for an echo that is of some use: it repeats the user's words; asked to
``call TOOL {json}`` (as often as one likes in one message) it asks for those calls, and then
it tells their results. ``thinker`` is an echo that thinks first. A test can set the answers of
a model with `AnthropicWireServer.play`.

``python -m tests.adapters.llm.wire.anthropic --port 8001`` serves until it is interrupted.
"""

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.adapters.llm.wire.anthropic_checks import Refusal, check, signature
from tests.adapters.llm.wire.server import (
    HANG,
    Cut,
    Drop,
    Pause,
    Reply,
    Request,
    Reset,
    Step,
    WireServer,
    calls_wanted,
    serve,
)

USAGE = {
    "input_tokens": 3,
    "cache_creation_input_tokens": 2,
    "cache_read_input_tokens": 16,
    "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 1,
    "service_tier": "standard",
    "inference_geo": "not_available",
}


def event(kind: str, **fields: Any) -> bytes:
    """Return one server-sent event."""
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def start() -> bytes:
    """Return the event that begins a message."""
    message: dict[str, Any] = {
        "model": "wire-model",
        "id": "msg_014p7gG3wDgGV9EUtLvnow3U",
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": USAGE,
    }
    return event("message_start", message=message)


def delta(index: int, kind: str, **fields: Any) -> bytes:
    """Return the event of one piece of a block."""
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def block(index: int, began: Mapping[str, Any], *deltas: bytes) -> list[bytes]:
    """Return the events of one block of the content; a ping is among those of the first."""
    first = event("content_block_start", index=index, content_block=began)
    ping = [] if index else [event("ping")]
    return [first, *ping, *deltas, event("content_block_stop", index=index)]


def end(stop: str = "end_turn", details: Mapping[str, Any] | None = None) -> list[bytes]:
    """Return the events that end a message."""
    told = {"stop_reason": stop, "stop_sequence": None, "stop_details": details}
    usage = {name: count for name, count in USAGE.items() if isinstance(count, int)}
    return [
        event("message_delta", delta=told, usage={**usage, "output_tokens": 9}),
        event("message_stop"),
    ]


def text(content: str, index: int = 0) -> list[bytes]:
    """Return the events of a block of text, cut about where tokens would be."""
    pieces = re.findall(r"\s*\S+|\s+$", content)
    deltas = (delta(index, "text_delta", text=piece) for piece in pieces)
    return block(index, {"type": "text", "text": ""}, *deltas)


def thinking(content: str, signed: str, index: int = 0) -> list[bytes]:
    """Return the events of a block of reasoning; without content, only the signature is shown."""
    deltas = [delta(index, "thinking_delta", thinking=content)] if content else []
    began = {"type": "thinking", "thinking": "", "signature": ""}
    return block(index, began, *deltas, delta(index, "signature_delta", signature=signed))


def call(index: int, name: str, arguments: str, size: int = 5) -> list[bytes]:
    """Return the events of a tool call, its input in fragments of so many characters."""
    began = {"type": "tool_use", "id": f"toolu_{index}T1x1fJ34qAmk2tNTrN7Up6", "name": name}
    parts = ["", *(arguments[at : at + size] for at in range(0, len(arguments), size))]
    deltas = (delta(index, "input_json_delta", partial_json=part) for part in parts)
    return block(index, {**began, "input": {}, "caller": {"type": "direct"}}, *deltas)


def calls(*wanted: tuple[str, str], after: int = 0) -> list[bytes]:
    """Return the events of these calls and the end, where so many blocks came before."""
    made = (call(index, *each) for index, each in enumerate(wanted, after))
    return [*itertools.chain.from_iterable(made), *end("tool_use")]


def error(kind: str, message: str) -> bytes:
    """Return the event of an error in the middle of a stream."""
    return event("error", error={"type": kind, "message": message}, request_id="req_wire")


def failure(status: int, message: str = "") -> Reply:
    """Return the service's answer to a request that it does not take, or fails at."""
    kind, usual = {
        400: ("invalid_request_error", "prompt is too long: 212000 tokens > 200000 maximum"),
        401: ("authentication_error", "invalid x-api-key sk-wire***cret"),
        402: ("billing_error", "Your credit balance is too low."),
        403: ("permission_error", "Your API key proj_secret does not have permission."),
        404: ("not_found_error", "model: status-404"),
        413: ("request_too_large", "Request exceeds the maximum size"),
        429: ("rate_limit_error", "This request would exceed your rate limit."),
        504: ("timeout_error", "Request timed out."),
        529: ("overloaded_error", "Overloaded"),
    }.get(status, ("invalid_request_error" if status < 500 else "api_error", "Internal error"))
    body = {"type": "error", "error": {"type": kind, "message": message or usual}}
    headers = {"retry-after": "7"} if status == 429 else {}
    return Reply(status, {**body, "request_id": "req_wire"}, {"request-id": "req_wire", **headers})


_HELLO = [start(), *text("Half an ans")[:-1]]
_OVERLOADED = error("overloaded_error", "Overloaded")
_DECLINED = {"type": "refusal", "category": "cyber", "explanation": "It could do harm."}

SCENARIOS: dict[str, Sequence[Step]] = {
    "text": [start(), *text("The answer is forty-two."), *end()],
    "tool": [start(), *text("Let me see."), *calls(("add", '{"a": 40, "b": 2}'), after=1)],
    "parallel": [start(), *calls(("add", '{"a": 40, "b": 2}'), ("add", '{"a": 1, "b": 1}'))],
    "reasoning": [
        start(),
        *thinking("Hm, let me see.", "EqQBCgIYAhIM"),
        *text("Yes.", 1),
        *end(),
    ],
    "length": [start(), *text("This goes on and"), *end("max_tokens")],
    "window": [start(), *text("So long that"), *end("model_context_window_exceeded")],
    "paused": [start(), *text("I looked and"), *end("pause_turn")],
    "sequence": [start(), *text("Up to here"), *end("stop_sequence")],
    "refusal": [start(), *text("It is"), *end("refusal", _DECLINED)],
    "refusal-at-once": [start(), *end("refusal", _DECLINED)],
    "hang-before-headers": [HANG],
    "hang-mid-stream": [*_HELLO, HANG],
    "truncated": [*_HELLO, Cut()],
    "dropped-mid-stream": [*_HELLO, Drop()],
    "reset-mid-stream": [*_HELLO, Pause(0.1), Reset()],
    "reset-before-headers": [Reset()],
    "error-first": [_OVERLOADED, Cut()],
    "error-mid-stream": [*_HELLO, _OVERLOADED, Cut()],
    "malformed-json": [*_HELLO, b'event: content_block_delta\ndata: {"type"\n\n', *end()],
    "html": [Reply(200, "<h1>It works!</h1>")],
}


class AnthropicWireServer(WireServer):
    """Anthropic, as far as a client can see."""

    def answer(self, request: Request) -> Iterable[Step]:
        """Say, step by step, how to answer."""
        try:
            check(request)
        except Refusal as refusal:
            return [failure(refusal.status, str(refusal))]
        if request.path == "/v1/models":
            model = {"id": "echo", "type": "model", "display_name": "Echo", "lifecycle": "active"}
            return [Reply(200, {"data": [model], "has_more": False})]
        return self._message(request.body)

    def _message(self, body: dict[str, Any]) -> Iterable[Step]:
        model = body["model"]
        if (played := self.played(model)) is not None:
            return played
        if model.startswith("status-"):
            return [failure(int(model.removeprefix("status-")))]
        if model.startswith("pieces:"):
            _, count, seconds = model.split(":")
            return _pieces(int(count), float(seconds))
        return SCENARIOS.get(model) or [start(), *_echo(body)]


def _pieces(count: int, seconds: float) -> Iterator[Step]:
    first, ping, *_, last = text("")
    yield from (start(), first, ping)
    piece = delta(0, "text_delta", text="word ")
    for _ in range(count):
        if seconds:
            yield Pause(seconds)
        yield piece
    yield from (last, *end())


def _echo(body: Mapping[str, Any]) -> Iterator[bytes]:
    """Answer to the last turn, which is the user's; think first if it is a thinker's."""
    after = 0
    if body["model"] == "thinker":
        thoughts = "I must think about this."
        yield from thinking(thoughts, signature(body, thoughts))
        yield from block(1, {"type": "redacted_thinking", "data": signature(body, "secret")})
        after = 2
    content = body["messages"][-1]["content"]
    results = [each["content"] for each in content if each["type"] == "tool_result"]
    said = " ".join(each["text"] for each in content if each["type"] == "text")
    if wanted := list(calls_wanted(said)):
        yield from text("\n\nLet me see. ", after)
        yield from calls(*wanted, after=after + 1)
        return
    told = f"The tools said: {'; '.join(results)}" if results else f"You said: {said}"
    yield from text(told, after)
    yield from end()


if __name__ == "__main__":
    serve(AnthropicWireServer, "ANTHROPIC_BASE_URL={base_url} ANTHROPIC_API_KEY=any")
