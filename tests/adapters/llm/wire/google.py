"""A local server that speaks Google's ``streamGenerateContent`` as the real service does.

The name of the model chooses the answer: one of `SCENARIOS`, ``status-NNN`` for an error,
``pieces:COUNT:SECONDS`` for a text in so many pieces with a pause between, and any other
name for an echo that is of some use: it repeats the user's words; asked to
``call TOOL {json}`` (as often as one likes in one message) it asks for those calls, and then
it tells their results. A test can set the answers of a model with `GoogleWireServer.play`.
Whatever the answer, the request must first be one that the real service takes.

``python -m tests.adapters.llm.wire.google --port 8003`` serves until it is interrupted.
"""

import argparse
import json
import re
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from tests.adapters.llm.wire.google_rules import SIGNATURE, refusal
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
)

_PROMPT = {"promptTokenCount": 21, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 21}]}
_FIRST_USAGE = {**_PROMPT, "cachedContentTokenCount": 16, "totalTokenCount": 21}
USAGE = {
    **_PROMPT,
    "candidatesTokenCount": 6,
    "thoughtsTokenCount": 3,
    "cachedContentTokenCount": 16,
    "totalTokenCount": 30,
}


def event(data: Any) -> bytes:
    """Return one server-sent event, its lines ended as Google ends them."""
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\r\n\r\n"


def chunk(*parts: dict[str, Any], finish: str | None = None) -> bytes:
    """Return the event of one chunk of an answer; the last one tells why it is the last."""
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if not parts:
        del candidate["content"]
    if finish:
        candidate["finishReason"] = finish
    return event({"candidates": [candidate], **_envelope(USAGE if finish else _FIRST_USAGE)})


def _envelope(usage: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "usageMetadata": usage,
        "modelVersion": "wire-model",
        "responseId": "wtMWaZqXCo-fvdIP0eGl4Qc",
    }


def answer(*parts: dict[str, Any], finish: str = "STOP") -> list[Step]:
    """Return an answer of a chunk for each part, the last with the reason why it ends."""
    *first, last = parts or ({"text": ""},)
    return [*map(chunk, first), chunk(last, finish=finish)]


def text(content: str) -> list[dict[str, Any]]:
    """Return the parts of a text, which the service sends by the handful of words."""
    return [{"text": piece} for piece in re.findall(r"(?:\s*\S+){1,2}|\s+$", content)]


def call(number: int, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a call; only the first of an answer is signed."""
    signed = {} if number else {"thoughtSignature": SIGNATURE}
    return {"functionCall": {"name": name, "args": arguments, "id": f"wire{number}"}, **signed}


def calls(*wanted: tuple[str, Mapping[str, Any]]) -> list[Step]:
    """Return an answer that asks for these tools with these arguments."""
    return answer(*(call(number, *each) for number, each in enumerate(wanted)))


def error_body(status: int) -> dict[str, Any]:
    """Return the service's error object."""
    name, message = {
        400: ("INVALID_ARGUMENT", "The input token count exceeds the maximum number of tokens."),
        401: ("UNAUTHENTICATED", "Request had invalid authentication credentials: sk-wire***cret."),
        403: ("PERMISSION_DENIED", "The consumer 'api_key:sk-wire-secret' has been suspended."),
        404: ("NOT_FOUND", "models/status-404 is not found for API version v1."),
        413: ("INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."),
        429: ("RESOURCE_EXHAUSTED", "You exceeded your current quota."),
        500: ("INTERNAL", "An internal error has occurred."),
        503: ("UNAVAILABLE", "The model is overloaded. Please try again later."),
    }.get(status, ("UNKNOWN", "Something else."))
    error: dict[str, Any] = {"code": status, "message": message, "status": name}
    if status == 429:
        rpc = "type.googleapis.com/google.rpc"
        quota = {"quotaMetric": "generate_content_requests", "quotaValue": "10"}
        error["details"] = [
            {"@type": f"{rpc}.QuotaFailure", "violations": [quota]},
            {"@type": f"{rpc}.RetryInfo", "retryDelay": "7s"},
        ]
    return {"error": error}


def bad_key() -> Reply:
    """Return the answer to a key that is none or has expired: not a 401."""
    error = {
        "code": 400,
        "message": "API key not valid. Please pass a valid API key.",
        "status": "INVALID_ARGUMENT",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
                "metadata": {"service": "generativelanguage.googleapis.com"},
            }
        ],
    }
    return Reply(400, {"error": error})


