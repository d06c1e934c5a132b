"""Failures of servers of OpenAI's chat completions, and those that one provider shows for all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx2
import openai
import pytest

from adapters.llm.openai.chat import OpenAIChat
from adapters.llm.openai.errors import openai_errors
from adapters.llm.sdk.failures import http_errors
from domain.models.messages import ModelRequest, UserTurn
from domain.shared.errors import ProviderError, ProviderReason
from tests.adapters.llm.provider_contract import exceptions_of, failure
from tests.adapters.llm.wire.openai import OpenAIWireServer, chunk, event
from tests.adapters.llm.wire.openai import answer as answering
from tests.adapters.llm.wire.server import Cut, Reply


@pytest.fixture
async def model(wire: OpenAIWireServer) -> AsyncIterator[OpenAIChat]:
    model = OpenAIChat(api_key="sk-test", base_url=wire.base_url, provider="acme")
    yield model
    await model.close()


async def test_names_the_provider_as_it_is_configured(model: OpenAIChat) -> None:
    _, error = await failure(model, "status-503")
    assert error.provider == "acme"
    assert error.message.startswith("acme")


@pytest.mark.parametrize("value", ["soon", "nan", "inf", "-1"])
async def test_passes_over_a_bad_time_to_come_back(
    wire: OpenAIWireServer, model: OpenAIChat, value: str
) -> None:
    wire.play("busy", [Reply(429, {}, {"retry-after": value})])
    _, error = await failure(model, "busy")
    assert error.retry_after is None


async def test_quotes_the_provider_where_that_helps(model: OpenAIChat) -> None:
    _, error = await failure(model, "status-400")
    assert "maximum context length" in error.message


async def test_a_web_page_hints_at_the_address(model: OpenAIChat) -> None:
    _, error = await failure(model, "html")
    assert "base URL" in error.message


async def test_an_event_without_bound_is_no_answer(
    wire: OpenAIWireServer, model: OpenAIChat
) -> None:
    wire.play("endless", [b"data: " + b"x" * 65536] * 40)
    _, error = await failure(model, "endless")
    assert error.reason is ProviderReason.MALFORMED


async def test_a_call_without_a_name_is_no_answer(
    wire: OpenAIWireServer, model: OpenAIChat
) -> None:
    nameless = chunk({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]})
    wire.play("nameless", answering(nameless, finish="tool_calls"))
    _, error = await failure(model, "nameless")
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
    wire: OpenAIWireServer, model: OpenAIChat, error: Any, reason: ProviderReason
) -> None:
    wire.play("odd", [event({"error": error}), Cut()])
    assert (await failure(model, "odd"))[1].reason is reason


async def test_a_timeout_spares_the_reader_s_own_work(
    wire: OpenAIWireServer, model: OpenAIChat
) -> None:
    await failure(model, "status-503")  # so that loading the SDK does not take the time
    model = OpenAIChat(api_key="sk-test", base_url=wire.base_url, total_timeout=2)
    async with aclosing(model.stream(ModelRequest("hang-mid-stream", [UserTurn("Hi.")]))) as stream:
        await anext(stream)
        await asyncio.sleep(2.2)  # would be cancelled by a timeout that spans the yield
    await model.close()


def test_a_connection_that_is_not_made_in_time_is_no_silence() -> None:
    """It is cheap to try again, where a model that was silent would begin from nothing."""
    for kind in (httpx2.ConnectTimeout, httpx2.PoolTimeout):
        with pytest.raises(ProviderError) as raw, http_errors("acme"):
            raise kind("slow")
        request = httpx2.Request("GET", "http://acme.test")
        with pytest.raises(ProviderError) as wrapped, openai_errors("acme"):
            raise openai.APITimeoutError(request=request) from kind("slow")
        assert raw.value.reason is wrapped.value.reason is ProviderReason.UNREACHABLE


# Raised by what is not used here: the check of webhooks, and cookies, which the SDK keeps none of.
_NOT_MET = {openai.InvalidWebhookSignatureError, httpx2.CookieConflict}


@pytest.mark.parametrize(
    "kind", sorted((exceptions_of(openai) | exceptions_of(httpx2)) - _NOT_MET, key=str)
)
def test_every_exception_of_the_sdk_becomes_one_of_ours(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    if isinstance(error, openai.APIStatusError):
        error.status_code, error.body, error.response = 418, None, httpx2.Response(418)
    with pytest.raises(ProviderError), http_errors("acme"), openai_errors("acme"):
        raise error
