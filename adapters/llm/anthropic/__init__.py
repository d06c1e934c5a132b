"""Anthropic's Messages API."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from adapters.llm.provider_record import HttpApi, ProviderOptions, ProviderRecord
from domain.models.ports import ChatModel

if TYPE_CHECKING:
    from adapters.llm.schemas import Target


def _make(options: ProviderOptions) -> ChatModel:
    from adapters.llm.anthropic.model import AnthropicChat

    return AnthropicChat(**options.connection)


def _schema_rules() -> Sequence["Target"]:
    from adapters.llm.anthropic.schema_rules import ANTHROPIC

    return (ANTHROPIC,)


PROVIDER: Final = ProviderRecord(
    name="anthropic",
    title="Anthropic",
    default_model="claude-sonnet-4-5",
    make=_make,
    schema_rules=_schema_rules,
    api=HttpApi(
        sdk="anthropic",
        keys=("ANTHROPIC_API_KEY",),
        address="https://api.anthropic.com",
        address_variable="ANTHROPIC_BASE_URL",
        servers="another server that speaks the Anthropic API, without `/v1`",
    ),
)
