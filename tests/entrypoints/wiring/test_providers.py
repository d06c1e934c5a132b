"""The providers as the settings say."""

from pathlib import Path

import pytest

from domain.shared.errors import ProviderTimeout
from entrypoints.settings.settings import load_settings
from entrypoints.wiring.providers import model_providers, times_of
from tests.adapters.llm.provider_contract import failure
from tests.adapters.llm.wire.anthropic import AnthropicWireServer
from tests.adapters.llm.wire.google import GoogleWireServer
from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.adapters.llm.wire.perplexity import PerplexityWireServer
from tests.adapters.llm.wire.server import WireServer

SERVERS: list[tuple[str, str, type[WireServer]]] = [
    ("openai", "OPENAI", OpenAIWireServer),
    ("anthropic", "ANTHROPIC", AnthropicWireServer),
    ("google", "GEMINI", GoogleWireServer),
    ("perplexity", "PERPLEXITY", PerplexityWireServer),
]


@pytest.mark.parametrize("name", ["SILENCE", "ANSWER"])
@pytest.mark.parametrize(("provider", "prefix", "kind"), SERVERS)
async def test_each_provider_has_its_times(
    provider: str, prefix: str, kind: type[WireServer], name: str, tmp_path: Path
) -> None:
    with kind() as server:
        given = {
            "PUERTO_DATA_DIR": str(tmp_path),
            f"{prefix}_API_KEY": "sk-test-0123456789",
            f"{prefix}_BASE_URL": server.base_url,
            f"PUERTO_{provider.upper()}_{name}_SECONDS": "0.3",
        }
        model = model_providers(load_settings(given, None))[provider].factory()
        _, error = await failure(model, "hang-mid-stream")
        await model.close()
    assert isinstance(error, ProviderTimeout)


def test_a_server_of_ones_own_is_given_more_time() -> None:
    assert times_of(None, None, None) == {"read_timeout": 60, "total_timeout": 600}
    own = times_of(None, None, "http://localhost:11434/v1")
    assert own == {"read_timeout": 600, "total_timeout": 3600}
    assert times_of(5, 7, "http://localhost:11434/v1") == {"read_timeout": 5, "total_timeout": 7}
