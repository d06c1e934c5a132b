"""The stand-in for OpenAI: the stock SDK, typed chunks and all, takes it for the real one."""

import subprocess
import sys
from typing import Any

import openai
import pytest

from tests.adapters.llm.wire.openai import OpenAIWireServer

CALLED = {"type": "function_call", "call_id": "c1", "name": "add", "arguments": "{}"}
FUNCTION = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
ASKING = {"role": "assistant", "content": None, "tool_calls": [FUNCTION]}
TOLD = {"role": "tool", "tool_call_id": "c1", "content": "2"}


async def test_the_sdk_s_own_reading_agrees(wire: OpenAIWireServer) -> None:
    async with openai.AsyncOpenAI(api_key="sk-test", base_url=wire.base_url) as client:
        said = 'call add {"a": {"b": [1]}} and call now {}'
        async with client.chat.completions.stream(
            model="echo", messages=[{"role": "user", "content": said}]
        ) as stream:
            completion = await stream.get_final_completion()
    (choice,) = completion.choices
    assert choice.finish_reason == "tool_calls"
    calls = [call.function for call in choice.message.tool_calls or []]
    assert [(call.name, call.arguments) for call in calls] == [
        ("add", '{"a": {"b": [1]}}'),
        ("now", "{}"),
    ]


async def test_the_sdk_s_own_reading_of_a_response_agrees(wire: OpenAIWireServer) -> None:
    async with openai.AsyncOpenAI(api_key="sk-test", base_url=wire.base_url) as client:
        said = 'call add {"a": {"b": [1]}} and call now {}'
        async with client.responses.stream(
            model="thinker", input=[{"role": "user", "content": said}], store=False
        ) as stream:
            response = await stream.get_final_response()
    kinds = [item.type for item in response.output]
    assert kinds == ["reasoning", "message", "function_call", "function_call"]
    calls = [item for item in response.output if item.type == "function_call"]
    assert [(call.name, call.arguments) for call in calls] == [
        ("add", '{"a": {"b": [1]}}'),
        ("now", "{}"),
    ]
    assert response.usage is not None
    assert response.usage.input_tokens_details.cached_tokens == 16


@pytest.mark.parametrize(
    ("path", "said", "message"),
    [
        ("/responses", {"input": [CALLED]}, "No tool output found"),
        ("/responses", {"input": [{"role": "user", "content": None}]}, "expected a string"),
        ("/chat/completions", {"messages": [ASKING]}, "did not have response messages"),
        ("/chat/completions", {"messages": [TOLD]}, "must be a response to a preceeding"),
        ("/chat/completions", {"messages": [], "store": False}, "Unknown parameter: 'store'"),
    ],
)
async def test_refuses_what_the_service_refuses(
    wire: OpenAIWireServer, path: str, said: dict[str, Any], message: str
) -> None:
    async with openai.AsyncOpenAI(api_key="sk-test", base_url=wire.base_url) as client:
        body = {"model": "echo", **({"store": False} if "input" in said else {}), **said}
        with pytest.raises(openai.BadRequestError, match=message):
            await client.post(path, body=body, cast_to=dict[str, Any])


async def test_refuses_a_request_without_a_key(wire: OpenAIWireServer) -> None:
    async with openai.AsyncOpenAI(
        api_key="sk-test", base_url=wire.base_url, default_headers={"Authorization": "none"}
    ) as client:
        with pytest.raises(openai.AuthenticationError):
            await client.models.list()


def test_runs_by_itself() -> None:
    command = [sys.executable, "-m", "tests.adapters.llm.wire.openai"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address, _ = process.stdout.readline().removeprefix("OPENAI_BASE_URL=").split(" ")
        with openai.OpenAI(api_key="any", base_url=address) as client:
            assert [model.id for model in client.models.list()] == ["echo"]
        process.terminate()
    assert process.returncode == 0
