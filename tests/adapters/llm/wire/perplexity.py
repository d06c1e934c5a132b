"""A local server that speaks Perplexity's streamed chat completions as the real service does.

Each chunk repeats the whole message so far beside what is new, and tells usage, cost and sources;
there is no mark that nothing follows. The name of the model chooses the answer, as in
`tests.adapters.llm.wire.openai`; there are no tools, and so no scenarios with any.

``python -m tests.adapters.llm.wire.perplexity --port 8001`` serves until it is interrupted.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.adapters.llm.wire.openai import event, refused
from tests.adapters.llm.wire.openai_checks import Refusal
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
    serve,
)

USAGE = {
    "prompt_tokens": 21,
    "completion_tokens": 9,
    "total_tokens": 30,
    "search_context_size": "low",
    "cost": {"input_tokens_cost": 0.0, "output_tokens_cost": 0.0, "total_cost": 0.005},
}
SOURCES = {
    "citations": ["https://example.org/a", "https://example.org/b"],
    "search_results": [
        {"title": "All [about] A", "url": "https://example.org/a", "date": "2026-08-07"},
        {"title": None, "url": "https://example.org/b", "date": None},
    ],
}
_FIELDS = {"model", "messages", "stream", "max_tokens", "temperature", "top_p", "response_format"}


def chunk(said: str, new: str, finish: str | None = None, **more: Any) -> bytes:
    """Return the event of one chunk: all that was ``said``, and what is ``new`` in it."""
    choice = {
        "index": 0,
        "finish_reason": finish,
        "message": {"role": "assistant", "content": said},
        "delta": {"role": "assistant", "content": new},
    }
    return event(
        {
            "id": "9c1b6f7e-58a9-4b2c-8a3e-3f0d5f1f5b11",
            "model": "wire-model",
            "created": 1790000000,
            "usage": USAGE,
            "object": "chat.completion.done" if finish else "chat.completion.chunk",
            "choices": [choice],
            **more,
        }
    )


def answer(content: str, finish: str = "stop", sources: Mapping[str, Any] = {}) -> list[Step]:
    """Return a whole answer, cut about where tokens would be."""
    words = re.findall(r"\s*\S+|\s+$", content)
    said = itertools.accumulate(words)
    chunks = [chunk(*each, **sources) for each in zip(said, words, strict=True)]
    return [*chunks, chunk(content, "", finish, **sources)]


def _failure(status: int) -> Reply:
    if status == 401:
        return Reply(401, "<html><center><h1>401 Authorization Required</h1></center></html>")
    words = "Invalid key sk-wire***cret" if status == 403 else "Something is wrong."
    error = {"message": words, "type": "some_error", "code": status}
    return Reply(status, {"error": error}, {"retry-after": "7"} if status == 429 else {})


def _check(request: Request) -> None:
    body = request.body
    _require(body.keys() <= _FIELDS, f"Unknown fields: {body.keys() - _FIELDS}")
    roles = [message["role"] for message in body["messages"]]
    turns = roles[roles[:1] == ["system"] :]
    alternate = turns == [("user", "assistant")[at % 2] for at in range(len(turns))]
    words = "After the (optional) system message(s), user or tool message(s) should alternate with"
    _require(alternate, f"{words} assistant message(s).")
    _require(len(turns) % 2, "Last message must have role `user` or `tool`.")
    _require(all(each["content"].strip() for each in body["messages"]), "Empty content.")


def _require(holds: object, message: str) -> None:
    if not holds:
        raise Refusal(message, code="invalid_message")


_HELLO = answer("Half an ans")[:-1]
_BOOM = {"message": "Internal error.", "type": "internal_error", "code": 500}

SCENARIOS: dict[str, Sequence[Step]] = {
    "text": answer("The answer is forty-two."),
    "sources": answer("It is so[1], or not[2].", sources=SOURCES),
    "reasoning": answer("<think>\nHm, let me see.\n</think>\n\nYes."),
    "length": answer("This goes on and", "length"),
    "hang-before-headers": [HANG],
    "hang-mid-stream": [*_HELLO, HANG],
    "truncated": [*_HELLO, Cut()],
    "dropped-mid-stream": [*_HELLO, Drop()],
    "reset-mid-stream": [*_HELLO, Pause(0.1), Reset()],
    "reset-before-headers": [Reset()],
    "error-first": [event({"error": _BOOM}), Cut()],
    "error-mid-stream": [*_HELLO, event({"error": _BOOM}), Cut()],
    "malformed-json": [*_HELLO, b'data: {"choices": [{"delta"\n\n', Cut()],
    "html": [Reply(200, "<h1>It works!</h1>")],
    "unknown": [
        Reply(400, {"error": {"message": "Invalid model.", "type": "invalid_model", "code": 400}})
    ],
}


class PerplexityWireServer(WireServer):
    """Perplexity, as far as a client can see."""

    def answer(self, request: Request) -> Iterable[Step]:
        """Say, step by step, how to answer."""
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return [_failure(401)]
        if (request.method, request.path) != ("POST", "/chat/completions"):
            return super().answer(request)
        try:
            _check(request)
        except Refusal as refusal:
            return [refused(refusal)]
        return self._completion(request.body)

    def _completion(self, body: Mapping[str, Any]) -> Iterable[Step]:
        model = body["model"]
        if (played := self.played(model)) is not None:
            return played
        if model.startswith("status-"):
            return [_failure(int(model.removeprefix("status-")))]
        if model.startswith("pieces:"):
            _, count, seconds = model.split(":")
            return _pieces(int(count), float(seconds))
        said = body["messages"][-1]["content"]
        return SCENARIOS.get(model) or answer(f"You said: {said}")


def _pieces(count: int, seconds: float) -> Iterator[Step]:
    for at in range(1, count + 1):
        if seconds:
            yield Pause(seconds)
        yield chunk("word " * at, "word ")
    yield chunk("word " * count, "", "stop")


if __name__ == "__main__":
    serve(PerplexityWireServer, "PERPLEXITY_BASE_URL={base_url} PERPLEXITY_API_KEY=any")
