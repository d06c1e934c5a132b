"""What providers are told of a tool, as clients see it."""

import pytest

from tests.entrypoints.http.conftest import Client

pytestmark = pytest.mark.one_engine


@pytest.mark.parametrize("provider", ["openai", "openai-strict", "anthropic", "google"])
async def test_each_provider_is_told_of_a_tool(ada: Client, provider: str) -> None:
    told = await ada.get(f"/api/tools/calculator/schemas/{provider}")

    assert told["provider"] == provider
    assert told["name"] == "calculator"
    assert told["refusal"] is None
    assert "expression" in told["parameters"]["properties"]


@pytest.mark.parametrize("path", ["calculator/schemas/nobody", "nothing/schemas/openai"])
async def test_there_is_no_such_tool_or_provider(ada: Client, path: str) -> None:
    await ada.error("GET", f"/api/tools/{path}", 404, "NOT_FOUND")
