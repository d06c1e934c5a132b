"""A stand-in for a provider that speaks OpenAI's chat completions, as cheap as can be.

It answers every POST with a stream of pieces made once and kept as bytes. A prompt may say how:
``pieces=200 pause=10`` asks for 200 pieces, 10 ms apart; ``pause=0`` for all of them in one
burst. So one stand-in serves every scenario, through whatever service stands in between. A token
of what it reads is four bytes of the request.
"""

import argparse
import asyncio
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, cast

import uvloop

ASKED: Final = re.compile(rb"pieces=(\d+) pause=(\d+)")
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_BYTES_PER_TOKEN: Final = 4
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n"
)
_WORDS: Final = (" the", " harbour", " lies", " calm", " and", " ships", " come", " in", " at", ".")


def prompt(pieces: int, pause: int) -> str:
    """Return a message that asks for so many pieces, so many milliseconds apart."""
    return f"Tell me of the harbour: pieces={pieces} pause={pause}"


def text(pieces: int) -> str:
    """Return the text that so many pieces add up to."""
    return "".join(_WORDS[number % len(_WORDS)] for number in range(pieces))


@lru_cache
def answer(count: int) -> tuple[bytes, ...]:
    """Return the bytes of an answer, one part for each piece; the head goes with the first."""
    parts = [_event(_chunk({"content": _WORDS[n % len(_WORDS)]})) for n in range(count)]
    parts[0] = _HEAD + _event(_chunk({"role": "assistant", "content": ""})) + parts[0]
    parts[-1] += _event(_chunk({}, "stop"))
    return tuple(parts)


def ending(count: int, read: int) -> bytes:
    """Return the bytes that follow on an answer: so many tokens were read for it."""
    used = {"prompt_tokens": read, "completion_tokens": count, "total_tokens": count + read}
    usage = _event(_chunk(None) | {"usage": used})
    return usage + _frame(b"data: [DONE]\n\n") + b"0\r\n\r\n"


def _chunk(delta: dict[str, str] | None, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {
        "id": "chatcmpl-CdZ8mRq0xkE3yJ5vWnTfLbH7oUaPi",
        "object": "chat.completion.chunk",
        "created": 1763600000,
        "model": "stand-in",
        "service_tier": "default",
        "system_fingerprint": None,
        "choices": [] if delta is None else [choice],
        "usage": None,
    }


def _event(chunk: dict[str, Any]) -> bytes:
    return _frame(b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n")


def _frame(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Provider(asyncio.Protocol):
    """One connection; ``pieces`` and ``pause`` (ms) hold where the prompt does not say."""

    def __init__(self, pieces: int, pause: int) -> None:
        self._asked = (pieces, pause)
        self._received = bytearray()
        self._expected = 0  # bytes of the request; 0 until its head has come
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._expected and (end := self._received.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._received, 0, end)
            self._expected = end + 4 + int(length[1] if length else 0)
        if not self._expected or len(self._received) < self._expected:
            return
        body, self._received, self._expected = self._received, bytearray(), 0
        asked = ASKED.findall(body)  # the last one: a conversation holds the earlier prompts too
        pieces, pause = map(int, asked[-1]) if asked else self._asked
        *parts, last = answer(pieces)
        parts.append(last + ending(pieces, len(body) // _BYTES_PER_TOKEN))
        if pause:
            self._send(parts, 0, pause / 1000, self._loop.time())
        else:
            self._transport.write(b"".join(parts))

    def _send(self, parts: Sequence[bytes], sent: int, pause: float, began: float) -> None:
        self._transport.write(parts[sent])
        if (sent := sent + 1) < len(parts):
            # Timed from the beginning, so that no delay adds to the next.
            at = began + sent * pause
            self._timer = self._loop.call_at(at, self._send, parts, sent, pause, began)


async def serve(port: int, pieces: int, pause: int) -> None:
    """Serve on 127.0.0.1 until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Provider(pieces, pause), "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--pieces", type=int, default=200)
    parser.add_argument("--pause", type=int, default=0, help="milliseconds between two pieces")
    options = parser.parse_args()
    uvloop.run(serve(options.port, options.pieces, options.pause))


if __name__ == "__main__":
    main()
