"""The stand-in for OpenAI: the stock SDK, typed chunks and all, takes it for the real one."""

import subprocess
import sys

import openai
import pytest

from tests.adapters.llm.wire_openai import OpenAIWireServer


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


async def test_refuses_a_request_without_a_key(wire: OpenAIWireServer) -> None:
    async with openai.AsyncOpenAI(
        api_key="sk-test", base_url=wire.base_url, default_headers={"Authorization": "none"}
    ) as client:
        with pytest.raises(openai.AuthenticationError):
            await client.models.list()


def test_runs_by_itself() -> None:
    command = [sys.executable, "-m", "tests.adapters.llm.wire_openai"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address, _ = process.stdout.readline().removeprefix("OPENAI_BASE_URL=").split(" ")
        with openai.OpenAI(api_key="any", base_url=address) as client:
            assert [model.id for model in client.models.list()] == ["echo"]
        process.terminate()
    assert process.returncode == 0
