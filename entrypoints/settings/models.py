"""The settings of the models: whose they are, where they are, and which one answers."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field
from pydantic_settings import BaseSettings

from domain.models.messages import ModelChoice
from entrypoints.settings.values import ApiKey, File, Provider, check_base_url, read_choices

BaseUrl = Annotated[str, AfterValidator(check_base_url)]
Seconds = Annotated[float, Field(ge=0.1, le=86_400)]


def _silence(variable: str, base_url: str) -> Any:
    return Field(
        None,
        validation_alias=variable,
        description="Seconds that the provider may be silent, before its answer and within. Not "
        f"set: 60, or 600 if `{base_url}` is set, since a server of one's own may have to load the "
        "model first.",
    )


def _total(variable: str, base_url: str) -> Any:
    return Field(
        None,
        validation_alias=variable,
        description="Seconds that one answer of the provider may take in all. Not set: 600, or "
        f"3600 if `{base_url}` is set.",
    )


class ModelSettings(BaseSettings):
    """What the operator has set about models."""

    openai_api_key: ApiKey | None = Field(
        None, validation_alias="OPENAI_API_KEY", description="Key of the OpenAI API."
    )
    openai_base_url: BaseUrl | None = Field(
        None,
        validation_alias="OPENAI_BASE_URL",
        description="Address of another server that speaks the OpenAI API (vLLM, Ollama, LM "
        "Studio, llama.cpp), such as `http://localhost:11434/v1`.",
    )
    openai_model: str | None = Field(
        None,
        validation_alias="OPENAI_MODEL",
        description="Model to ask of the OpenAI API. Not set: the adapter's default.",
    )
    openai_api: Literal["responses", "chat"] | None = Field(
        None,
        validation_alias="PUERTO_OPENAI_API",
        description="Which of OpenAI's two APIs to speak: `responses`, or `chat` (chat "
        "completions). Not set: `chat` if `OPENAI_BASE_URL` is set, since that is what other "
        "servers speak, else `responses`.",
    )
    openai_silence: Seconds | None = _silence("PUERTO_OPENAI_SILENCE_SECONDS", "OPENAI_BASE_URL")
    openai_total: Seconds | None = _total("PUERTO_OPENAI_ANSWER_SECONDS", "OPENAI_BASE_URL")
    anthropic_api_key: ApiKey | None = Field(
        None, validation_alias="ANTHROPIC_API_KEY", description="Key of the Anthropic API."
    )
    anthropic_base_url: BaseUrl | None = Field(
        None,
        validation_alias="ANTHROPIC_BASE_URL",
        description="Address of another server that speaks the Anthropic API, without `/v1`.",
    )
    anthropic_silence: Seconds | None = _silence(
        "PUERTO_ANTHROPIC_SILENCE_SECONDS", "ANTHROPIC_BASE_URL"
    )
    anthropic_total: Seconds | None = _total(
        "PUERTO_ANTHROPIC_ANSWER_SECONDS", "ANTHROPIC_BASE_URL"
    )
    gemini_api_key: ApiKey | None = Field(
        None,
        validation_alias=AliasChoices("GEMINI_API_KEY", "GOOGLE_AI_API_KEY"),
        description="Key of the Google Gemini API.",
    )
    gemini_base_url: BaseUrl | None = Field(
        None,
        validation_alias="GEMINI_BASE_URL",
        description="Address of another server that speaks the Gemini API, without the version.",
    )
    google_silence: Seconds | None = _silence("PUERTO_GOOGLE_SILENCE_SECONDS", "GEMINI_BASE_URL")
    google_total: Seconds | None = _total("PUERTO_GOOGLE_ANSWER_SECONDS", "GEMINI_BASE_URL")
    perplexity_api_key: ApiKey | None = Field(
        None, validation_alias="PERPLEXITY_API_KEY", description="Key of the Perplexity API."
    )
    perplexity_base_url: BaseUrl | None = Field(
        None,
        validation_alias="PERPLEXITY_BASE_URL",
        description="Address of another server that speaks the Perplexity API.",
    )
    perplexity_silence: Seconds | None = _silence(
        "PUERTO_PERPLEXITY_SILENCE_SECONDS", "PERPLEXITY_BASE_URL"
    )
    perplexity_total: Seconds | None = _total(
        "PUERTO_PERPLEXITY_ANSWER_SECONDS", "PERPLEXITY_BASE_URL"
    )
    provider: Provider | None = Field(
        None,
        validation_alias="PUERTO_PROVIDER",
        description="Who answers until it is changed over the API. Not set: `scripted` if "
        "`PUERTO_CASSETTE` is set, else the first of `openai`, `anthropic`, `google` and "
        "`perplexity` that has a key (or `OPENAI_BASE_URL`), else `offline`.",
    )
    model: str | None = Field(
        None,
        validation_alias="PUERTO_MODEL",
        description="Model of that provider, until it is changed over the API. Not set: the "
        "provider's default.",
    )
    fallbacks: Annotated[tuple[ModelChoice, ...], BeforeValidator(read_choices)] = Field(
        (),
        validation_alias="PUERTO_FALLBACKS",
        description="Who answers where that provider cannot, until it is changed over the API: "
        "`provider` or `provider:model`, separated by commas, in the order in which to try them.",
    )
    cassette: File | None = Field(
        None,
        validation_alias="PUERTO_CASSETTE",
        description="File of recorded answers that the `scripted` provider plays.",
    )
    prices: File | None = Field(
        None,
        validation_alias="PUERTO_PRICES",
        description="File of prices that replaces the one that comes with Puerto "
        "(`adapters/llm/prices.toml` is its example).",
    )

    @property
    def chosen_provider(self) -> str:
        """Name the provider that answers when nothing else is configured over the API."""
        if self.provider:
            return self.provider
        keys = {
            "scripted": self.cassette,
            "openai": self.openai_api_key or self.openai_base_url,
            "anthropic": self.anthropic_api_key,
            "google": self.gemini_api_key,
            "perplexity": self.perplexity_api_key,
        }
        return next((name for name, key in keys.items() if key), "offline")
