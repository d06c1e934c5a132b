"""Every way in which an OpenAI-like provider can fail."""

import asyncio
import socket
from contextlib import aclosing
from typing import Any

import httpx2
import openai
import pytest

from adapters.llm.failures import http_errors
from adapters.llm.openai import OpenAIChat
from adapters.llm.openai_errors import openai_errors
from domain.errors import ProviderError, ProviderReason, ProviderTimeout
from domain.llm import ModelRequest, Piece, UserTurn
from tests.adapters.llm.wire_openai import OpenAIWireServer, answer, chunk, event
from tests.adapters.llm.wire_server import Cut, Reply

KEY = "sk-wire-secret"


async def fail(base_url: str, name: str, **options: Any) -> tuple[list[Piece], ProviderError]:
    """Return the pieces that came, and the error after them."""
    pieces: list[Piece] = []
    defaults: dict[str, Any] = {"api_key": KEY, "provider": "acme"}
    model = OpenAIChat(base_url=base_url, **(defaults | options))

    async def ask() -> None:
        async for piece in model.stream(ModelRequest(name, [UserTurn("Hello.")])):
            pieces.append(piece)  # noqa: PERF401 - what came before the error must be kept

    with pytest.raises(ProviderError) as failure:
        await ask()
    await model.close()
    assert failure.value.provider == "acme"
    assert failure.value.message.startswith("acme")
    return pieces, failure.value


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, ProviderReason.REJECTED),
        (401, ProviderReason.AUTHENTICATION),
        (403, ProviderReason.AUTHENTICATION),
        (404, ProviderReason.MODEL_NOT_FOUND),
        (413, ProviderReason.REJECTED),
        (422, ProviderReason.REJECTED),
        (429, ProviderReason.RATE_LIMITED),
        (500, ProviderReason.OVERLOADED),
        (503, ProviderReason.OVERLOADED),
        (529, ProviderReason.OVERLOADED),
    ],
)
async def test_tells_statuses_apart(
    wire: OpenAIWireServer, status: int, reason: ProviderReason
) -> None:
    pieces, error = await fail(wire.base_url, f"status-{status}")
    assert not pieces
    assert error.reason is reason
    assert error.details["status"] == status


async def test_says_when_to_come_back(wire: OpenAIWireServer) -> None:
    _, error = await fail(wire.base_url, "status-429")
    assert error.retry_after == 7


@pytest.mark.parametrize("value", ["soon", "nan", "inf", "-1"])
async def test_passes_over_a_bad_time_to_come_back(wire: OpenAIWireServer, value: str) -> None:
    wire.play("busy", [Reply(429, {}, {"retry-after": value})])
    _, error = await fail(wire.base_url, "busy")
    assert error.retry_after is None


@pytest.mark.parametrize("status", [401, 403])
async def test_repeats_nothing_of_a_refused_key(wire: OpenAIWireServer, status: int) -> None:
    _, error = await fail(wire.base_url, f"status-{status}")
    assert "secret" not in error.message
    assert "cret" not in error.message
    assert error.__suppress_context__


async def test_quotes_the_provider_where_that_helps(wire: OpenAIWireServer) -> None:
    _, error = await fail(wire.base_url, "status-400")
    assert "maximum context length" in error.message


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("truncated", ProviderReason.TRUNCATED),
        ("dropped-mid-stream", ProviderReason.TRUNCATED),
        ("reset-mid-stream", ProviderReason.TRUNCATED),
        ("error-mid-stream", ProviderReason.OVERLOADED),
        ("malformed-json", ProviderReason.MALFORMED),
    ],
)
async def test_gives_what_came_before_it_broke(
    wire: OpenAIWireServer, name: str, reason: ProviderReason
) -> None:
    pieces, error = await fail(wire.base_url, name)
    assert len(pieces) == 3
    assert error.reason is reason


async def test_a_web_page_is_no_answer(wire: OpenAIWireServer) -> None:
    _, error = await fail(wire.base_url, "html")
    assert error.reason is ProviderReason.MALFORMED
    assert "base URL" in error.message


async def test_an_event_without_bound_is_no_answer(wire: OpenAIWireServer) -> None:
    wire.play("endless", [b"data: " + b"x" * 65536] * 40)
    _, error = await fail(wire.base_url, "endless")
    assert error.reason is ProviderReason.MALFORMED


