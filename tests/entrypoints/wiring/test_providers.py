"""The providers as the settings say."""

from pathlib import Path

import pytest

from adapters.llm import openai
from adapters.llm.provider_record import HttpApi, ProviderRecord
from adapters.llm.providers import PROVIDERS
from domain.shared.errors import ProviderTimeout
from entrypoints.settings.loading import load_settings
from entrypoints.wiring.adapters.providers import model_providers
from tests.adapters.llm.provider_contract import failure
from tests.adapters.llm.wire.anthropic import AnthropicWireServer
from tests.adapters.llm.wire.google import GoogleWireServer
from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.adapters.llm.wire.perplexity import PerplexityWireServer
from tests.adapters.llm.wire.server import WireServer

SERVERS: dict[str, type[WireServer]] = {
    "openai": OpenAIWireServer,
    "anthropic": AnthropicWireServer,
    "google": GoogleWireServer,
    "perplexity": PerplexityWireServer,
}
APIS = [(record, record.api) for record in PROVIDERS if record.api is not None]


@pytest.mark.parametrize("name", ["SILENCE", "ANSWER"])
@pytest.mark.parametrize(("record", "api"), APIS, ids=lambda each: getattr(each, "name", ""))
async def test_each_provider_has_its_times(
    record: ProviderRecord, api: HttpApi, name: str, tmp_path: Path
) -> None:
    with SERVERS[record.name]() as server:
        given = {
            "PUERTO_DATA_DIR": str(tmp_path),
            api.keys[0]: "sk-test-0123456789",
            api.address_variable: server.base_url,
            f"PUERTO_{record.name.upper()}_{name}_SECONDS": "0.3",
        }
        model = model_providers(load_settings(given, None))[record.name].factory()
        _, error = await failure(model, "hang-mid-stream")
        await model.close()
    assert isinstance(error, ProviderTimeout)


def test_a_server_of_ones_own_is_given_more_time() -> None:
    def times(**given: str) -> tuple[float, float]:
        found = load_settings(given, None).options_of(openai.PROVIDER).connection
        return found["read_timeout"], found["total_timeout"]

    own = {"OPENAI_BASE_URL": "http://localhost:11434/v1"}
    assert times() == (60, 600)
    assert times(**own) == (600, 3600)
    given = {"PUERTO_OPENAI_SILENCE_SECONDS": "5", "PUERTO_OPENAI_ANSWER_SECONDS": "7"}
    assert times(**own, **given) == (5, 7)


@pytest.mark.parametrize("record", PROVIDERS, ids=lambda record: record.name)
def test_a_provider_without_what_it_needs_is_made_of_its_defaults(record: ProviderRecord) -> None:
    settings = load_settings({}, None)
    provider = model_providers(settings)[record.name]
    assert provider.default_model == record.default_model
    assert provider.missing == next(iter(record.needs), None)
    assert settings.address_of(record.name) == (record.api.address if record.api else None)


def test_the_dialect_fits_whose_server_it_is() -> None:
    def dialect(**given: str) -> str:
        return load_settings(given, None).options_of(openai.PROVIDER).dialect

    own = {"OPENAI_BASE_URL": "http://localhost:11434/v1"}
    assert (dialect(), dialect(**own)) == ("responses", "chat")
    assert dialect(**own, PUERTO_OPENAI_API="responses") == "responses"


def test_a_model_of_the_environment_is_the_default() -> None:
    found = model_providers(load_settings({"OPENAI_MODEL": "qwen3:8b"}, None))
    assert found["openai"].default_model == "qwen3:8b"
