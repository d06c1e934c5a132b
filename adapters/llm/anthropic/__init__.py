"""Anthropic's Messages API."""

from typing import Final

from adapters.llm.provider_record import HttpApi, ProviderOptions, ProviderRecord
from domain.models.ports import ChatModel


def _make(options: ProviderOptions) -> ChatModel:
    from adapters.llm.anthropic.model import AnthropicChat

    return AnthropicChat(**options.connection)


PROVIDER: Final = ProviderRecord(
    name="anthropic",
    title="Anthropic",
    default_model="claude-sonnet-4-5",
    make=_make,
    api=HttpApi(
        sdk="anthropic",
        keys=("ANTHROPIC_API_KEY",),
        address="https://api.anthropic.com",
        address_variable="ANTHROPIC_BASE_URL",
        servers="another server that speaks the Anthropic API, without `/v1`",
    ),
)