async def test_a_call_without_a_name_is_no_answer(wire: OpenAIWireServer) -> None:
    nameless = chunk({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]})
    wire.play("nameless", answer(nameless, finish="tool_calls"))
    _, error = await fail(wire.base_url, "nameless")
    assert error.reason is ProviderReason.MALFORMED


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"code": "rate_limit_exceeded", "message": "Slow down."}, ProviderReason.RATE_LIMITED),
        ({"code": None, "type": "invalid_request_error"}, ProviderReason.REJECTED),
        ({"code": 400, "type": "BadRequestError", "message": "Too long."}, ProviderReason.REJECTED),
        ({"code": 429}, ProviderReason.RATE_LIMITED),
        ({"code": "never heard of"}, ProviderReason.OVERLOADED),
        ("out of memory", ProviderReason.OVERLOADED),
    ],
)
async def test_reads_an_error_in_the_stream(
    wire: OpenAIWireServer, error: Any, reason: ProviderReason
) -> None:
    wire.play("odd", [event({"error": error}), Cut()])
    assert (await fail(wire.base_url, "odd"))[1].reason is reason


@pytest.mark.parametrize("name", ["hang-before-headers", "hang-mid-stream"])
async def test_silence_is_a_timeout(wire: OpenAIWireServer, name: str) -> None:
    _, error = await fail(wire.base_url, name, read_timeout=0.2)
    assert isinstance(error, ProviderTimeout)
    assert await wire.disconnected()


@pytest.mark.parametrize("name", ["hang-before-headers", "hang-mid-stream", "pieces:10000:0.01"])
async def test_an_answer_may_not_take_for_ever(wire: OpenAIWireServer, name: str) -> None:
    _, error = await fail(wire.base_url, name, total_timeout=0.3)
    assert isinstance(error, ProviderTimeout)
    assert await wire.disconnected()


async def test_a_timeout_spares_the_reader_s_own_work(wire: OpenAIWireServer) -> None:
    model = OpenAIChat(api_key=KEY, base_url=wire.base_url, total_timeout=0.5)
    async with aclosing(model.stream(ModelRequest("hang-mid-stream", [UserTurn("Hi.")]))) as stream:
        await anext(stream)
        await asyncio.sleep(0.7)  # would be cancelled by a timeout that spans the yield
    await model.close()


async def test_nobody_listens() -> None:
    with socket.socket() as unused:  # bound, so that nobody else takes it, but not listening
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        _, error = await fail(address, "text")
    assert error.reason is ProviderReason.UNREACHABLE


async def test_the_connection_breaks_before_an_answer(wire: OpenAIWireServer) -> None:
    _, error = await fail(wire.base_url, "reset-before-headers")
    assert error.reason is ProviderReason.UNREACHABLE


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/v1", "localhost", "http://[::1"])
async def test_the_address_is_none(address: str) -> None:
    _, error = await fail(address, "text")
    assert error.reason is ProviderReason.UNREACHABLE


async def test_the_key_is_none(wire: OpenAIWireServer) -> None:
    _, error = await fail(wire.base_url, "text", api_key="sk-“quoted”")
    assert error.reason is ProviderReason.AUTHENTICATION
    assert "quoted" not in error.message


async def test_the_text_is_none(wire: OpenAIWireServer) -> None:
    _, error = await fail(wire.base_url, "\ud800")
    assert error.reason is ProviderReason.REJECTED


# Raised by what is not used here: the check of webhooks, and cookies, which the SDK keeps none of.
_NOT_MET = {openai.InvalidWebhookSignatureError, httpx2.CookieConflict}


def exceptions_of(module: Any) -> set[type[Exception]]:
    members = (getattr(module, name) for name in module.__all__)
    return {kind for kind in members if isinstance(kind, type) and issubclass(kind, Exception)}


@pytest.mark.parametrize(
    "kind", sorted((exceptions_of(openai) | exceptions_of(httpx2)) - _NOT_MET, key=str)
)
def test_every_exception_of_the_sdk_becomes_one_of_ours(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    if isinstance(error, openai.APIStatusError):
        error.status_code, error.body, error.response = 418, None, httpx2.Response(418)
    with pytest.raises(ProviderError), http_errors("acme"), openai_errors("acme"):
        raise error