_HELLO = [chunk(part) for part in text("Half an ans")]
_BLOCKED = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **_envelope(_FIRST_USAGE)}
_TWO = [("add", {"a": 40, "b": 2}), ("add", {"a": 1, "b": 1})]

SCENARIOS: dict[str, Sequence[Step]] = {
    "text": answer(*text("The answer is forty-two.")),
    "tool": answer({"text": "Let me "}, {"text": "add."}, call(0, *_TWO[0])),
    "parallel": calls(*_TWO),
    "reasoning": answer(
        {"text": "Hm, let me ", "thought": True},
        {"text": "see.", "thought": True},
        *text("Yes."),
        {"text": "", "thoughtSignature": SIGNATURE},
    ),
    "length": answer(*text("This goes on and"), finish="MAX_TOKENS"),
    "refusal": [*_HELLO, chunk(finish="SAFETY")],
    "blocked": [event(_BLOCKED)],
    "malformed-call": [chunk(finish="MALFORMED_FUNCTION_CALL")],
    "hang-before-headers": [HANG],
    "hang-mid-stream": [*_HELLO, HANG],
    "truncated": [*_HELLO, Cut()],
    "dropped-mid-stream": [*_HELLO, Drop()],
    "reset-mid-stream": [*_HELLO, Pause(0.1), Reset()],
    "reset-before-headers": [Reset()],
    "error-first": [event(error_body(503)), Cut()],
    "error-mid-stream": [*_HELLO, event(error_body(503)), Cut()],
    "malformed-json": [*_HELLO, b'data: {"candidates": [{"content"\r\n\r\n', Cut()],
    "html": [Reply(200, "<h1>It works!</h1>")],
    "api-key-invalid": [bad_key()],
    "moved": [Reply(302, "Moved.", {"location": "https://example.org/"})],
}


class GoogleWireServer(WireServer):
    """The Gemini API, as far as a client can see."""

    def answer(self, request: Request) -> Iterable[Step]:
        """Say, step by step, how to answer."""
        asked = re.fullmatch(
            r"/v1(?:beta)?/models/(.+):streamGenerateContent\?alt=sse", unquote(request.path)
        )
        if request.method != "POST" or asked is None:
            return super().answer(request)
        if not request.headers.get("x-goog-api-key"):
            return [Reply(403, error_body(403))]
        if (message := refusal(asked[1], request.body)) is not None:
            error = {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}
            return [Reply(400, {"error": error})]
        return self._content(asked[1], request.body)

    def _content(self, model: str, body: dict[str, Any]) -> Iterable[Step]:
        if (played := self.played(model)) is not None:
            return played
        if model.startswith("status-"):
            status = int(model.removeprefix("status-"))
            return [Reply(status, error_body(status))]
        if model.startswith("pieces:"):
            _, count, seconds = model.split(":")
            return _pieces(int(count), float(seconds))
        return SCENARIOS.get(model) or _echo(body["contents"])


def _pieces(count: int, seconds: float) -> Iterator[Step]:
    piece = chunk({"text": "word "})
    for _ in range(count):
        if seconds:
            yield Pause(seconds)
        yield piece
    yield chunk({"text": ""}, finish="STOP")


def _echo(contents: list[dict[str, Any]]) -> list[Step]:
    parts = contents[-1]["parts"]
    responses = [part["functionResponse"]["response"] for part in parts if "text" not in part]
    if len(responses) == len(parts):
        told = "; ".join(str(value) for response in responses for value in response.values())
        return answer(*text(f"The tools said: {told}"))
    said = "\n".join(part["text"] for part in parts if "text" in part)
    if wanted := list(_wanted(said)):
        return calls(*wanted)
    return answer(*text(f"You said: {said}"))


def _wanted(said: str) -> Iterator[tuple[str, Any]]:
    decode: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().raw_decode
    for match in re.finditer(r"\bcall ([\w-]+) (?=\{)", said):
        try:
            arguments, _ = decode(said, match.end())
        except ValueError:
            continue
        yield match[1], arguments


def main() -> None:
    """Serve until interrupted, for a human to point the service at."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with GoogleWireServer(parser.parse_args().port) as server:
        print(f"GEMINI_BASE_URL={server.base_url} GEMINI_API_KEY=any", flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
