"""A local server that speaks OpenAI's streamed answers as the real service does.

It knows chat completions, and the Responses API (`tests.adapters.llm.wire.responses`).

The name of the model chooses the answer: one of `SCENARIOS`, ``status-NNN`` for an error,
``pieces:COUNT:SECONDS`` for a text in so many pieces with a pause between, and any other
name for an echo that is of some use: it repeats the user's words; asked to
``call TOOL {json}`` (as often as one likes in one message) it asks for those calls, and then
it tells their results. A test can set the answers of a model with `WireServer.play`.

``python -m tests.adapters.llm.wire.openai --port 8001`` serves until it is interrupted.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.adapters.llm.wire import responses as wire_responses
from tests.adapters.llm.wire.openai_checks import Refusal, check_completion, check_response
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
    "prompt_tokens": 21,
    "completion_tokens": 9,
    "total_tokens": 30,
    "prompt_tokens_details": {"cached_tokens": 16, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}
DONE = b"data: [DONE]\n\n"


def event(data: Any) -> bytes:
    """Return one server-sent event."""
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None) -> bytes:
    """Return the event of one chunk of an answer."""
    choice = {"index": 0, "delta": delta or {}, "logprobs": None, "finish_reason": finish}
    return event(_envelope([choice], None))


def usage_chunk() -> bytes:
    """Return the last chunk, which has no choice but the usage."""
    return event(_envelope([], USAGE))


def _envelope(choices: list[Any], usage: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-BUj1sQvQ3yF4CzNqvQ7L3jGzX9xYa",
        "object": "chat.completion.chunk",
        "created": 1790000000,
        "model": "wire-model",
        "service_tier": "default",
        "system_fingerprint": "fp_50cad350e4",
        "choices": choices,
        "usage": usage,
    }


def role() -> bytes:
    """Return the first chunk, which names the speaker and says nothing."""
    return chunk({"role": "assistant", "content": "", "refusal": None})


def answer(*deltas: bytes, finish: str = "stop") -> list[Step]:
    """Return a whole answer around its chunks."""
    return [role(), *deltas, chunk(finish=finish), usage_chunk(), DONE]


def text(content: str) -> list[bytes]:
    """Return the chunks of a text, cut about where tokens would be."""
    return [chunk({"content": piece}) for piece in re.findall(r"\s*\S+|\s+$", content)]


def call(index: int, name: str, arguments: str, size: int = 5) -> list[bytes]:
    """Return the chunks of a tool call, its arguments in fragments of so many characters."""
    first = {
        "index": index,
        "id": f"call_{index}Jx8uTnYcDAkxMOnwl8cKSF",
        "type": "function",
        "function": {"name": name, "arguments": ""},
    }
    parts = (arguments[start : start + size] for start in range(0, len(arguments), size))
    rest = ({"index": index, "function": {"arguments": part}} for part in parts)
    return [chunk({"tool_calls": [part]}) for part in (first, *rest)]


def calls(*wanted: tuple[str, str]) -> list[Step]:
    """Return an answer that asks for these tools with these arguments."""
    made = (call(index, *each) for index, each in enumerate(wanted))
    return answer(*itertools.chain.from_iterable(made), finish="tool_calls")


def _interleaved() -> list[Step]:
    """Two calls whose fragments take turns, and share chunks."""
    first = call(0, "add", '{"a": 40, "b": 2}')
    second = call(1, "add", '{"a": 1, "b": 1}')
    turns = itertools.zip_longest(first, second)
    return answer(*(part for pair in turns for part in pair if part), finish="tool_calls")


def _failure(status: int) -> Reply:
    message, code = {
        400: ("This model's maximum context length is 8 tokens.", "context_length_exceeded"),
        401: ("Incorrect API key provided: sk-wire***cret.", "invalid_api_key"),
        403: ("Project `proj_secret` does not have access.", "model_not_allowed"),
        404: ("The model `status-404` does not exist.", "model_not_found"),
        413: ("Request too large.", "request_too_large"),
        422: ("Unprocessable.", "unprocessable"),
        429: ("Rate limit reached for requests per min.", "rate_limit_exceeded"),
    }.get(status, ("The server had an error.", "server_error"))
    error = {"message": message, "type": code, "param": None, "code": code}
    headers = {"retry-after": "7"} if status == 429 else {}
    return Reply(status, {"error": error}, {"x-request-id": "req_wire", **headers})


_HELLO = [role(), *text("Half an ans")]
_BOOM = {"message": "The server had an error.", "type": "server_error", "code": None}

SCENARIOS: dict[str, Sequence[Step]] = {
    "text": answer(*text("The answer is forty-two.")),
    "tool": calls(("add", '{"a": 40, "b": 2}')),
    "parallel": calls(("add", '{"a": 40, "b": 2}'), ("add", '{"a": 1, "b": 1}')),
    "interleaved": _interleaved(),
    "reasoning": answer(chunk({"reasoning_content": "Hm, let me see."}), *text("Yes.")),
    "length": answer(*text("This goes on and"), finish="length"),
    "refusal": answer(chunk({"refusal": "I can't help "}), chunk({"refusal": "with that."})),
    "content-filter": answer(*text("It is"), finish="content_filter"),
    "hang-before-headers": [HANG],
    "hang-mid-stream": [*_HELLO, HANG],
    "truncated": [*_HELLO, Cut()],
    "dropped-mid-stream": [*_HELLO, Drop()],
    "reset-mid-stream": [*_HELLO, Pause(0.1), Reset()],
    "reset-before-headers": [Reset()],
    "error-first": [event({"error": _BOOM}), Cut()],
    "error-mid-stream": [*_HELLO, event({"error": _BOOM}), Cut()],
    "malformed-json": [*_HELLO, b'data: {"choices": [{"delta"\n\n', DONE],
    "html": [Reply(200, "<h1>It works!</h1>")],
}


_Check = Callable[[Mapping[str, Any]], None]
_Speak = Callable[[Mapping[str, Any]], Iterable[Step]]


class OpenAIWireServer(WireServer):
    """OpenAI, as far as a client can see."""

    @property
    def base_url(self) -> str:
        """Return what a client takes for ``OPENAI_BASE_URL``."""
        return f"{self.origin}/v1"

    def answer(self, request: Request) -> Iterable[Step]:
        """Say, step by step, how to answer."""
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return [_failure(401)]
        try:
            match (request.method, request.path):
                case ("GET", "/v1/models"):
                    models = [{"id": "echo", "object": "model"}]
                    return [Reply(200, {"object": "list", "data": models})]
                case ("POST", "/v1/chat/completions"):
                    return self._answer(request.body, check_completion, completion)
                case ("POST", "/v1/responses"):
                    return self._answer(request.body, check_response, wire_responses.response)
        except Refusal as refusal:
            return [refused(refusal)]
        return super().answer(request)

    def _answer(self, body: dict[str, Any], check: _Check, speak: _Speak) -> Iterable[Step]:
        check(body)
        model = body["model"]
        if (played := self.played(model)) is not None:
            return played
        if model.startswith("status-"):
            return [_failure(int(model.removeprefix("status-")))]
        return speak(body)


def refused(refusal: Refusal) -> Reply:
    """Return the service's answer to a request that is wrong."""
    error = {"message": str(refusal), "type": "invalid_request_error"}
    return Reply(400, {"error": {**error, "param": refusal.param, "code": refusal.code}})


