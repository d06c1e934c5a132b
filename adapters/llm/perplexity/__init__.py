"""Perplexity's models, which search the web: OpenAI's chat completions, without tools."""

from typing import Final

from adapters.llm.provider_record import HttpApi, ProviderOptions, ProviderRecord
from domain.models.ports import ChatModel


def _make(options: ProviderOptions) -> ChatModel:
    from adapters.llm.openai.chat import OpenAIChat
    from adapters.llm.openai.chat_request import Dialect

    dialect = Dialect(
        plain=True,
        stream_options=False,
        limit_field="max_tokens",
        sources=True,
        # It has neither of the others, and passes over fields that it does not know.
        parameters=frozenset({"temperature", "top_p", "max_output_tokens", "response_format"}),
    )
    return OpenAIChat(provider="perplexity", dialect=dialect, **options.connection)


PROVIDER: Final = ProviderRecord(
    name="perplexity",
    title="Perplexity",
    default_model="sonar",
    make=_make,
    api=HttpApi(
        sdk="openai",
        keys=("PERPLEXITY_API_KEY",),
        address="https://api.perplexity.ai",
        address_variable="PERPLEXITY_BASE_URL",
        servers="another server that speaks the Perplexity API",
    ),
)
