"""What the tests of the providers share: a tool, and a local OpenAI."""

from collections.abc import Iterator

import pytest

from domain.tools.tool import Effect, ToolSpec
from tests.adapters.llm.wire.openai import OpenAIWireServer

pytest.register_assert_rewrite("tests.adapters.llm.provider_contract")
pytest.register_assert_rewrite("tests.adapters.llm.provider_quirks")


@pytest.fixture(scope="session")
def openai_server() -> Iterator[OpenAIWireServer]:
    with OpenAIWireServer() as server:
        yield server


@pytest.fixture
def wire(openai_server: OpenAIWireServer) -> OpenAIWireServer:
    """The local OpenAI as if just started."""
    openai_server.reset()
    return openai_server


@pytest.fixture(scope="session")
def add() -> ToolSpec:
    number = {"type": "integer", "description": "A whole number."}
    parameters = {
        "type": "object",
        "properties": {"a": number, "b": number},
        "required": ["a", "b"],
    }
    return ToolSpec("add", "Add two whole numbers.", parameters, Effect.READ)