def completion(body: Mapping[str, Any]) -> Iterable[Step]:
    """Answer a request for a chat completion that is right."""
    model = body["model"]
    if model.startswith("pieces:"):
        _, count, seconds = model.split(":")
        return _pieces(int(count), float(seconds))
    return SCENARIOS.get(model) or _echo(body["messages"])


def _pieces(count: int, seconds: float) -> Iterator[Step]:
    yield role()
    piece = chunk({"content": "word "})
    for _ in range(count):
        if seconds:
            yield Pause(seconds)
        yield piece
    yield from (chunk(finish="stop"), usage_chunk(), DONE)


def _echo(messages: list[dict[str, Any]]) -> list[Step]:
    if results := list(
        itertools.takewhile(lambda message: message["role"] == "tool", reversed(messages))
    ):
        told = "; ".join(result["content"] for result in reversed(results))
        return answer(*text(f"The tools said: {told}"))
    users = (each["content"] for each in reversed(messages) if each["role"] == "user")
    said = next(users, "")
    if wanted := list(calls_wanted(said)):
        return calls(*wanted)
    return answer(*text(f"You said: {said}"))


if __name__ == "__main__":
    serve(OpenAIWireServer, "OPENAI_BASE_URL={base_url} OPENAI_API_KEY=any")
